-- Reads chunks and writes for each, in a line that begins with a byte of 1 (for
-- chunks may print), what it gives: OK and its results, ERR and its error, or
-- LOADERR and why it is no chunk. Before each chunk there is a line with a
-- letter, r to run it or l to load it only, and its length. Both lua5.1 and the
-- machine that is tested run this, the one with io, the other with as much of
-- it as is used here.
local byte, format, gsub, sub, concat = string.byte, string.format, string.gsub, string.sub, table.concat
local loadstring, next, pcall, select, tonumber, tostring, type = loadstring, next, pcall, select, tonumber, tostring, type
local setglobals = setglobals or function(t) setfenv(0, t) end
local globals, io = _G, io

local function show(v)
  local t = type(v)
  if t == 'number' then return format('%.17g', v) end
  if t == 'nil' or t == 'boolean' then return tostring(v) end
  if t ~= 'string' then return '<' .. t .. '>' end
  v = gsub(v, '0x%x%x%x%x%x%x+', 'PTR')
  return '"' .. gsub(v, '[%c"\\\127-\255]', function(c) return format('\\x%02x', byte(c)) end) .. '"'
end

local function results(ok, ...)
  if not ok then return 'ERR ' .. show((...)) end
  local r = {}
  for i = 1, select('#', ...) do r[i] = show((select(i, ...))) end
  return 'OK ' .. concat(r, ',')
end

-- Each chunk has globals of its own, so that none sees what another did.
local function outcome(chunk, how)
  local g = {}
  for k, v in next, globals do g[k] = v end
  g._G, g.io, g.setglobals, g.main = g, nil, nil, nil
  setglobals(g)
  local f, err = loadstring(chunk, '=s')
  if not f then return 'LOADERR ' .. show(err) end
  if how == 'l' then return 'OK' end
  return results(pcall(f))
end

for line in function() return io.read() end do
  local how, length = sub(line, 1, 1), tonumber(sub(line, 2))
  local chunk = length > 0 and io.read(length) or ''
  io.write('\1', outcome(chunk, how), '\n')
  io.flush()
end
