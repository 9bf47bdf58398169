-- # nil
-- error: nil
error(nil)

-- # a table
-- error: unknown error
error({})

-- # a function
-- error: function: 0x
error(function() end)

-- # a coroutine
-- error: thread: 0x
error(coroutine.create(function() end))

-- # a boolean
-- error: ERR false
error(false)

-- # a number
-- error: ERR user_script:\d+: 42|ERR 42
error(42)

-- # a long string
-- error: ^ERR
error(('x'):rep(1e7))

-- # a string that is too long twice
-- error: not enough memory|^ERR user_script
error(('x'):rep(1.2e8))

-- # a table with a long text
-- error: ^x
error({err = ('x'):rep(1e7)})

-- # a table with a field of another type
-- error: unknown error
error({err = {}})

-- # a table with a text that has lines
-- error: ^a b  c script
error({err = 'a\nb\r\nc'})

-- # a table with a metatable
-- error: unknown error
error(setmetatable({}, {__index = function() while true do end end, __tostring = function() error('x') end}))

-- # a table with a metatable, caught
-- error: broken
local ok = pcall(error, setmetatable({}, {__index = function() error('broken', 0) end}))
return ok

-- # a table with a metatable that never ends, caught
-- endless
pcall(error, setmetatable({}, {__index = function() while true do end end}))

-- # with levels far out
-- reply: ^fine$
for _, level in ipairs({-1, 0, 1e9, 2^31 - 1, -2^31, 0 / 0}) do pcall(error, 'x', level) end
return 'fine'

-- # with a level that is far up, in a loop
-- endless
local function f(n) if n == 0 then while true do pcall(error, 'x', 15000) end end return (f(n - 1)) end
return f(15000)

-- # in an error handler
-- reply: ^\[0 error in error handling\]$
local ok, message = xpcall(function() error('a') end, function() error('b') end)
return {ok and 1 or 0, message}

-- # in an error handler, for ever
-- reply: ^fine$
local function handler(e) error(e .. 'x') end
xpcall(function() error('a') end, handler)
return 'fine'

-- # in an error handler that calls itself
-- reply: ^fine$
local function handler(e) return xpcall(error, handler) end
xpcall(error, handler)
return 'fine'

-- # in an error handler of a coroutine that yields
-- reply: ^fine$
local f = coroutine.wrap(function() xpcall(error, coroutine.yield) end)
pcall(f)
return 'fine'

-- # of a stack overflow in an error handler
-- reply: ^fine$
local function f() return 1 + f() end
xpcall(f, f)
return 'fine'

-- # of a handler that is none
-- reply: ^fine$
xpcall(error, nil)
xpcall(error, 1)
xpcall(error, setmetatable({}, {__call = error}))
return 'fine'

-- # of assert with a long message
-- error: ^ERR
assert(false, ('x'):rep(1e7))

-- # of assert with a table
-- error: bad argument #2 to 'assert'
assert(false, {})

-- # with long names, in a loop
-- endless
local t = {[('x'):rep(1e6)] = 1}
local f = loadstring('local t = ... return t.' .. ('y'):rep(1e5) .. '.z')
while true do pcall(f, t) end

-- # in a long function, in a loop
-- endless
local f = loadstring(('local x = 1 x = 2 '):rep(150) .. ('x = x + 1 '):rep(5e4) .. 'return x.y.z')
while true do pcall(f) end

-- # in a long function that calls itself
-- error: stack overflow
local f = loadstring('local f = ... local x = 1 ' .. ('x = x + 1 '):rep(5e4) .. 'return 1 + f(f)')
-- only the call at its end counts
f = loadstring('local f = ... local x = 1 if f then return 1 + f(f) end ' .. ('x = x + 1 '):rep(5e4))
return f(f)

-- # in a function whose calls are far from its begin
-- error: stack overflow
local f = loadstring('local f = ... local x = f if not f then ' .. ('x = {} '):rep(5e4) .. ' end return 1 + f(x)')
return f(f)

-- # of a bad argument in a long function, in a loop
-- endless
local f = loadstring('local x = 1 if not x then ' .. ('x = {} '):rep(5e4) .. ' end math.floor({})')
while true do pcall(f) end

-- # with a long message of an argument, in a loop
-- endless
local s = ('x'):rep(5e7)
while true do pcall(collectgarbage, s) end

-- # of every operator with every type
-- reply: ^fine$
local values = {1, 'x', true, {}, tostring, coroutine.create(function() end), cjson.null}
for _, operator in ipairs({'+', '-', '*', '/', '%', '^', '..', '<', '<=', '>', '>=', '==', '~='}) do
  local f = loadstring('local a, b = ... return a ' .. operator .. ' b')
  for _, a in ipairs(values) do
    pcall(f, a)
    for _, b in ipairs(values) do pcall(f, a, b) end
  end
end
return 'fine'
