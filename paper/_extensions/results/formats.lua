-- What single formats need. Word shows no SVG without a second picture beside it; the XML leads to the folder
-- of figures that is written beside it and carries its list of references after the body; a wide equation of the
-- page scrolls, also by keyboard. Runs last, on what Quarto and pandoc/crossref.lua both produce.

local html, jats = FORMAT:match("html") ~= nil, FORMAT:match("^jats") ~= nil

local function escaped(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"))
end

-- Quarto hands the text alternative on as an attribute, which neither writer reads; pandoc's JATS writer does
-- not escape the caption, which both read.
local function alternative(image)
  local alt = image.attributes["fig-alt"]
  if alt == nil then return end
  image.attributes["fig-alt"], image.attributes.alt = nil, nil
  image.caption = pandoc.Inlines(jats and escaped(alt) or alt)
end

local function picture(image)
  local name = image.src:match("^results/figures/([%w_-]+)%.svg$")
  if name == nil then return nil end
  if FORMAT == "docx" then image.src = "results/figures/" .. name .. ".png" end
  if jats then image.src = "figures/" .. name .. ".svg" end
  if FORMAT == "docx" or jats then alternative(image) end
  return image
end

local function equation(span)
  if not (html and span.identifier:match("^eq%-")) then return nil end
  span.attributes.tabindex = "0"
  span.attributes.role = "group"
  span.attributes["aria-label"] = "Equation"
  return span
end

-- A day such as 2025-10-09 keeps to one line: a browser would break it at its hyphens.
local function day(text)
  if not (html and text.text:match("^%p*%d%d%d%d%-%d%d%-%d%d%p*$")) then return nil end
  return pandoc.Span(text, pandoc.Attr("", { "day" }))
end

-- Characters: a longer cell is running text, and what a line of print holds in a table.
local TEXT, LINE, LEAST = 16, 115, 0.3

-- The lengths of the longest cell and of the longest word of each column.
local function longest_cells(tbl)
  local longest, words = {}, {}
  local function measure(rows)
    for _, row in ipairs(rows) do
      for column, cell in ipairs(row.cells) do
        local text = pandoc.utils.stringify(cell.contents)
        longest[column] = math.max(longest[column] or 0, utf8.len(text))
        for word in text:gmatch("%S+") do words[column] = math.max(words[column] or 0, utf8.len(word)) end
      end
    end
  end
  measure(tbl.head.rows)
  for _, body in ipairs(tbl.bodies) do measure(body.body) end
  return longest, words
end

-- A table in smaller letters, where the words of its short columns are too much for a line.
local function smaller(tbl, scale)
  if scale > 0.97 then return tbl end
  local set = string.format("#[#set text(size: %.2fem)", math.max(scale, 0.6))
  return { pandoc.RawBlock("typst", set), tbl, pandoc.RawBlock("typst", "]") }
end

-- Columns take the width of their content. In print, where that is too much for a line, columns of running text
-- share what the others leave, by the root of their length; Typst alone would make them alike.
local function shared_width(tbl)
  local longest, words = longest_cells(tbl)
  local short, least, edges, roots, all = 0, 0, 0, 0, 0
  for column, length in ipairs(longest) do
    if length > TEXT then
      roots = roots + math.sqrt(length)
    else
      short, least, edges = short + length + 2, least + (words[column] or 0), edges + 2
    end
    all = all + length + 2
  end
  if all <= LINE then return tbl end
  local room = roots == 0 and LINE or (1 - LEAST) * LINE
  local scale = math.min(1, 0.97 * (room - edges) / least) -- letters shrink, the space between columns does not
  if roots == 0 then return smaller(tbl, scale) end
  local column, left = 0, math.max(1 - short / LINE, LEAST)
  tbl.colspecs = tbl.colspecs:map(function(spec)
    column = column + 1
    return { spec[1], longest[column] > TEXT and left * math.sqrt(longest[column]) / roots or nil }
  end)
  return smaller(tbl, scale)
end

-- Rows with words on those above them, and rows of exhibits that the page alone has, stand on the page and nowhere else.
local function without_more(tbl)
  if html then return tbl end
  tbl.bodies = tbl.bodies:map(function(body)
    body.body = body.body:filter(function(row)
      return not (row.classes:includes("more") or row.classes:includes("web"))
    end)
    return body
  end)
  return tbl
end

-- Colours of verdicts, the box of key points, the strip of verdicts: on the page by style, in print by the template.
local typst = FORMAT:match("typst") ~= nil

local function verdict(span)
  local kind = typst and span.classes:includes("verdict") and span.classes[2]
  if not kind then return nil end
  return pandoc.Inlines({ pandoc.RawInline("typst", "#verdict(\"" .. kind:gsub("^verdict%-", "") .. "\")[") })
    .. span.content .. { pandoc.RawInline("typst", "]") }
end

local function in_print(div)
  if not typst then return nil end
  for _, name in ipairs({ "key-points", "verdict-strip", "unsettled" }) do
    if div.classes:includes(name) then
      local blocks = pandoc.Blocks({ pandoc.RawBlock("typst", "#" .. name .. "[") })
      blocks:extend(div.content)
      blocks:insert(pandoc.RawBlock("typst", "]"))
      return blocks
    end
  end
end

-- Wide tables scroll inside this box, which the keyboard can reach; pandoc/crossref.lua has one of its own.
local function scrolling(tbl)
  tbl = without_more(tbl)
  if FORMAT:match("typst") then return shared_width(tbl) end
  if not html or quarto == nil then return tbl end
  local attributes = { { "tabindex", "0" }, { "role", "group" }, { "aria-label", "Table" } }
  return pandoc.Div({ tbl }, pandoc.Attr("", { "scroll" }, attributes))
end

-- Quarto copies the source of a figure's text alternative to the box around it, unresolved.
local function without_source(float)
  if html and float.attributes then float.attributes.alt = nil end
  return float
end

-- The list of references has a title of its own in JATS. Pandoc takes the heading for it; through Quarto the
-- heading would stay behind in the body.
local function references(doc)
  if not jats or quarto == nil then return nil end
  for i, block in ipairs(doc.blocks) do
    local after = doc.blocks[i + 1]
    if block.t == "Header" and after and after.t == "Div" and after.identifier == "refs" then
      doc.meta["reference-section-title"] = pandoc.MetaInlines(block.content)
      doc.blocks:remove(i)
      return doc
    end
  end
end

-- Quarto knows the terms by their short name.
local function front_matter(meta)
  if not jats or quarto ~= nil then return nil end
  if meta.license and pandoc.utils.stringify(meta.license) == "CC BY" then
    meta.license = { link = "https://creativecommons.org/licenses/by/4.0/",
      text = "Creative Commons Attribution 4.0 International" }
  end
  return meta
end

return {
  { Meta = front_matter },
  { Str = day },
  { Image = picture, Span = function(span) return verdict(span) or equation(span) end, Div = in_print, Table = scrolling, FloatRefTarget = without_source },
  { Pandoc = references },
}
