-- Reads chunks, a line of hexadecimal digits each, and prints for each a line
-- that says what it gives.
local format, gsub, tostring, type, select = string.format, string.gsub, tostring, type, select
local loadstring, pcall, print, concat = loadstring, pcall, print, table.concat
local function show(v)
  local t = type(v)
  if t == 'number' then return format('%.17g', v) end
  if t == 'nil' or t == 'boolean' then return tostring(v) end
  if t ~= 'string' then return '<' .. t .. '>' end
  v = gsub(v, '0x%x%x%x%x%x%x+', 'PTR')
  return '"' .. gsub(v, '[%c"\\\128-\255]', function(c) return format('\\x%02x', c:byte()) end) .. '"'
end
local function outcome(ok, ...)
  if not ok then return 'ERR ' .. show((...)) end
  local r = {}
  for i = 1, select('#', ...) do r[i] = show((select(i, ...))) end
  return 'OK ' .. concat(r, ',')
end
io.stdout:setvbuf('line')
for line in io.lines() do
  local source = gsub(line, '%x%x', function(h) return string.char(tonumber(h, 16)) end)
  local f, err = loadstring(source, '=s')
  print(f and outcome(pcall(f)) or 'LOADERR ' .. show(err))
end
