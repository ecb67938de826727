-- A sentence that states a verdict: [Sentence]{.claim key="..." is="..."}. The render stops when the
-- verdict that the analysis published is another one; a draft marks the sentence and every page.

local here = debug.getinfo(1, "S").source:match("^@(.*)[/\\]") or "."
local store = dofile(here .. "/store.lua")
local typst = FORMAT:match("typst") ~= nil
local ROWS = "rows_behind" -- the rows behind numbers, with their script

if FORMAT:match("latex") or FORMAT:match("beamer") then
  store.fail("expected --to typst, which makes the PDF of this paper, found --to pdf; run quarto render paper --to typst")
end

local faults = 0 -- places of a draft that do not fit the results

-- A place that does not fit, with what is there of it; it is numbered when all are known.
local function fault(content, note)
  return pandoc.Span(content, pandoc.Attr("", { "draft-fault" }, { { "data-note", note } }))
end

local function numbered(span)
  if not span.classes:includes("draft-fault") then return nil end
  faults = faults + 1
  local content, note = span.content, pandoc.Str(span.attributes["data-note"])
  if typst then -- a semicolon ends the call, whatever the text goes on with
    return pandoc.Inlines({ pandoc.RawInline("typst", "#draft-fault[") }) .. content
      .. { pandoc.RawInline("typst", "]["), note, pandoc.RawInline("typst", "];") }
  end
  if #content > 0 then content:insert(pandoc.Space()) end
  local said = pandoc.Strong({ pandoc.Str("["), note, pandoc.Str("]") })
  content:insert(pandoc.Span({ said }, pandoc.Attr("", { "draft-note" })))
  return pandoc.Span(content, pandoc.Attr("draft-" .. faults, { "draft-fault" }))
end

-- A section that is rendered alone does not know the shortcodes of the project: they would be printed as they stand.
local function resolved(doc)
  if os.getenv("PAPER_CHECKED") then return end
  doc:walk({ Str = function(str)
    if str.text:find("{{<", 1, true) then
      store.fail("expected index.qmd, which includes the sections, found a shortcode that nothing resolves; "
        .. "run quarto render paper")
    end
  end })
end

local function check(span)
  local sentence = pandoc.utils.stringify(span)
  local key, stated = span.attributes.key, span.attributes.is
  if key == nil or stated == nil then
    store.fail("claim \"" .. sentence .. "\": expected key=\"...\" and is=\"...\" in its braces")
  end
  local actual = store.entry("claims", "verdicts", key, "claim")
  if actual.verdict ~= stated then
    store.fail(store.place('key="' .. key .. '"', true) .. "claim '" .. key .. "': the paper says '" .. stated .. "', the analysis says '"
      .. actual.verdict .. "'; rewrite the sentence \"" .. sentence .. "\" and its is=\"...\"")
  end
  return key, actual
end

