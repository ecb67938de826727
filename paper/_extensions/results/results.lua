-- The shortcodes of the paper: `num KEY` prints a number, `num KEY capital` at the start of a sentence, `interval KEY` its
-- interval, `alt NAME` a figure's text alternative,
-- `source NAME` where a figure comes from, `table NAME` a published table, `passage NAME` published paragraphs,
-- `folded NAME` a table with the passage of its name folded out below its rows, `web LABEL` a reference to an exhibit that
-- the page alone has, `unsettled NAME` what a section cites and does not establish, `interactive NAME` the interactive form of a
-- figure, `panel NAME` what a script fills from a data set, `exhibits` where every exhibit comes from. Used by Quarto and by
-- pandoc/reader.lua.

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
  return store.readable(table.concat(parts, "; "))
end

-- The files that a result was made from, by name, for the script that tells their rows.
local function made_from(record)
  local names = {}
  for _, input in ipairs(record.inputs or {}) do
    if input:match("^[%w_]+%.csv$") then names[#names + 1] = input end
  end
  return table.concat(names, " ")
end

-- A text of the registry, with what it is on hover and on focus.
local function printed(key, record, text, context)
  if context == "text" then return text end
  local title = description(key, record, store.load("numbers", "numbers").data)
  local attributes = { { "data-key", key }, { "tabindex", "-1" }, { "title", title }, { "data-from", made_from(record) } }
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

-- A page is mailed and hosted without the repository: a source leads to the list of them below the table of exhibits, and
-- that to the address of the repository, with the commit of the render, where CITATION.cff has one. The report on another
-- study links none.
local address = os.getenv("PAPER_REPOSITORY") or ""

local prints_list = nil
local function listed()
  if prints_list == nil then
    prints_list = store.load("numbers", "numbers").data.linked ~= false and store.place("{{< exhibits >}}", true) ~= ""
  end
  return prints_list
end

local function anchor(target)
  return "source-" .. target:gsub("[^%w]", "-")
end

local function link(target, text)
  if not listed() then return text end
  return '<a href="#' .. anchor(target) .. '">' .. text .. "</a>"
end

-- The files of a result from the root of the repository: its module, the committed result, what it was made from.
local function files(record, file)
  local inputs = {}
  for i, input in ipairs(record.inputs) do inputs[i] = ("data/" .. input):gsub("^data/%.%./", "") end
  return record["function"]:gsub("%.[^.]+$", ""):gsub("%.", "/") .. ".py", "paper/results/" .. file, inputs
end

-- Where an exhibit comes from: the function, its input files, the committed result. For the page alone.
local function origin(record, file)
  local module, result, paths = files(record, file)
  local inputs = {}
  for i, path in ipairs(paths) do inputs[i] = link(path, "<code>" .. html(record.inputs[i]) .. "</code>") end
  return '<details class="provenance"><summary>Source</summary> '
    .. link(module, "<code>" .. html(record["function"]) .. "</code>") .. " from "
    .. table.concat(inputs, ", ") .. "; " .. html(record.sample) .. "; "
    .. link(result, "<code>" .. html(file) .. "</code>") .. "</details>"
end

-- At the end of a figure's caption.
local function source(args, _, _, _, context)
  local record = store.entry("figures", "figures", argument(args, "source"), "figure")
  if context == "text" then return "" end
  return pandoc.Inlines({ pandoc.RawInline("html", origin(record, "figures.json")) })
end

-- Each line of the paper in order, with its file.
local function each_line(read)
  for line in (store.read_source("index.qmd") .. "\n"):gmatch("(.-)\n") do
    local included = line:match("^%s*{{<%s*include%s+(%S+)%s*>}}%s*$")
    local text = included and store.read_source(included) or line
    for part in (text .. "\n"):gmatch("(.-)\n") do read(part, included or "index.qmd", text) end
  end
end

local MADE_FROM = "results/figures/made-from.json" -- hashes, kept beside the figures of a run
local ONLY_ON_THE_PAGE = '^:::+ {%.content%-visible when%-format="html"}'

-- The number of each exhibit on the page, where all of them stand, and whether the page alone has it.
local numbers = nil
local function numbered()
  if numbers then return numbers end
  local counts, known = { fig = 0, tbl = 0 }, {}
  each_line(function(part, _, text)
    for label, kind in part:gmatch("{#((%l+)%-[%w-]+)") do
      if counts[kind] then
        counts[kind] = counts[kind] + 1
        known[label] = { number = counts[kind], kind = kind, web = text:match(ONLY_ON_THE_PAGE) ~= nil }
      end
    end
  end)
  numbers = known
  return known
end

-- A reference in Markdown. Where the page alone has the exhibit, other formats give its number there.
local function reference(label, known)
  local exhibit = known[label]
  if exhibit == nil then store.fail("reference to '" .. label .. "': expected a figure or table, found none") end
  if not exhibit.web then return "@" .. label end
  local words = (exhibit.kind == "fig" and "Figure" or "Table") .. "\u{A0}" .. exhibit.number .. "\u{A0}(web)"
  if quarto ~= nil then return FORMAT:match("html") and "@" .. label or words end
  return "[@" .. label .. ']{.content-visible when-format="html"}[' .. words .. ']{.content-visible unless-format="html"}'
end

-- References of a published text to what the page alone has.
local function with_references(text)
  local known = numbered()
  return (text:gsub("@(%l%l%l%-[%w-]+)", function(label)
    return known[label] and known[label].web and reference(label, known) or nil
  end))
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
  return pandoc.read(with_references(text), "markdown").blocks, name
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

-- The row below another one that holds the words on it; the page alone keeps it, see formats.lua.
local function more(block, columns)
  local cell = pandoc.Cell(pandoc.Blocks({
    pandoc.RawBlock("html", "<details><summary>How it was decided</summary>"), block,
    pandoc.RawBlock("html", "</details>") }), "AlignDefault", 1, columns)
  return pandoc.Row({ cell }, pandoc.Attr("", { "more" }))
end

-- A published table with the paragraphs of the passage of its name, one below each row. The page sorts and filters it.
local function folded(args)
  local blocks = published_table(args)
  local told, name = published(args, "passage")
  local tbl = blocks[1]
  local rows = pandoc.List({})
  for _, row in ipairs(tbl.bodies[1].body) do
    rows:insert(row)
    if told[#rows / 2 + 0.5] == nil then
      store.fail("paper/results/passages/" .. name .. ".md: expected a paragraph for each row of the table, found "
        .. #told)
    end
    rows:insert(more(told[#rows / 2 + 0.5], #tbl.colspecs))
  end
  tbl.bodies[1].body = rows
  tbl.classes:insert("folded")
  blocks[1] = tbl
  blocks:insert(pandoc.RawBlock("html", "<script>\n" .. store.read_source("_extensions/results/folded.js") .. "</script>"))
  return blocks
end

-- Every figure and table of the paper in order, as label, where its record is, name and kind.
local function each_exhibit(found)
  local label, file = nil, nil
  each_line(function(part, of)
    if of ~= file then label, file = nil, of end
    label = part:match("^:::+%s*{#(tbl%-[%w-]+)") or label
    local name = part:match("{{<%s*table%s+(%S+)%s*>}}") or part:match("{{<%s*folded%s+(%S+)%s*>}}")
    if label and name then found(label, "tables", name, "table") end
    for figure, id in part:gmatch("%]%(results/figures/([%w_-]+)%.svg%){#(fig%-[%w-]+)") do
      found(id, "figures", figure, "figure")
    end
  end)
end

local function web(args, _, _, _, context)
  local label = argument(args, "web")
  local known = numbered()
  if context == "text" then return known[label] and tostring(known[label].number) or label end
  return pandoc.utils.blocks_to_inlines(pandoc.read(reference(label, known), "markdown").blocks)
end

-- Verdicts that leave a claim open.
local OPEN = { ["right sign within noise"] = true, ["wrong sign within noise"] = true, ["no sign within noise"] = true,
  ["within noise"] = true, ["cannot decide"] = true, ["not testable"] = true, mixed = true, fragile = true,
  ["no evidence"] = true, ["depends on choices"] = true, ["depends on the method"] = true }

-- What a section calls a verdict: the row of a claim, a test of the earlier years, or the words that its sentence brings.
local function called(key, braces)
  local words = braces:match('open="([^"]*)"')
  if words then return words end
  if key:match("^%u%d+$") then return "[" .. key .. "](#claim-" .. key:lower() .. ")" end
  local test = key:match("^before%.(h%d)$")
  return test and test:upper()
end

-- One line: the claims that a section cites and that the analysis leaves open, by verdict.
local function unsettled(args)
  local name = argument(args, "unsettled")
  local order, by, seen = {}, {}, {}
  for braces in store.read_source("sections/" .. name .. ".qmd"):gmatch("{(%.claim[^}]*)}") do
    local key = braces:match('key="([^"]*)"')
    local words = key and not seen[key] and called(key, braces)
    if words then
      seen[key] = true
      local verdict = store.entry("claims", "verdicts", key, "claim").verdict
      if OPEN[verdict] then
        if by[verdict] == nil then order[#order + 1], by[verdict] = verdict, {} end
        table.insert(by[verdict], words)
      end
    end
  end
  local parts = {}
  for i, verdict in ipairs(order) do parts[i] = table.concat(by[verdict], ", ") .. " (" .. verdict .. ")" end
  local text = #parts > 0 and table.concat(parts, "; ") or "nothing that is asked here"
  local blocks = pandoc.read("*Not established:* " .. text .. ".", "markdown").blocks
  return pandoc.Blocks({ pandoc.Div(blocks, pandoc.Attr("", { "passage", "unsettled" })) })
end

-- Each file behind the exhibits once, by its path, with the hash by which a copy is known to be the same.
local function listing(paths)
  local made = store.has_file(MADE_FROM) and pandoc.json.decode(store.read_source(MADE_FROM), false) or {}
  local items, known = {}, {}
  for _, path in ipairs(paths) do
    local hash = (made.files or {})[path] or (made.results or {})[path:gsub("^paper/results/", "")]
    local text = "<code>" .. html(path) .. "</code>"
    if address ~= "" then text = '<a href="' .. html(address .. "/" .. path) .. '">' .. text .. "</a>" end
    if hash then text = text .. " <code>" .. hash .. "</code>" end
    if not known[path] then items[#items + 1] = '<li id="' .. anchor(path) .. '">' .. text .. "</li>" end
    known[path] = true
  end
  table.sort(items)
  return pandoc.RawBlock("html", '<details class="provenance"><summary>Files behind the exhibits, with their SHA-256</summary><ul>'
    .. table.concat(items, "\n") .. "</ul></details>")
end

-- For readers of the PDF, whose exhibits have no fold-out source: exhibit, function, data. Rows of what the page alone has are
-- marked, and stand nowhere else, see formats.lua.
local function exhibits()
  local rows = { "| Exhibit | Function | Data |", "|:--|:--|:--|" }
  local known, aside, paths = numbered(), {}, pandoc.List({})
  each_exhibit(function(label, section, exhibit, kind)
    local there, record = pcall(store.entry, section, section, exhibit, kind)
    if store.draft and not there then return end -- it is marked where it should stand
    if not there then store.fail(record) end
    local inputs, told = {}, {}
    for _, input in ipairs(record.inputs) do
      local name = input:gsub("^.*/", ""):gsub("%.%w+$", "")
      if not told[name] then inputs[#inputs + 1] = name end -- a table and its record have one name
      told[name] = true
    end
    local name = record["function"]:gsub("^analysis%.questions%.", ""):gsub("_", "\\_")
    aside[#rows - 1] = known[label].web
    local module, result, made_from = files(record, section == "figures" and "figures.json" or "tables/" .. exhibit .. ".md")
    paths:extend({ module, result })
    paths:extend(made_from)
    rows[#rows + 1] = "| " .. reference(label, known) .. " | " .. name .. " | " .. table.concat(inputs, ", ") .. " |"
  end)
  local blocks = pandoc.read(table.concat(rows, "\n"), "markdown").blocks:walk({ Table = function(tbl)
    tbl.bodies[1].body = tbl.bodies[1].body:map(function(row)
      local web = table.remove(aside, 1)
      if web then row.attr = pandoc.Attr("", { "web" }) end
      return row
    end)
    return natural_width(tbl)
  end })
  if listed() then blocks:insert(listing(paths)) end
  return blocks
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
  return pandoc.Blocks({ pandoc.RawBlock("html", store.fragment(name, "interactive figure '" .. name .. "'")) })
end

-- What a script of the page fills from a data set; other formats drop the block.
local function panel(args)
  local name = argument(args, "panel")
  store.entry("datasets", "datasets", name, "data set")
  return pandoc.Blocks({ pandoc.RawBlock("html", store.fragment(name, "panel '" .. name .. "'")) })
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
  folded = marked(folded, true), web = marked(web), unsettled = marked(unsettled, true), panel = marked(panel, true),
  exhibits = exhibits }
