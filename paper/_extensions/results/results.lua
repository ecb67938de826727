-- The shortcodes of the paper: `num KEY` prints a number, `num KEY capital` at the start of a sentence, `interval KEY` its
-- interval, `alt NAME` a figure's text alternative,
-- `source NAME` where a figure comes from, `table NAME` a published table, `passage NAME` published paragraphs,
-- `interactive NAME` the interactive form of a figure, `exhibits` where every exhibit comes from. Used by Quarto and by pandoc/reader.lua.

local here = debug.getinfo(1, "S").source:match("^@(.*)[/\\]") or "."
local store = dofile(here .. "/store.lua")

local function argument(args, shortcode)
  local value = args[1] and pandoc.utils.stringify(args[1]) or ""
  if value == "" or #args > 1 then
    store.fail("shortcode '" .. shortcode .. "': expected one name, found " .. #args)
  end
  return value
end

local function interval(record)
  if not store.present(record.interval) then return nil end
  if not store.present(record.level) then return "interval " .. record.interval end
  return string.format("%g%% interval %s", 100 * record.level, record.interval)
end

local function p_value(record)
  if not store.present(record.p) then return nil end
  return record.p < 0.001 and "p < 0.001" or string.format("p = %.3f", record.p)
end

-- What a reader sees on hover and on keyboard focus: what it is, how sure, where it was computed, what to ask for.
local function description(key, record, data)
  local parts = {}
  local function add(value)
    if store.present(value) then parts[#parts + 1] = value end
  end
  add(record.estimand)
  add(interval(record))
  add(p_value(record))
  add(store.present(record.n) and string.format("n = %d", record.n) or nil)
  add(record["function"])
  add(data and data.fingerprint and "data " .. data.fingerprint:sub(1, 12) or nil)
  add(store.question(key))
  return table.concat(parts, "; ")
end

-- A text of the registry, with what it is on hover and on focus.
local function printed(key, record, text, context)
  if context == "text" then return text end
  local title = description(key, record, store.load("numbers", "numbers").data)
  local attributes = { { "data-key", key }, { "tabindex", "0" }, { "title", title } }
  return pandoc.Span(pandoc.Inlines(text), pandoc.Attr("", { "num" }, attributes))
end

local function num(args, _, _, _, context)
  local capital = #args == 2 and pandoc.utils.stringify(args[2]) == "capital"
  local key = argument(capital and { args[1] } or args, "num")
  local record = store.entry("numbers", "numbers", key, "number")
  local text = capital and record.text:gsub("^%l", string.upper) or record.text
  return printed(key, record, text, context)
end

local function interval_of(args, _, _, _, context)
  local key = argument(args, "interval")
  local record = store.entry("numbers", "numbers", key, "number")
  if not store.present(record.interval) then
    store.fail("shortcode 'interval': the number '" .. key .. "' has no interval; print it with num")
  end
  return printed(key, record, record.interval, context)
end

local function alt(args, _, _, _, context)
  local text = store.entry("figures", "figures", argument(args, "alt"), "figure").alt
  if context == "text" then return text end
  return pandoc.Inlines(text)
end

local function html(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub('"', "&quot;"))
end

-- The report on another study lies outside the repository: nothing to lead to.
local function link(target, text)
  if store.load("numbers", "numbers").data.linked == false then return text end
  return '<a href="../' .. html(target) .. '">' .. text .. "</a>"
end

-- Where an exhibit comes from: the function, its input files, the committed result. For the page alone,
-- whose links lead into the repository in which it was rendered.
local function origin(record, file)
  local name = record["function"]
  local module = name:gsub("%.[^.]+$", ""):gsub("%.", "/")
  local inputs = {}
  for _, input in ipairs(record.inputs) do
    inputs[#inputs + 1] = link("../data/" .. input, "<code>" .. html(input) .. "</code>")
  end
  return '<details class="provenance"><summary>Source</summary> '
    .. link("../" .. module .. ".py", "<code>" .. html(name) .. "</code>") .. " from "
    .. table.concat(inputs, ", ") .. "; " .. html(record.sample) .. "; "
    .. link("results/" .. file, "as text") .. "</details>"
end

-- At the end of a figure's caption.
local function source(args, _, _, _, context)
  local record = store.entry("figures", "figures", argument(args, "source"), "figure")
  if context == "text" then return "" end
  return pandoc.Inlines({ pandoc.RawInline("html", origin(record, "figures.json")) })
end

-- Columns take the width of their content, however long the source lines are.
local function natural_width(tbl)
  tbl.colspecs = tbl.colspecs:map(function(spec) return { spec[1], nil } end)
  return tbl
end

-- The blocks of paper/results/<kind>s/<name>.md, and the name.
local function published(args, kind)
  local name = argument(args, kind)
  if not name:match("^[%w_-]+$") then
    store.fail("shortcode '" .. kind .. "': expected a name of letters, digits, - and _, found '" .. name .. "'")
  end
  local text = store.read_text(kind .. "s/" .. name .. ".md", kind .. " '" .. name .. "'")
  return pandoc.read(text, "markdown").blocks, name
end

local function published_table(args)
  local blocks, name = published(args, "table")
  blocks = blocks:walk({ Table = natural_width })
  if blocks[1] == nil or blocks[1].t ~= "Table" then
    store.fail("paper/results/tables/" .. name .. ".md: expected a pipe table first, found something else")
  end
  local record = store.entry("tables", "tables", name, "table")
  blocks:insert(pandoc.RawBlock("html", origin(record, "tables/" .. name .. ".md")))
  return blocks
end

-- Every figure and table of the paper in order, as label, where its record is, name and kind.
local function each_exhibit(found)
  local index = store.read_source("index.qmd")
  for line in (index .. "\n"):gmatch("(.-)\n") do
    local included = line:match("^%s*{{<%s*include%s+(%S+)%s*>}}%s*$")
    local label = nil
    for part in ((included and store.read_source(included) or line) .. "\n"):gmatch("(.-)\n") do
      label = part:match("^:::+%s*{#(tbl%-[%w-]+)") or label
      local name = part:match("{{<%s*table%s+(%S+)%s*>}}")
      if label and name then found(label, "tables", name, "table") end
      for figure, id in part:gmatch("%]%(results/figures/([%w_-]+)%.svg%){#(fig%-[%w-]+)") do
        found(id, "figures", figure, "figure")
      end
    end
  end
end

-- For readers of the PDF, whose exhibits have no fold-out source: exhibit, function, data.
local function exhibits()
  local rows = { "| Exhibit | Function | Data |", "|:--|:--|:--|" }
  each_exhibit(function(label, section, exhibit, kind)
    local known, record = pcall(store.entry, section, section, exhibit, kind)
    if store.draft and not known then return end -- it is marked where it should stand
    if not known then store.fail(record) end
    local inputs = {}
    for _, input in ipairs(record.inputs) do inputs[#inputs + 1] = (input:gsub("^.*/", ""):gsub("%.%w+$", "")) end
    local name = record["function"]:gsub("^analysis%.questions%.", ""):gsub("_", "\\_")
    rows[#rows + 1] = "| @" .. label .. " | " .. name .. " | " .. table.concat(inputs, ", ") .. " |"
  end)
  return pandoc.read(table.concat(rows, "\n"), "markdown").blocks:walk({ Table = natural_width })
end

-- The class says that code wrote the text, numerals included.
local function passage(args)
  local blocks = published(args, "passage")
  return pandoc.Blocks({ pandoc.Div(blocks, pandoc.Attr("", { "passage" })) })
end

-- The interactive form of a figure. Formats other than HTML drop the block and keep the picture.
local function interactive(args)
  local name = argument(args, "interactive")
  store.entry("figures", "figures", name, "figure")
  return pandoc.Blocks({ pandoc.RawBlock("html",
    store.read_text("figures/" .. name .. ".html", "interactive figure '" .. name .. "'")) })
end

-- In a draft what is missing is named in the place of what would be printed; claim.lua makes the mark visible.
local function marked(shortcode, is_block)
  return function(args, kwargs, meta, raw, context)
    local known, result = pcall(shortcode, args, kwargs, meta, raw, context)
    if known then return result end
    if not store.draft then
      local asked = pandoc.utils.stringify(args[1] or "")
      store.fail(store.place(" " .. asked .. " ") .. tostring(result):gsub("^%S+%.lua:%d+: ", ""))
    end
    local note = store.reason(result)
    if context == "text" then return "[" .. note .. "]" end
    local span = pandoc.Span({}, pandoc.Attr("", { "draft-fault" }, { { "data-note", note } }))
    return is_block and pandoc.Blocks({ pandoc.Para({ span }) }) or span
  end
end

return { num = marked(num), interval = marked(interval_of), alt = marked(alt), source = marked(source),
  table = marked(published_table, true), passage = marked(passage, true), interactive = marked(interactive, true),
  exhibits = exhibits }
