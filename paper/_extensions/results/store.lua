-- Reads what the analysis published in paper/results/; shared by the shortcodes and the filters.
-- Everything printed is text that the analysis has already formatted: nothing is computed here.

local store = {}

local here = debug.getinfo(1, "S").source:match("^@(.*)[/\\]") or "."
local results = here .. "/../../results/"
local cache = {}

-- A draft marks what does not fit the results, where anything else stops.
store.draft = os.getenv("PAPER_DRAFT") ~= nil

-- Stops the render. Quarto replaces Lua's `error` by a function that only logs; `assert` still stops.
function store.fail(message)
  assert(false, message)
end

function store.read_text(name, what)
  local file = io.open(results .. name, "rb")
  if file == nil then
    store.fail(what .. ": expected the file paper/results/" .. name .. ", found none; run the analysis first")
  end
  local text = file:read("a")
  file:close()
  return text
end

-- What a figure or a data set has for the page. What its scripts hold, a megabyte, need not go through pandoc: where
-- `analysis/publish/renderers/pandoc.py` puts it in afterwards, only its place does.
function store.fragment(name, what)
  local text = store.read_text("figures/" .. name .. ".html", what)
  if os.getenv("PAPER_HELD") == nil then return text end
  local count = 0
  return (text:gsub("(<script[^>]*>)(.-)(</script>)", function(open, _, close)
    count = count + 1
    return open .. "held:" .. name .. ":" .. count .. close
  end))
end

-- What went wrong, short, from the message of a stop that a draft has caught.
function store.reason(message)
  return (message:gsub("^%S+%.lua:%d+: ", ""):match("^[^;]*"))
end

local function project_file(name)
  return io.open(here .. "/../../" .. name:gsub("^/", ""), "rb")
end

function store.has_file(name)
  local file = project_file(name)
  if file ~= nil then file:close() end
  return file ~= nil
end

-- A source of the paper, by its path in the project.
function store.read_source(name)
  local file = project_file(name)
  if file == nil then store.fail("expected the source " .. name .. ", found none") end
  local text = file:read("a")
  file:close()
  return (text:gsub("\r\n", "\n"))
end

-- The first place of a text in the sources as `sections/data.qmd:3: `, or nothing. Quarto does not hand on where a
-- shortcode stands; the pandoc reader puts the place of one before the message by itself.
function store.place(text, both)
  if not both and quarto == nil or not store.has_file("index.qmd") then return "" end
  local function search(name, include)
    local number = 0
    for line in (store.read_source(name) .. "\n"):gmatch("(.-)\n") do
      number = number + 1
      if line:find(text, 1, true) then return name .. ":" .. number .. ": " end
      local included = include and line:match("^%s*{{<%s*include%s+(%S+)%s*>}}%s*$")
      local found = included and store.has_file(included) and search(included:gsub("^/", ""), false)
      if found then return found end
    end
  end
  return search("index.qmd", true) or ""
end

-- The parsed content of paper/results/<name>.json; `section` is the table that it must hold.
function store.load(name, section)
  if cache[name] == nil then
    local file = name .. ".json"
    local text = store.read_text(file, name)
    local parsed, content = pcall(pandoc.json.decode, text, false)
    if not parsed or type(content) ~= "table" or type(content[section]) ~= "table" then
      store.fail("paper/results/" .. file .. ": expected JSON with '" .. section
        .. "', found something else; run the analysis again")
    end
    cache[name] = content
  end
  return cache[name]
end

local function edit_distance(a, b)
  local previous = {}
  for j = 0, #b do previous[j] = j end
  for i = 1, #a do
    local current = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      current[j] = math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
    end
    previous = current
  end
  return previous[#b]
end

local function nearest(key, entries)
  local names = {}
  for name in pairs(entries) do
    names[#names + 1] = { name = name, distance = edit_distance(key, name) }
  end
  table.sort(names, function(a, b)
    if a.distance ~= b.distance then return a.distance < b.distance end
    return a.name < b.name
  end)
  local near = {}
  for i = 1, math.min(3, #names) do near[i] = "'" .. names[i].name .. "'" end
  return #near > 0 and table.concat(near, ", ") or "none"
end

-- The entry `key` of a section; an unknown key stops the render and names its nearest neighbours.
function store.entry(name, section, key, what)
  local entries = store.load(name, section)[section]
  if entries[key] == nil then
    store.fail("unknown " .. what .. " '" .. key .. "': not in paper/results/" .. name
      .. ".json; nearest: " .. nearest(key, entries) .. "; correct the key or publish it")
  end
  return entries[key]
end

-- What to ask for, to have a result traced to its rows. A page outside the repository names the key alone.
function store.question(key)
  local linked = store.load("numbers", "numbers").data.linked ~= false
  return (linked and "nox -s explain -- " or "key ") .. key
end

-- Words of the registry as a reader has them: [0, +1] for car_0_1, a minus sign before a number, few digits.
function store.readable(text)
  local function day(name)
    local number = name:gsub("^m", "")
    if name == "0" then return "0" end
    return (name:match("^m") and "\u{2212}" or "+") .. number
  end
  text = text:gsub("car_(m?%d+)_(m?%d+)", function(first, last) return "[" .. day(first) .. ", " .. day(last) .. "]" end)
  text = text:gsub("(%d*%.%d%d%d%d+)", function(number)
    local value = tonumber(number)
    local digits = value >= 0.0995 and "%.2f" or value >= 0.001 and "%.3f" or "%.1g"
    return string.format(digits, value)
  end)
  return (text:gsub("([%s%(%[:])%-(%d)", "%1\u{2212}%2"))
end

-- JSON null and absence are the same to a reader.
function store.present(value)
  return value ~= nil and value ~= pandoc.json.null and value ~= ""
end

return store
