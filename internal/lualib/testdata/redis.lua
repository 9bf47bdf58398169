-- Runs the chunks that ARGV has and returns what each gives, in the notation of
-- lua51, but tables are shown with all that is in them, in order.
local show
local function dump(t, depth)
  if depth > 20 then return '{...}' end
  local r = {}
  for k, v in pairs(t) do r[#r + 1] = show(k, depth + 1) .. '=' .. show(v, depth + 1) end
  return '{' .. table.concat(r, ',') .. '}#' .. #t
end
function show(v, depth)
  local t = type(v)
  if t == 'number' then return ('%.17g'):format(v) end
  if t == 'nil' or t == 'boolean' then return tostring(v) end
  if t == 'userdata' then return tostring(v) end
  if t == 'table' then return dump(v, depth) end
  if t ~= 'string' then return '<' .. t .. '>' end
  v = v:gsub('0x%x%x%x%x%x%x+', 'PTR')
  return '"' .. v:gsub('[%c"\\\128-\255]', function(c) return ('\\x%02x'):format(c:byte()) end) .. '"'
end
local function outcome(ok, ...)
  if not ok then return 'ERR ' .. show((...), 1) end
  local r = {}
  for i = 1, select('#', ...) do r[i] = show((select(i, ...)), 1) end
  return 'OK ' .. table.concat(r, ',')
end
local results = {}
for i, source in ipairs(ARGV) do
  local f, err = loadstring(source, '=s')
  results[i] = f and outcome(pcall(f)) or 'LOADERR ' .. show(err, 1)
end
return results
