-- # plain
-- error: stack overflow
local function f() return 1 + f() end
return f()

-- # with many variables
-- error: stack overflow|not enough memory
local function f(...)
  local a, b, c, d, e, g, h, i, j, k = ...
  return (f(a, b, c, d, e, g, h, i, j, k, ...))
end
return f(1)

-- # with ever more arguments
-- error: stack overflow|not enough memory
local function f(...) return (f(1, ...)) end
return f()

-- # of tail calls
-- endless
local function f(n) return f(n + 1) end
return f(0)

-- # of tail calls of two functions
-- endless
local g
local function f(n) return g(n + 1) end
function g(n) return f(n + 1) end
return f(0)

-- # mutual
-- error: stack overflow
local g
local function f(n) return 1 + g(n) end
function g(n) return 1 + f(n) end
return f(0)

-- # through pcall
-- reply: ^fine$
local function f() return pcall(f) end
f()
return 'fine'

-- # through pcall, twice in each
-- endless
local function f() pcall(f) pcall(f) end
return f()

-- # through xpcall
-- reply: ^fine$
local function f() return xpcall(f, f) end
f()
return 'fine'

-- # through handlers of xpcall, twice in each
-- endless
local function f() xpcall(error, f) xpcall(error, f) end
return f()

-- # through coroutine.wrap
-- error: C stack overflow
local function f() return coroutine.wrap(f)() end
return f()

-- # through coroutine.resume
-- reply: ^fine$
local function f() return coroutine.resume(coroutine.create(f)) end
f()
return 'fine'

-- # through coroutines and pcall
-- reply: ^fine$
local function f() return pcall(coroutine.wrap(function() return pcall(f) end)) end
f()
return 'fine'

-- # through coroutines and pcall, twice in each
-- endless
local function f()
  pcall(coroutine.wrap(function() pcall(f) end))
  pcall(coroutine.wrap(function() pcall(f) end))
end
return f()

-- # of plain calls in each of many coroutines
-- error: stack overflow|not enough memory
local function deep(n) if n > 0 then return 1 + deep(n - 1) end return coroutine.yield() end
local t = {}
for i = 1, 1e6 do
  t[i] = coroutine.wrap(deep)
  t[i](16000)
end

-- # through a function that sort calls
-- error: C stack overflow|error in error handling
local function less(a, b) table.sort({1, 2, 3}, less) return a < b end
return table.sort({1, 2, 3}, less)

-- # through a function that gsub calls
-- error: C stack overflow|error in error handling
local function f() return (('x'):gsub('x', f)) end
return f()

-- # through a function that load calls
-- error: attempt to call
local function f() return load(f) end
return load(f)()

-- # through loadstring
-- error: C stack overflow|stack overflow
local s = 'return (loadstring(...)(...))'
return loadstring(s)(s)

-- # through table.foreach
-- error: C stack overflow|error in error handling
local t = {1}
local function f() table.foreach(t, f) end
return f()

-- # through __tostring
-- error: C stack overflow|error in error handling
local t = setmetatable({}, {__tostring = tostring})
return tostring(t)

-- # through __index functions
-- error: C stack overflow|error in error handling
local t = setmetatable({}, {__index = function(t, k) return t[k] end})
return t.x

-- # through __newindex functions
-- error: C stack overflow|error in error handling
local t = setmetatable({}, {__newindex = function(t, k, v) t[k] = v end})
t.x = 1

-- # through __call
-- error: stack overflow
local t = setmetatable({}, {})
getmetatable(t).__call = function(self) return 1 + self() end
return t()

-- # through __call that is a table
-- error: attempt to call
local t = setmetatable({}, {})
getmetatable(t).__call = t
return t()

-- # through __eq
-- error: C stack overflow|error in error handling
local mt = {}
local a, b = setmetatable({}, mt), setmetatable({}, mt)
mt.__eq = function(a, b) return a == b end
return a == b

-- # through __lt
-- error: C stack overflow|error in error handling
local mt = {}
local a, b = setmetatable({}, mt), setmetatable({}, mt)
mt.__lt = function(a, b) return a < b end
return a < b

-- # through __le
-- error: C stack overflow|error in error handling
local mt = {}
local a, b = setmetatable({}, mt), setmetatable({}, mt)
mt.__lt = function(a, b) return a <= b end
return a <= b

-- # through __concat
-- error: C stack overflow|error in error handling
local t = setmetatable({}, {__concat = function(a, b) return a .. b end})
return 'x' .. t .. 'x'

-- # through __unm
-- error: C stack overflow|error in error handling
local t = setmetatable({}, {__unm = function(t) return -t end})
return -t

-- # through arithmetic
-- error: C stack overflow|error in error handling
local mt = {}
for _, event in ipairs({'__add', '__sub', '__mul', '__div', '__mod', '__pow'}) do
  mt[event] = function(a, b) return (a + b) * (a - b) / (a % b) ^ b end
end
local t = setmetatable({}, mt)
return t + t

-- # through __len, which tables have not
-- reply: ^0$
return #setmetatable({}, {__len = function(t) return #t end})

-- # a loop of __index tables
-- error: loop in gettable
local a, b = {}, {}
setmetatable(a, {__index = b})
setmetatable(b, {__index = a})
return a.x

-- # a loop of __newindex tables
-- error: loop in settable
local a = {}
setmetatable(a, {__newindex = a})
a.x = 1

-- # a hundred thousand __index tables
-- error: loop in gettable
local t = {}
for i = 1, 1e5 do t = setmetatable({}, {__index = t}) end
return t.x

-- # metatables of metatables
-- reply: ^fine$
local t = {}
for i = 1, 1e5 do t = setmetatable({}, t) end
setmetatable(t, t)
t.__index = t
local _ = pcall(function() return t.x end)
return 'fine'

-- # setmetatable on everything
-- reply: ^0$
local n = 0
for k, v in pairs(_G) do
  if type(v) == 'table' and pcall(setmetatable, v, {}) and v ~= KEYS and v ~= ARGV then n = n + 1 end
end
for _, v in ipairs({1, 'x', true, tostring}) do
  if pcall(setmetatable, v, {}) then n = n + 1 end
end
return n

-- # iterators that never end
-- endless
for x in function() return 1 end do end

-- # iterators through __call
-- endless
for x in setmetatable({}, {__call = function() return 1 end}) do end

-- # errors in deep calls, in a loop
-- endless
local function f(n) if n == 0 then error({}) end return (f(n - 1)) end
while true do pcall(f, 10000) end
