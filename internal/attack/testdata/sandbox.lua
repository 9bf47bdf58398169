-- # globals
-- error: attempt to modify a readonly table|Attempt to modify a readonly table
x = 1

-- # globals through _G
-- error: Attempt to modify a readonly table
_G.pcall = nil

-- # globals through rawset
-- error: Attempt to modify a readonly table
rawset(_G, 'x', 1)

-- # globals through rawset of what is there
-- error: Attempt to modify a readonly table
rawset(_G, 'pcall', error)

-- # globals through the metatable's __index
-- error: Attempt to modify a readonly table
getmetatable(_G).__index = function() return 1 end

-- # globals through another metatable
-- error: Attempt to modify a readonly table
setmetatable(_G, {})

-- # globals that are missing
-- error: nonexistent global variable 'x'
return x

-- # globals through what sorts and inserts
-- reply: ^0$
local changed = 0
for _, t in ipairs({_G, string, table, math, redis, cjson, cmsgpack, struct, bit, coroutine, getmetatable('')}) do
  if pcall(table.insert, t, 1) then changed = changed + 1 end
  if pcall(table.insert, t, 1, 1) then changed = changed + 1 end
  if pcall(rawset, t, 1, 1) then changed = changed + 1 end
  if pcall(rawset, t, 'call', 1) then changed = changed + 1 end
  if pcall(setmetatable, t, {}) then changed = changed + 1 end
  if pcall(function() t.x = 1 end) then changed = changed + 1 end
  if pcall(function() t[next(t)] = nil end) then changed = changed + 1 end
end
return changed

-- # the metatable of strings
-- error: Attempt to modify a readonly table
getmetatable('').__index = {}

-- # methods of strings
-- error: Attempt to modify a readonly table
getmetatable('').__index.upper = function() return 'broken' end

-- # methods of strings, still whole
-- reply: ^X$
pcall(function() string.upper = nil end)
pcall(function() getmetatable('').__index = nil end)
return ('x'):upper()

-- # setmetatable of strings
-- error: bad argument #1 to 'setmetatable'
setmetatable('', {})

-- # libraries that are not there
-- reply: ^0$
local n = 0
for _, name in ipairs({'os', 'io', 'debug', 'package', 'require', 'module', 'dofile', 'loadfile', 'getfenv', 'setfenv', 'newproxy', 'print', 'jit', 'ffi'}) do
  if rawget(_G, name) ~= nil and name ~= 'os' then n = n + 1 end
end
return n

-- # what os has
-- reply: ^[01]$
local os = rawget(_G, 'os')
if not os then return 0 end
local n = 0
for name in pairs(os) do n = n + 1 end
return n

-- # what KEYS and ARGV keep
-- reply: ^0$
local left = #KEYS + #ARGV
KEYS[1], ARGV[1], KEYS.x = 'left', 'left', {}
rawset(KEYS, 'y', 1)
return left

-- # what KEYS and ARGV keep, again
-- reply: ^\[0 0 0\]$
local n = 0
for _ in pairs(KEYS) do n = n + 1 end
return {#KEYS, #ARGV, n}

-- # metatables of KEYS and ARGV
-- reply: ^fine$
local mt = {__index = function() error('broken') end, __newindex = function() error('broken') end}
setmetatable(KEYS, mt)
setmetatable(ARGV, mt)
return 'fine'

-- # metatables of KEYS and ARGV, again
-- reply: ^fine$
return getmetatable(KEYS) == nil and getmetatable(ARGV) == nil and KEYS[1] == nil and 'fine'

-- # a table of arguments that grows
-- error: not enough memory
for i = 1, 1e9 do ARGV[i] = 'x' .. i end

-- # bytecode, dumped
-- error: attempt to call a nil value
return loadstring(string.dump(function() return 1 end))()

-- # bytecode, as it was in Lua 5.1
-- reply: ^string$
local f, message = loadstring('\27LuaQ\0\1\4\8\4\8\0' .. ('\0'):rep(1000))
return f == nil and type(message)

-- # bytecode, as it is in Lua 5.2
-- reply: ^string$
local f, message = loadstring('\27LuaR\0\1\4\8\4\8\0\25\147\r\n\26\n' .. ('\255'):rep(1000))
return f == nil and type(message)

-- # bytecode, in pieces
-- reply: ^string$
local pieces, i = {'\27', 'Lua', 'R\0', '\1\4\8\4\8\0\25\147\r\n\26\n', ('\0'):rep(100)}, 0
local f, message = load(function() i = i + 1 return pieces[i] end)
return f == nil and type(message)

-- # load of what never ends
-- reply: ^string$
local f, message = load(function() return 'x ' end)
return f == nil and type(message)

-- # load of what never ends, of long pieces
-- reply: ^string$
local s = ('x'):rep(1e8)
local f, message = load(function() return s end)
return f == nil and type(message)

-- # load of what is no string
-- reply: ^reader function must return a string$
local f, message = load(function() return {} end)
return message

-- # load of what fails
-- reply: ^broken$
local f, message = load(function() error('broken', 0) end)
return message

-- # load of what yields
-- reply: ^boolean$
return type(coroutine.resume(coroutine.create(function() return load(coroutine.yield) end)))

-- # load with long names, kept
-- reply: ^fine$
local t = {}
for i = 1, 2000 do t[i] = loadstring('return 1', ('x'):rep(1e5) .. i) end
return 'fine'

-- # an error with a long name of its source
-- error: boom
local name = '@' .. ('x'):rep(1e8)
loadstring('error("boom")', name)()

-- # dump of a function written in Go
-- error: unable to dump given function
return string.dump(tostring)

-- # the table that redis is
-- error: Attempt to modify a readonly table
redis.call = function() return 'broken' end

-- # the handler of errors
-- reply: ^table$
return type(__redis__err__handler(('x'):rep(1e6)))

-- # the handler of errors, with odd values
-- reply: ^fine$
for _, v in ipairs({1, 'x', true, {}, setmetatable({}, {__newindex = error, __tostring = error}), _G, redis}) do
  pcall(__redis__err__handler, v)
end
pcall(__redis__err__handler)
return 'fine'

-- # collectgarbage with options that are none
-- error: invalid option
return collectgarbage(('x'):rep(1e6))

-- # collectgarbage with all options
-- reply: ^fine$
for _, option in ipairs({'collect', 'stop', 'restart', 'count', 'step', 'setpause', 'setstepmul'}) do
  collectgarbage(option, 2^31 - 1)
  collectgarbage(option, -2^31)
end
return 'fine'

-- # settings that another script would see
-- reply: ^fine$
cjson.encode_max_depth(1000)
cjson.decode_max_depth(1000)
cjson.encode_sparse_array(false, 2, 10)
return 'fine'

-- # every function with every kind of argument
-- reply: ^fine$
local function values()
  return {1, -1, 0 / 0, 1e300, '', 'x', ('x'):rep(1000), true, false, {}, {1, 2, 3}, function() end, tostring, coroutine.create(function() end), cjson.null}
end
local function try(f)
  for i, a in ipairs(values()) do
    pcall(f, a)
    for _, b in ipairs(values()) do
      pcall(f, a, b)
      pcall(f, values()[i], b, b)
    end
  end
end
for name, v in pairs(_G) do
  if type(v) == 'function' then
    try(v)
  elseif type(v) == 'table' and v ~= _G and v ~= KEYS and v ~= ARGV and v ~= redis then
    for _, f in pairs(v) do if type(f) == 'function' then try(f) end end
  end
end
return 'fine'
