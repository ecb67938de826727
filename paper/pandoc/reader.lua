-- A pandoc reader for the paper's Quarto sources: expands includes, resolves shortcodes with the same
-- Lua code that Quarto uses, and shapes the front matter as Quarto's templates expect it.

local here = PANDOC_SCRIPT_FILE:match("^(.*)[/\\]") or "."
local shortcodes = dofile(here .. "/../_extensions/results/results.lua")

-- A shortcode becomes a mark, two private-use characters around its position in `found`, that pandoc
-- carries through any context: text, headings, cells, attributes, metadata.
local OPEN, CLOSE = "\u{E000}", "\u{E001}"
local MARK = OPEN .. "(%d+)" .. CLOSE
local SHORTCODE = "{{<%s*(%S+)%s*(.-)%s*>}}"
local found = {}

local function fail(place, message)
  error(place .. ": " .. message, 0)
end

local function mark_shortcodes(line, place)
  return (line:gsub(SHORTCODE, function(name, rest)
    local args = {}
    for arg in rest:gmatch("%S+") do args[#args + 1] = arg end
    if name == "include" then
      fail(place, "an include stands alone on its line in index.qmd, not inside another file or text")
    elseif shortcodes[name] == nil then
      fail(place, "unknown shortcode '" .. name
        .. "'; expected num, interval, alt, source, table, folded, passage, web, unsettled, interactive, panel, exhibits or include")
    end
    found[#found + 1] = { name = name, args = args, place = place }
    return OPEN .. #found .. CLOSE
  end))
end

local function read_lines(text, name, output, expand)
  local number = 0
  for line in (text:gsub("\r\n", "\n") .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    local place = name .. ":" .. number
    local included = expand and line:match("^%s*{{<%s*include%s+(%S+)%s*>}}%s*$")
    if included then
      local file = io.open(included:gsub("^/", ""), "rb")
      if file == nil then fail(place, "the included file '" .. included .. "' does not exist") end
      read_lines(file:read("a"), included, output, false)
      file:close()
    else
      output[#output + 1] = mark_shortcodes(line, place)
    end
  end
end

local function resolve(index, context)
  local call = found[tonumber(index)]
  local kwargs, meta = {}, {}
  local ok, result = pcall(shortcodes[call.name], call.args, kwargs, meta, call.args, context)
  if not ok then fail(call.place, (tostring(result):gsub("^%S+%.lua:%d+: ", ""))) end
  if context ~= "block" and pandoc.utils.type(result) == "Blocks" then
    fail(call.place, "the shortcode '" .. call.name .. "' stands alone in its paragraph")
  end
  return result
end

local function resolve_text(text)
  return (text:gsub(MARK, function(index) return resolve(index, "text") end))
end

local function resolve_attributes(element)
  for key, value in pairs(element.attributes) do
    if value:find(OPEN, 1, true) then element.attributes[key] = resolve_text(value) end
  end
  return element
end

local function resolve_str(str)
  if not str.text:find(OPEN, 1, true) then return nil end
  local parts, position = pandoc.Inlines({}), 1
  for start, index, stop in str.text:gmatch("()" .. MARK .. "()") do
    if start > position then parts:insert(pandoc.Str(str.text:sub(position, start - 1))) end
    local result = resolve(index, "inline")
    if pandoc.utils.type(result) == "Inlines" then parts:extend(result) else parts:insert(result) end
    position = stop
  end
  if position <= #str.text then parts:insert(pandoc.Str(str.text:sub(position))) end
  return parts
end

local function resolve_paragraph(para)
  local only = #para.content == 1 and para.content[1]
  local index = only and only.t == "Str" and only.text:match("^" .. MARK .. "$")
  if not index then return nil end
  local result = resolve(index, "block")
  return pandoc.utils.type(result) == "Blocks" and result or para
end

local function refuse(element)
  local text = element.src or element.text
  local index = text:match(MARK)
  if index == nil then return resolve_attributes(element) end
  fail(found[tonumber(index)].place, "a shortcode cannot stand in mathematics, code or an image path")
end

local function resolve_all(doc)
  doc = doc:walk({ Para = resolve_paragraph, Plain = resolve_paragraph })
  return doc:walk({
    Str = resolve_str,
    Div = resolve_attributes, Span = resolve_attributes, Header = resolve_attributes,
    Link = resolve_attributes, Image = refuse,
    Math = function(math) if math.text:find(OPEN, 1, true) then return refuse(math) end end,
    Code = refuse, CodeBlock = refuse,
  })
end

local MONTHS = { "January", "February", "March", "April", "May", "June", "July", "August",
  "September", "October", "November", "December" }

-- 2026-08-03 as 3 August 2026, which is what `date-format: "D MMMM YYYY"` asks of Quarto.
local function long_date(value)
  local year, month, day = pandoc.utils.stringify(value):match("^(%d%d%d%d)-(%d%d)-(%d%d)$")
  if year == nil then return value end
  return string.format("%d %s %s", tonumber(day), MONTHS[tonumber(month)], year)
end

local function as_list(value)
  if value == nil then return pandoc.List({}) end
  return pandoc.utils.type(value) == "List" and value or pandoc.List({ value })
end

local function affiliation(value)
  return type(value) == "table" and value.name and { name = value.name } or { name = value }
end

local function author(value)
  if pandoc.utils.type(value) == "Inlines" then value = { name = value } end
  return {
    name = { literal = value.name },
    affiliations = as_list(value.affiliations or value.affiliation):map(affiliation),
    email = value.email,
    orcid = value.orcid,
  }
end

local function shape_front_matter(meta)
  meta["by-author"] = as_list(meta.author):map(author)
  meta["author-meta"] = as_list(meta["by-author"]):map(function(a) return a.name.literal end)
  meta.labels = { abstract = "Abstract" }
  if meta.date then meta.date = long_date(meta.date) end
  return meta
end

function Reader(input, options)
  local lines = {}
  for _, source in ipairs(input) do read_lines(source.text, source.name, lines, true) end
  local doc = resolve_all(pandoc.read(table.concat(lines, "\n"), "markdown", options))
  doc.meta = shape_front_matter(doc.meta)
  return doc
end
