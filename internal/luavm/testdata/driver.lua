-- Reads chunks, a line of hexadecimal digits each, and prints for each a line
-- that says what it gives; if loadonly is set, whether it can be loaded.
local function q(s)
  return '"' .. s:gsub('.', function(c)
    local b = c:byte()
    if b < 32 or b > 126 or c == '"' or c == '\\' then return ('\\x%02x'):format(b) end
  end) .. '"'
end
local function show(v)
  local t = type(v)
  if t == 'number' then return ('%.17g'):format(v) end
  if t == 'string' then return q((v:gsub('0x%x%x%x%x%x%x+', 'PTR'))) end
  if t == 'nil' or t == 'boolean' then return tostring(v) end
  return '<' .. t .. '>'
end
local function list(...)
  local r = {}
  for i = 1, select('#', ...) do r[i] = show((select(i, ...))) end
  return table.concat(r, ',')
end
local function finish(ok, ...)
  if ok then return 'OK ' .. list(...) end
  return 'ERR ' .. show((...))
end
for line in io.lines() do
  local src = line:gsub('%x%x', function(h) return string.char(tonumber(h, 16)) end)
  local f, err = loadstring(src, '=s')
  if f and loadonly then print('OK')
  elseif f then
    setfenv(f, setmetatable({}, {__index = _G}))
    print(finish(pcall(f)))
  else print('LOADERR ' .. q(err)) end
end
