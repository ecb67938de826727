-- Numbers sections, figures, tables and equations and resolves references to them, with the markup and
-- the text that Quarto produces. Typst counts by itself, in the same order; all others get their numbers here.

local typst = FORMAT:match("typst") ~= nil
local html = FORMAT:match("html") ~= nil
local NAMES = { fig = "Figure", tbl = "Table", sec = "Section", eq = "Equation" }
local NBSP = "\u{A0}"

local numbers = {} -- identifier -> printed number
local counts = { fig = 0, tbl = 0, eq = 0 }
local section = {} -- the current section number, one entry per level
local top_level = 6

local function fail(message)
  error(message, 0)
end

local function kind_of(identifier)
  local kind = identifier:match("^(%l+)%-")
  return NAMES[kind] and kind or nil
end

local function register(identifier, number)
  if numbers[identifier] then
    fail("the identifier '" .. identifier .. "' is used twice; give each figure, table and section its own")
  end
  numbers[identifier] = number
end

local function count(identifier)
  local kind = kind_of(identifier)
  counts[kind] = counts[kind] + 1
  register(identifier, tostring(counts[kind]))
end

local function raw(text)
  return pandoc.RawBlock(typst and "typst" or "html", text)
end

local function escape(text)
  return (text:gsub("&", "&amp;"):gsub('"', "&quot;"):gsub("<", "&lt;"):gsub(">", "&gt;"))
end

