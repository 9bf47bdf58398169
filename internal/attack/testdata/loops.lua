-- # while
-- endless
while true do end

-- # repeat
-- endless
repeat until false

-- # repeat with a body
-- endless
local n = 0
repeat local m = n n = m + 1 until m == -1

-- # for with an infinite bound
-- endless
for i = 1, 1 / 0 do end

-- # for with a bound that is never reached
-- endless
for i = 1, 1e300 do end

-- # for that gets no further
-- endless
for i = 2^53, 2^53 + 2 do end

-- # for with a step of zero
-- endless
for i = 2, 1, 0 do end

-- # for with a step of zero, the other way
-- reply: ^0$
local n = 0
for i = 1, 2, 0 do n = n + 1 end
return n

-- # for with bounds that are no numbers
-- reply: ^0$
local n = 0
for i = 0 / 0, 1 do n = n + 1 end
for i = 1, 0 / 0 do n = n + 1 end
for i = 1, 2, 0 / 0 do n = n + 1 end
return n

-- # for with strings
-- error: 'for' limit must be a number
for i = '1', 'x' do end

-- # for with a long string, in a loop
-- endless
local s = ('1'):rep(1e8)
while true do for i = s, 1 do end end

-- # for with functions in its body
-- endless
for i = 1, 1e300 do local f = function() return i end end

-- # for over pairs, in a loop
-- endless
while true do for k, v in pairs(string) do end end

-- # loops in loops in loops
-- endless
for i = 1, 1e9 do for j = 1, 1e9 do for k = 1, 1e9 do end end end

-- # goto as a name
-- reply: ^1$
local goto = 1
return goto

-- # break out of many
-- reply: ^1000000$
local n = 0
for i = 1, 1e6 do while true do repeat n = n + 1 break until false break end end
return n

-- # errors, caught in a loop
-- endless
while true do pcall(error) end

-- # errors of types, caught in a loop
-- endless
while true do pcall(function() return nil + {} end) end

-- # loops that call nothing, caught
-- endless
while true do pcall(function() while true do end end) end

-- # loops in a metamethod, caught
-- endless
local t = setmetatable({}, {__index = function() while true do end end})
while true do pcall(function() return t.x end) end

-- # loops in a comparison of sort, caught
-- endless
while true do pcall(table.sort, {3, 2, 1}, function() while true do end end) end

-- # loops in what gsub calls, caught
-- endless
while true do pcall(string.gsub, 'x', 'x', function() while true do end end) end

-- # loops in an error handler
-- endless
while true do xpcall(error, function() while true do end end) end

-- # loops in a coroutine in a coroutine, caught
-- endless
while true do pcall(coroutine.wrap(function() pcall(coroutine.wrap(function() while true do end end)) end)) end

-- # loops in what load calls, caught
-- endless
while true do pcall(load, function() while true do end end) end

-- # loops in __tostring, caught
-- endless
while true do pcall(tostring, setmetatable({}, {__tostring = function() while true do end end})) end

-- # memory that a pcall wants to give back
-- error: not enough memory
while true do
  pcall(function()
    local t = {}
    while true do t[#t + 1] = ('x'):rep(1e6) .. #t end
  end)
end

-- # memory in an error handler
-- error: not enough memory
while true do xpcall(error, function() local s = 'x' while true do s = s .. s end end) end

-- # memory in a coroutine
-- error: not enough memory
while true do coroutine.resume(coroutine.create(function() local s = 'x' while true do s = s .. s end end)) end

-- # depth in pcall in a loop
-- endless
local function f() return 1 + f() end
while true do pcall(f) end
