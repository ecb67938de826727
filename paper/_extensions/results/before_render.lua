-- Runs before Quarto renders the project (`pre-render` in _quarto.yml), by Quarto itself, from the project's folder:
-- stops where the results are missing or were made from other data, and where a section is to be rendered alone.
-- `nox -s paper` has checked more than this before it starts a renderer, and says so.

if os.getenv("PAPER_CHECKED") then return {} end

local here = debug.getinfo(1, "S").source:match("^@(.*)[/\\]") or "."
local paper = here .. "/../.."
local sha256 = dofile(here .. "/sha256.lua")

-- Quarto would print a traceback with an error, and go on after some.
local function stop(message)
  io.stderr:write("paper: " .. message .. "\n")
  os.exit(1)
end

local function read(name)
  local file = io.open(paper .. "/" .. name, "rb")
  if file == nil then return nil end
  local text = file:read("a")
  file:close()
  return text
end

local function decode(name)
  local text = read("results/" .. name)
  local known, content = pcall(pandoc.json.decode, text or "", false)
  if not known or type(content) ~= "table" then
    stop("expected the results, found no whole paper/results/" .. name .. "; run nox -s paper first")
  end
  return content
end

local function check_inputs(files)
  for file in (files or ""):gmatch("[^\r\n]+") do
    local name = file:gsub("\\", "/"):match("[^/]+$")
    if name ~= "index.qmd" then
      stop(name .. ": expected index.qmd, which includes the sections, found a section alone; run quarto render paper")
    end
  end
end

local function check_figures()
  local names = {}
  for _, figure in pairs(decode("figures.json").figures or {}) do names[#names + 1] = figure.file end
  table.sort(names)
  for _, name in ipairs(names) do
    if read("results/" .. name) == nil then
      stop("expected the figures of a run, found no paper/results/" .. name .. "; run nox -s paper first")
    end
  end
end

-- The files of data/ as they were when the results were made, by name.
local function check_data()
  local made = decode("figures/made-from.json").files or {}
  local names = {}
  for name in pairs(made) do
    if name:match("^data/") then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local text = read("../" .. name)
    if text == nil then
      stop(name .. ": expected the file that the results were made from, found none; run nox -s paper")
    elseif sha256(text) ~= made[name] then
      stop(name .. ": expected the data that the results were made from, found another version; run nox -s paper")
    end
  end
end

check_inputs(os.getenv("QUARTO_PROJECT_INPUT_FILES"))
check_figures()
check_data()
return {}
