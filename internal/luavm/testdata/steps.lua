-- Reads chunks, each after a line that has its length, and writes what a line
-- hook sees of each: for every line, the functions that are running, from the
-- inner one out, with their names, lines and local variables.
local getinfo, getlocal, sethook = debug.getinfo, debug.getlocal, debug.sethook
local concat, sub, find, tostring, type = table.concat, string.sub, string.find, tostring, type
local loadstring, pcall, next = loadstring, pcall, next
local create, resume, error = coroutine.create, coroutine.resume, error
local globals, io = _G, io
local steps

local function show(v)
  local t = type(v)
  if t == 'number' or t == 'boolean' or t == 'nil' then return tostring(v) end
  return t
end

local function hook(_, line)
  if getinfo(2, 'S').source ~= '=s' or #steps > 400 or steps.deep then return end
  local words, levels = {tostring(line)}, 0
  for level = 2, 1000 do
    local f = getinfo(level, 'Snl')
    if not f then break end
    if f.source == '=s' then
      levels = levels + 1
      words[#words + 1] = '<' .. (f.name or '') .. ':' .. f.currentline
      for i = 1, 250 do
        local name, v = getlocal(level, i)
        if not name then break end
        if name ~= '(*temporary)' then words[#words + 1] = name .. '=' .. show(v) end
      end
      words[#words + 1] = '>'
    end
  end
  steps.deep = levels > 30
  steps[#steps + 1] = concat(words, ' ')
end

-- A hook is one coroutine's; in Redis coroutines have it from who creates them.
local coroutines = {}
for k, v in next, coroutine do coroutines[k] = v end
function coroutines.create(f)
  local co = create(f)
  sethook(co, hook, 'l')
  return co
end
local function results(ok, ...)
  if not ok then error((...), 0) end
  return ...
end
function coroutines.wrap(f)
  local co = coroutines.create(f)
  return function(...) return results(resume(co, ...)) end
end

for line in function() return io.read() end do
  local chunk = io.read(tonumber(line))
  local g = {}
  for k, v in next, globals do g[k] = v end
  g._G, g.io, g.print, g.coroutine = g, nil, function() end, coroutines
  setfenv(0, g)
  steps = {}
  local f = loadstring(chunk, '=s')
  if f then
    sethook(hook, 'l')
    pcall(f)
    sethook()
  end
  io.write(concat(steps, '|'), '\n')
  io.flush()
end
