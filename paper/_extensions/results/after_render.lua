-- Runs after Quarto has rendered the project (`post-render` in _quarto.yml): the page answers at the root of the
-- preview, and the XML finds its figures beside it.

local output = os.getenv("QUARTO_PROJECT_OUTPUT_DIR") or "_output"
local page, xml = nil, nil
for file in (os.getenv("QUARTO_PROJECT_OUTPUT_FILES") or ""):gmatch("[^\r\n]+") do
  local name = file:gsub("\\", "/"):match("[^/]+$")
  page = name:match("%.html$") and name or page
  xml = name:match("%.xml$") and name or xml
end

local function write(name, text)
  local file = assert(io.open(output .. "/" .. name, "wb"))
  file:write(text)
  file:close()
end

if page and page ~= "index.html" then
  write("index.html", '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Paper</title>\n'
    .. '<meta http-equiv="refresh" content="0; url=' .. page .. '"></head>\n'
    .. '<body><a href="' .. page .. '">The paper</a></body></html>\n')
end

if xml then
  pandoc.system.make_directory(output .. "/figures", true)
  for _, name in ipairs(pandoc.system.list_directory("results/figures")) do
    if name:match("%.svg$") then
      local file = assert(io.open("results/figures/" .. name, "rb"))
      write("figures/" .. name, file:read("a"))
      file:close()
    end
  end
end

return {}
