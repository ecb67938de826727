-- What single formats need. Word shows no SVG without a second picture beside it; the XML leads to the folder
-- of figures that is written beside it; a wide equation of the page scrolls, also by keyboard.

local function picture(image)
  local name = image.src:match("^results/figures/([%w_-]+)%.svg$")
  if name == nil then return nil end
  if FORMAT == "docx" then image.src = "results/figures/" .. name .. ".png" end
  if FORMAT:match("^jats") then image.src = "figures/" .. name .. ".svg" end
  return image
end

local function equation(span)
  if not (FORMAT:match("html") and span.identifier:match("^eq%-")) then return nil end
  span.attributes.tabindex = "0"
  span.attributes.role = "group"
  span.attributes["aria-label"] = "Equation"
  return span
end

return { { Image = picture, Span = equation } }
