-- Names the picture files that a format can use: Word shows no SVG without a second picture beside it, and
-- the XML leads to the folder of figures that is written beside it.

local function place(image)
  local name = image.src:match("^results/figures/([%w_-]+)%.svg$")
  if name == nil then return nil end
  if FORMAT == "docx" then image.src = "results/figures/" .. name .. ".png" end
  if FORMAT:match("^jats") then image.src = "figures/" .. name .. ".svg" end
  return image
end

return { { Image = place } }
