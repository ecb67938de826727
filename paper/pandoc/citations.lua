-- Shows a reference where it is cited: its text becomes the title of every link that leads to it.

local references = {}

local function collect(div)
  local key = div.identifier:match("^ref%-")
  if key then references["#" .. div.identifier] = pandoc.utils.stringify(div) end
end

local function title(link)
  if references[link.target] then
    link.title = references[link.target]
    return link
  end
end

if not FORMAT:match("html") then return {} end
return { { Div = collect }, { Link = title } }
