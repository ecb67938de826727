-- A sentence that states a verdict: [Sentence]{.claim key="..." is="..."}. The render stops when the
-- verdict that the analysis published is another one.

local here = debug.getinfo(1, "S").source:match("^@(.*)[/\\]") or "."
local store = dofile(here .. "/store.lua")

local function check(span)
  local sentence = pandoc.utils.stringify(span)
  local key, stated = span.attributes.key, span.attributes.is
  if key == nil or stated == nil then
    store.fail("claim \"" .. sentence .. "\": expected key=\"...\" and is=\"...\" in its braces")
  end
  local actual = store.entry("claims", "verdicts", key, "claim")
  if actual.verdict ~= stated then
    store.fail("claim '" .. key .. "': the paper says '" .. stated .. "', the analysis says '"
      .. actual.verdict .. "'; rewrite the sentence \"" .. sentence .. "\" and its is=\"...\"")
  end
  return key, actual
end

local function description(key, actual)
  local parts = { "Claim " .. key .. ": " .. actual.verdict }
  if store.present(actual.rule) then parts[#parts + 1] = "rule: " .. actual.rule end
  if store.present(actual.evidence) then parts[#parts + 1] = "evidence: " .. actual.evidence end
  parts[#parts + 1] = store.question(key)
  return table.concat(parts, "; ")
end

function Span(span)
  if not span.classes:includes("claim") then return nil end
  local key, actual = check(span)
  local attributes = {
    { "data-key", key },
    { "data-verdict", actual.verdict },
    { "tabindex", "0" },
    { "title", description(key, actual) },
  }
  return pandoc.Span(span.content, pandoc.Attr(span.identifier, { "claim" }, attributes))
end

-- Which data the paper was made from, for the metadata of the file.
function Meta(meta)
  local data = store.load("numbers", "numbers").data
  meta["data-of"] = "data of " .. data.as_of .. ", fingerprint " .. data.fingerprint
  return meta
end