local function typst_string(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("\n", " ") .. '"'
end

-- Content for one format only -----------------------------------------------------------------

local function is_this_format(name)
  return FORMAT:match("^" .. name) ~= nil
end

local function for_format(div)
  if not (div.classes:includes("content-visible") or div.classes:includes("content-hidden")) then return nil end
  local wanted, unwanted = div.attributes["when-format"], div.attributes["unless-format"]
  local matches = (wanted == nil or is_this_format(wanted)) and not (unwanted and is_this_format(unwanted))
  if div.classes:includes("content-visible") then return matches and div.content or {} end
  return matches and {} or div.content
end

-- Sections --------------------------------------------------------------------------------------

local function find_top_level(header)
  top_level = math.min(top_level, header.level)
end

local function number_header(header)
  local level = header.level - top_level + 1
  if typst then header.level = level end
  if header.classes:includes("unnumbered") then return header end
  for i = 1, level do section[i] = section[i] or 0 end
  for i = #section, level + 1, -1 do section[i] = nil end
  section[level] = section[level] + 1
  local number = table.concat(section, ".")
  if kind_of(header.identifier) == "sec" then register(header.identifier, number) end
  if not typst then
    header.content:insert(1, pandoc.Space())
    header.content:insert(1, pandoc.Span(number, pandoc.Attr("", { "header-section-number" })))
  end
  return header
end

-- Figures and tables ----------------------------------------------------------------------------

local function typst_float(identifier, content, caption, position)
  local kind = kind_of(identifier)
  local blocks = pandoc.Blocks({ raw("#figure([") })
  blocks:extend(content)
  blocks:extend({ raw("], caption: figure.caption(position: " .. position .. ", ["), pandoc.Plain(caption),
    raw(string.format(']), kind: "quarto-float-%s", supplement: "%s")\n<%s>', kind, NAMES[kind], identifier)) })
  return blocks
end

local function labelled(identifier, caption)
  local prefix = pandoc.Str(NAMES[kind_of(identifier)] .. NBSP .. numbers[identifier] .. ":")
  local label = pandoc.Span(prefix, pandoc.Attr("", { "float-label" }))
  return pandoc.Plain(pandoc.Inlines({ label, pandoc.Space() }) .. caption)
end

local function html_caption(identifier, caption)
  return pandoc.Blocks({ raw("<figcaption>"), labelled(identifier, caption), raw("</figcaption>") })
end

local function html_float(identifier, first, second)
  local blocks = pandoc.Blocks({ raw(string.format('<figure id="%s" class="float-%s">',
    escape(identifier), kind_of(identifier))) })
  blocks:extend(first)
  blocks:extend(second)
  blocks:insert(raw("</figure>"))
  return blocks
end

-- Pandoc's Typst writer drops the text alternative, so the image is written here.
local function typst_image(source, alt)
  return pandoc.RawInline("typst", '#box(image("' .. source .. '", alt: ' .. typst_string(alt) .. "))")
end

local function with_alt(identifier)
  return function(image)
    local alt = image.attributes["fig-alt"]
    if alt == nil or alt == "" then
      fail("figure '" .. identifier .. "': expected fig-alt=\"...\", found none")
    end
    if typst then return typst_image(image.src, alt) end
    image.attributes["fig-alt"] = nil
    -- Pandoc's JATS writer does not escape it.
    image.caption = pandoc.Inlines(FORMAT:match("^jats") and escape(alt) or alt)
    return image
  end
end

-- What is too wide for the page scrolls inside this box, which the keyboard can reach.
local function scroll_box(label)
  return raw('<div class="scroll" tabindex="0" role="group" aria-label="' .. escape(label) .. '">')
end

local function figure(fig)
  if kind_of(fig.identifier) ~= "fig" then return nil end
  count(fig.identifier)
  local caption = pandoc.utils.blocks_to_inlines(fig.caption.long)
  local content = fig.content:walk({ Image = with_alt(fig.identifier) })
  if typst then return typst_float(fig.identifier, content, caption, "bottom") end
  if html then
    local boxed = pandoc.Blocks({ scroll_box("Figure " .. numbers[fig.identifier]) }) .. content
    boxed:insert(raw("</div>"))
    return html_float(fig.identifier, boxed, html_caption(fig.identifier, caption))
  end
  fig.content, fig.caption.long = content, pandoc.Blocks({ labelled(fig.identifier, caption) })
  return fig
end

local function html_table_content(blocks, label)
  local content = pandoc.Blocks({})
  for _, block in ipairs(blocks) do
    if block.t == "Table" then
      content:insert(scroll_box(label))
      content:insert(block)
      content:insert(raw("</div>"))
    else
      content:insert(block)
    end
  end
  return content
end

local function float_div(div)
  if kind_of(div.identifier) ~= "tbl" then return nil end
  count(div.identifier)
  local caption = div.content[#div.content]
  if caption == nil or caption.t ~= "Para" then
    fail("table '" .. div.identifier .. "': expected its caption as the last paragraph, found none")
  end
  div.content:remove()
  local content = div.content:walk({ Table = function(tbl)
    tbl.classes:insert("typst:no-figure")
    return tbl
  end })
  if typst then return typst_float(div.identifier, content, caption.content, "top") end
  if FORMAT:match("^jats") then -- as Quarto; _extensions/results/floats.lua makes a table of it
    return pandoc.Figure(content, { labelled(div.identifier, caption.content) }, div.identifier)
  end
  if not html then
    return content:walk({ Table = function(tbl)
      tbl.identifier = div.identifier
      tbl.caption.long = pandoc.Blocks({ labelled(div.identifier, caption.content) })
      return tbl
    end })
  end
  content = html_table_content(content, "Table " .. numbers[div.identifier])
  return html_float(div.identifier, html_caption(div.identifier, caption.content), content)
end

-- Equations: $$ ... $$ {#eq-x} --------------------------------------------------------------------

-- The TeX source is the text alternative, which PDF/UA asks for.
local function typst_math(math, options, label)
  local start = "#math.equation(" .. options .. "alt: " .. typst_string(math.text) .. ", [ "
  return { pandoc.RawInline("typst", start), math, pandoc.RawInline("typst", " ])" .. label) }
end

local function numbered_equation(math, identifier)
  count(identifier)
  if typst then
    return typst_math(math, "block: true, numbering: equation-numbering, ", "<" .. identifier .. ">")
  end
  local number = pandoc.Span("(" .. numbers[identifier] .. ")", pandoc.Attr("", { "equation-number" }))
  return { pandoc.Span({ math, number }, pandoc.Attr(identifier, { "equation" })) }
end

local function plain_math(math, display)
  if not typst then return { math } end
  return typst_math(math, display and "block: true, " or "", "")
end

local function equations(inlines)
  if not inlines:find_if(function(inline) return inline.t == "Math" end) then return nil end
  local result, i = pandoc.Inlines({}), 1
  while i <= #inlines do
    local inline, j = inlines[i], i + 1
    local display = inline.t == "Math" and inline.mathtype == "DisplayMath"
    while display and inlines[j] and (inlines[j].t == "Space" or inlines[j].t == "SoftBreak") do j = j + 1 end
    local label = display and inlines[j] and inlines[j].t == "Str" and inlines[j].text:match("^{#(eq%-[^%s}]+)}$")
    if label then
      result:extend(numbered_equation(inline, label))
      i = j
    else
      result:extend(inline.t == "Math" and plain_math(inline, display) or { inline })
    end
    i = i + 1
  end
  return result
end

-- References --------------------------------------------------------------------------------------

local function reference_text(citation, kind)
  if #citation.prefix > 0 then return citation.prefix end
  if citation.mode == "SuppressAuthor" then return pandoc.Inlines({}) end
  return pandoc.Inlines({ pandoc.Str(NAMES[kind]) })
end

local function reference(citation)
  local kind = kind_of(citation.id)
  if kind == nil then fail("citation '" .. citation.id .. "' stands among cross-references; separate them") end
  local number = numbers[citation.id]
  if number == nil then
    fail("unresolved reference @" .. citation.id .. ": no " .. NAMES[kind]:lower() .. " has this identifier")
  end
  local text = reference_text(citation, kind)
  if typst then
    return pandoc.Inlines({ pandoc.RawInline("typst", "#ref(<" .. citation.id .. ">, supplement: [") })
      .. text .. pandoc.Inlines({ pandoc.RawInline("typst", "])") })
  end
  if #text > 0 then text:insert(pandoc.Str(NBSP)) end
  text:insert(pandoc.Str(number))
  return pandoc.Inlines({ pandoc.Link(text, "#" .. citation.id, "", pandoc.Attr("", { "quarto-xref" })) })
end

local function cite(element)
  if kind_of(element.citations[1].id) == nil then return nil end
  local result = pandoc.Inlines({})
  for i, citation in ipairs(element.citations) do
    if i > 1 then result:extend({ pandoc.Str(","), pandoc.Space() }) end
    result:extend(reference(citation))
  end
  return result
end

-- What only one format needs ------------------------------------------------------------------------

local function docx_author(meta)
  if FORMAT == "docx" then meta.author = meta["author-meta"] end
  return meta
end

return {
  { Div = for_format, Span = for_format },
  { Header = find_top_level },
  { traverse = "topdown", Header = number_header, Figure = figure, Div = float_div, Inlines = equations },
  { Cite = cite },
  { Meta = docx_author },
}
