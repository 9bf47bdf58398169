-- # a million
-- endless
for i = 1, 1e6 do coroutine.create(function() end) end
while true do coroutine.wrap(function() coroutine.yield() end)() end

-- # a million, kept
-- error: not enough memory
local t = {}
for i = 1, 1e6 do t[i] = coroutine.create(function() end) end

-- # a million, suspended and kept
-- error: not enough memory
local t = {}
for i = 1, 1e6 do
  t[i] = coroutine.wrap(function(...) coroutine.yield(...) end)
  t[i](i)
end

-- # in coroutines in coroutines
-- error: C stack overflow
local function nest(n)
  local co = coroutine.wrap(nest)
  return co(n + 1)
end
return nest(0)

-- # in one another, each with the last
-- reply: ^fine$
local co = coroutine.create(function() return 'end' end)
for i = 1, 1e4 do
  local inner = co
  co = coroutine.create(function() return coroutine.resume(inner) end)
end
coroutine.resume(co)
return 'fine'

-- # yielding for ever
-- endless
local f = coroutine.wrap(function() while true do coroutine.yield() end end)
while true do f() end

-- # yielding many values
-- endless
local f = coroutine.wrap(function() while true do coroutine.yield(unpack({}, 1, 7000)) end end)
while true do local t = {f(unpack({}, 1, 7000))} end

-- # yielding outside of all
-- error: attempt to yield across
coroutine.yield()

-- # yielding across pcall
-- error: attempt to yield across
local f = coroutine.wrap(function()
  local ok, message = pcall(coroutine.yield, 1)
  error(message, 0)
end)
return f()

-- # yielding across a metamethod
-- error: attempt to yield across
return coroutine.wrap(function() return setmetatable({}, {__index = coroutine.yield}).x end)()

-- # yielding across sort, gsub and iterators
-- reply: ^4$
local failed = 0
for _, f in ipairs({
  function() table.sort({1, 2, 3}, coroutine.yield) end,
  function() ('x'):gsub('x', coroutine.yield) end,
  function() for x in coroutine.yield do end end,
  function() load(coroutine.yield)() end,
}) do
  if not coroutine.resume(coroutine.create(f)) then failed = failed + 1 end
end
return failed

-- # resuming itself
-- reply: ^\[0 cannot resume running coroutine\]$
local co
co = coroutine.create(function() return coroutine.resume(co) end)
local _, ok, message = coroutine.resume(co)
return {ok and 1 or 0, message}

-- # resuming who resumed
-- reply: ^cannot resume normal coroutine$
local outer
outer = coroutine.create(function()
  return coroutine.wrap(function() return select(2, coroutine.resume(outer)) end)()
end)
return select(2, coroutine.resume(outer))

-- # wrapped and dead
-- error: cannot resume dead coroutine
local f = coroutine.wrap(function() end)
f()
f()

-- # wrapped and calling itself
-- error: cannot resume running coroutine
local f
f = coroutine.wrap(function() return f() end)
return f()

-- # of functions written in Go
-- error: Lua function expected
return coroutine.wrap(coroutine.yield)()

-- # of what is no function
-- error: Lua function expected
return coroutine.create({})

-- # that fail, in a loop
-- endless
while true do coroutine.resume(coroutine.create(function() error({}) end)) end

-- # that are each other's iterators
-- endless
local function numbers(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local sum = 0
while true do for i in numbers(10) do for j in numbers(i) do sum = sum + j end end end

-- # with upvalues of dead ones
-- reply: ^1000$
local fs = {}
for i = 1, 1000 do
  local co = coroutine.create(function() local n = i fs[i] = function() n = n + 1 return n end error('x') end)
  coroutine.resume(co)
end
collectgarbage()
return fs[999]()

-- # with deep stacks
-- reply: ^15000$
local function deep(n) if n == 0 then return coroutine.yield(0) end return 1 + deep(n - 1) end
local co = coroutine.create(deep)
coroutine.resume(co, 15000)
return select(2, coroutine.resume(co, 0))

-- # calling commands
-- reply: ^v$
local got
local f = coroutine.wrap(function() while true do got = redis.call('GET', 'k') coroutine.yield() end end)
for i = 1, 1000 do f() end
return got
