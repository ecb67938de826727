-- Letters the appendices: the first section whose identifier begins with `sec-app-` and every numbered
-- section after it are A, A.1, B ... and a reference to one reads "Appendix A". Runs after numbering
-- and cross-references, on what Quarto and pandoc/crossref.lua both produce.

local typst = FORMAT:match("typst") ~= nil
local first_number = nil -- the number that the first appendix had as a section
local letters = {} -- identifier -> lettered number

local function lettered(number)
  local top, rest = number:match("^(%d+)(.*)$")
  return string.char(64 + tonumber(top) - first_number + 1) .. rest
end

local function number_span(header)
  local first = header.content[1]
  if first ~= nil and first.t == "Span" and first.classes:includes("header-section-number") then
    return first
  end
  -- Quarto writes a bare number into all formats but HTML.
  if first ~= nil and first.t == "Str" and first.text == header.attributes.number then
    local span = pandoc.Span(first, pandoc.Attr("", { "header-section-number" }))
    header.content[1] = span
    return span
  end
end

local function starts_appendix(block)
  return block.t == "Header" and block.identifier:match("^sec%-app%-") ~= nil
end

local function letter_header(header)
  local span = number_span(header)
  if span == nil then return nil end
  local number = pandoc.utils.stringify(span)
  if first_number == nil then
    if not starts_appendix(header) then return nil end
    first_number = tonumber(number:match("^%d+"))
  end
  span.content = pandoc.Inlines(lettered(number))
  header.content[1] = span
  header.attributes.number = nil
  letters[header.identifier] = lettered(number)
  return header
end

local function letter_link(link)
  local letter = letters[link.target:match("^#(.+)$") or ""]
  if letter == nil or not link.classes:includes("quarto-xref") then return nil end
  local text = pandoc.utils.stringify(link.content)
  link.content = pandoc.Inlines(text:gsub("^Section", "Appendix"):gsub("[%d.]+$", letter))
  return link
end

-- Typst numbers by itself: the template's `appendices` starts the letters where the first appendix begins.
local function typst_start(blocks)
  local marked = pandoc.Blocks({})
  for _, block in ipairs(blocks) do
    if starts_appendix(block) and not letters.started then
      letters.started = true
      marked:insert(pandoc.RawBlock("typst", "#show: appendices"))
    end
    if letters.started and block.t == "Header" then letters[block.identifier] = true end
    marked:insert(block)
  end
  return marked
end

local function typst_reference(inlines)
  for i, inline in ipairs(inlines) do
    local label = inline.t == "RawInline" and inline.text:match("^#ref%(<(.-)>, supplement: %[$")
    local supplement = inlines[i + 1]
    if label and letters[label] and supplement.t == "Str" and supplement.text == "Section" then
      supplement.text = "Appendix"
    end
  end
  return inlines
end

if typst then
  return {
    { Pandoc = function(doc) doc.blocks = typst_start(doc.blocks) return doc end },
    { Inlines = typst_reference },
  }
end
return { { Header = letter_header }, { Link = letter_link } }