local function description(key, actual)
  local parts = { "Claim " .. key .. ": " .. actual.verdict }
  if store.present(actual.rule) then parts[#parts + 1] = "rule: " .. actual.rule end
  local evidence = store.present(actual.evidence) and actual.evidence or nil
  local number = store.load("numbers", "numbers").numbers["claim." .. key:lower() .. ".effect"]
  if number then -- as it is printed
    evidence = "effect " .. number.text
    if store.present(number.interval) then evidence = evidence .. ", interval " .. number.interval end
  end
  if evidence then parts[#parts + 1] = "evidence: " .. evidence end
  parts[#parts + 1] = store.question(key)
  return store.readable(table.concat(parts, "; "))
end

function Span(span)
  if not span.classes:includes("claim") then return nil end
  local known, key, actual = pcall(check, span)
  if not known then
    if not store.draft then store.fail(key) end
    return fault(span.content, store.reason(key))
  end
  local attributes = {
    { "data-key", key },
    { "data-verdict", actual.verdict },
    { "tabindex", "-1" }, -- Tab reaches it on request: see the script of the rows
    { "title", description(key, actual) },
  }
  return pandoc.Span(span.content, pandoc.Attr(span.identifier, { "claim" }, attributes))
end

function Image(image)
  if not store.draft then return nil end
  if not image.src:match("^%a+:") and not store.has_file(image.src) then
    return fault(pandoc.Inlines({}), "figure '" .. image.src .. "': no such file")
  end
  -- A figure has its caption twice: below it, and here as the text of its picture.
  image.caption = image.caption:walk({ Span = function(span)
    return span.classes:includes("draft-fault") and {} or nil
  end })
  return image
end

-- The mark of a draft: above every page of the PDF and, with a link to each place, in view on the page.
local function mark(meta)
  local text = "DRAFT"
  if faults > 0 then
    text = text .. ": " .. faults .. (faults == 1 and " place does" or " places do") .. " not fit the results"
  end
  if store.present(meta.mark) then text = text .. "; " .. pandoc.utils.stringify(meta.mark) end
  return text
end

local function banner(text)
  local inlines = pandoc.Inlines({ pandoc.Str(text) })
  for i = 1, faults do
    inlines:extend({ pandoc.Space(), pandoc.Link(pandoc.Str(tostring(i)), "#draft-" .. i) })
  end
  return pandoc.Div({ pandoc.Para(inlines) }, pandoc.Attr("", { "study-mark", "draft-mark" }))
end

local function without_mark(blocks)
  local first = blocks[1]
  if first and first.t == "Div" and first.classes:includes("study-mark") then blocks:remove(1) end
  return blocks
end

local KINDS = { pdf = "PDF", docx = "Word", xml = "JATS XML" }

-- What else was built beside the page, where a source has a place for it.
local function downloads(div)
  if not div.classes:includes("downloads") then return nil end
  local links = pandoc.Inlines({})
  for name in (FORMAT:match("html") and os.getenv("PAPER_BUILT") or ""):gmatch("%S+") do
    local kind = KINDS[name:match("%.(%a+)$")]
    if kind then
      links:extend({ #links == 0 and pandoc.Emph("Downloads.") or pandoc.Str(","), pandoc.Space(),
        pandoc.Link(kind, name, "", pandoc.Attr("", {}, { { "download", "" } })) })
    end
  end
  return #links > 0 and pandoc.Para(links) or {}
end

-- What a link to the page shows elsewhere, where it is known at which address the page will stand.
local function open_graph(meta)
  local site = os.getenv("PAPER_SITE") or ""
  if site == "" or not FORMAT:match("html") then return nil end
  local told = { type = "article", title = pandoc.utils.stringify(meta.title), url = site,
    description = meta["description-meta"], image = site .. "/preview.png" }
  local tags = {}
  for _, name in ipairs({ "type", "title", "description", "url", "image" }) do
    local content = told[name]:gsub("&", "&amp;"):gsub('"', "&quot;")
    tags[#tags + 1] = '<meta property="og:' .. name .. '" content="' .. content .. '">'
  end
  return table.concat(tags, "\n")
end

function Pandoc(doc)
  resolved(doc)
  doc = doc:walk({ Div = downloads })
  -- Which data the paper was made from, for the metadata of the file.
  local data = store.load("numbers", "numbers").data
  doc.meta["data-of"] = "data of " .. data.as_of .. ", fingerprint " .. data.fingerprint
  if FORMAT:match("html") and store.has_file("results/figures/" .. ROWS .. ".html") then
    doc.blocks:insert(pandoc.RawBlock("html", store.fragment(ROWS, "rows")))
  end
  local abstract = pandoc.utils.stringify(doc.meta.abstract or ""):gsub("%s+", " ")
  doc.meta["description-meta"] = abstract:match("^(.-[.?!])%s+%u") or abstract
  local tags = open_graph(doc.meta)
  if tags and quarto ~= nil then quarto.doc.include_text("in-header", tags) end
  if tags then doc.meta["open-graph"] = pandoc.RawInline("html", tags) end
  if not store.draft then return doc end
  doc = doc:walk({ Span = numbered })
  doc.meta.pagetitle = "DRAFT: " .. pandoc.utils.stringify(doc.meta.title)
  doc.meta.mark = mark(doc.meta)
  if not typst then
    doc.blocks = without_mark(doc.blocks)
    doc.blocks:insert(1, banner(doc.meta.mark))
  end
  return doc
end
