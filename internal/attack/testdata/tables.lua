-- # an array that grows
-- error: not enough memory
local t = {}
for i = 1, 1e9 do t[i] = i end

-- # an array that grows at its border
-- error: not enough memory
local t = {}
while true do t[#t + 1] = true end

-- # an array that table.insert makes grow
-- endless
local t = {}
while true do table.insert(t, 1) end

-- # an array that grows at its beginning
-- endless
local t = {}
while true do table.insert(t, 1, 1) end

-- # a table of strings that grows
-- error: not enough memory
local t = {}
local s = ('k'):rep(1e4)
for i = 1, 1e9 do t[s .. i] = i end

-- # tables in tables
-- error: not enough memory
local t = {}
while true do t = {t, {}, {}, {}} end

-- # a list that is linked
-- error: not enough memory
local list
while true do list = {next = list} end

-- # tables of many sizes, as garbage
-- endless
while true do
  local t = {}
  for i = 1, 1e5 do t[i] = {i} end
end

-- # tables that share, doubled
-- reply: ^table$
local t = {}
for i = 1, 1e5 do t = {t, t} end
return type(t)

-- # keys far from each other
-- error: not enough memory
local t = {}
for i = 1, 1e9 do t[i * 2^20] = i end

-- # keys at the ends of the numbers
-- reply: ^8$
local t, n = {}, 0
for _, k in ipairs({2^53, -2^53, 2^63, -2^63, 1e308, -1e308, 1 / 0, 5e-324}) do t[k] = k end
for _ in pairs(t) do n = n + 1 end
return n

-- # keys that are none
-- reply: ^2$
local failed, t = 0, {}
if not pcall(function() t[nil] = 1 end) then failed = failed + 1 end
if not pcall(function() t[0 / 0] = 1 end) then failed = failed + 1 end
return failed

-- # numbers that collide
-- endless
local t = {}
for i = 1, 2e5 do t[struct.unpack('d', struct.pack('I4I4', i * 4, 2^30 - i * 4))] = i end
while true do for k, v in pairs(t) do t[k] = t[k] + 1 end end

-- # numbers that collide, looked up
-- endless
local t, last = {}
for i = 1, 2e4 do
  last = struct.unpack('d', struct.pack('I4I4', i * 4, 2^30 - i * 4))
  t[last] = i
end
while true do local v = t[last] end

-- # numbers that collide, in the way of others
-- endless
local t = {}
for i = 1, 2e4 do t[struct.unpack('d', struct.pack('I4I4', i * 4, 2^30 - i * 4))] = i end
while true do
  for i = 1, 2e4 do t['k' .. i] = i end
  for i = 1, 2e4 do t['k' .. i] = nil end
end

-- # numbers that collide, walked by next
-- endless
local t = {}
for i = 1, 2e4 do t[struct.unpack('d', struct.pack('I4I4', i * 4, 2^30 - i * 4))] = i end
while true do
  local k
  repeat k = next(t, k) until not k
end

-- # numbers that collide, as JSON and MessagePack
-- endless
local t = {}
for i = 1, 1e4 do t[struct.unpack('d', struct.pack('I4I4', i * 4, 2^30 - i * 4))] = i end
while true do
  cjson.encode(t)
  cmsgpack.unpack(cmsgpack.pack(t))
end

-- # long strings that differ in a few bytes
-- reply: ^20000$
local t, n = {}, 0
local s = ('x'):rep(1000)
for i = 1, 2e4 do t[s .. i .. s] = i end
for k in pairs(t) do n = n + 1 end
return n

-- # a border that is hard to find
-- endless
local t = {}
for i = 1, 2^20 do t[i] = i end
for i = 1, 70 do t['k' .. i] = i end -- room for more
for i = 0, 12 do t[(2^20 + 1) * 2^i] = i end
while true do local border = #t end

-- # a border far beyond what there is
-- reply: ^\d+$
local t = {1, 2, 3, 4}
for i = 1, 70 do t['k' .. i] = i end -- room for more
for i = 0, 27 do t[5 * 2^i] = 5 end
return #t

-- # concat up to a border far beyond what there is
-- error: invalid value \(nil\) at index 6
local t = {1, 2, 3, 4}
for i = 1, 70 do t['k' .. i] = i end -- room for more
for i = 0, 27 do t[5 * 2^i] = 5 end
return table.concat(t)

-- # sort up to a border far beyond what there is
-- error: attempt to compare|invalid order function
local t = {1, 2, 3, 4}
for i = 1, 70 do t['k' .. i] = i end -- room for more
for i = 0, 27 do t[5 * 2^i] = 5 end
table.sort(t)

-- # sort by a function up to a border far beyond what there is
-- endless
local t = {1, 2, 3, 4}
for i = 1, 70 do t['k' .. i] = i end -- room for more
for i = 0, 27 do t[5 * 2^i] = 5 end
table.sort(t, function() return false end)

-- # remove from a border far beyond what there is
-- endless
local t = {1, 2, 3, 4}
for i = 1, 70 do t['k' .. i] = i end -- room for more
for i = 0, 27 do t[5 * 2^i] = 5 end
return table.remove(t, 1)

-- # insert before a border far beyond what there is
-- endless
local t = {1, 2, 3, 4}
for i = 1, 70 do t['k' .. i] = i end -- room for more
for i = 0, 27 do t[5 * 2^i] = 5 end
table.insert(t, 1, 1)

-- # next over what was removed, in a loop
-- endless
local t = {}
for i = 1, 2^19 do t['k' .. i] = i end
for i = 1, 2^19 - 1 do t['k' .. i] = nil end
while true do local k = next(t) end

-- # the first of a long array that is empty, in a loop
-- endless
local t = {}
for i = 1, 2^21 do t[i] = i end
for i = 1, 2^21 - 1 do t[i] = nil end
while true do local k = next(t) end

-- # an empty table of a large size, encoded in a loop
-- endless
local t = {}
for i = 1, 2^19 do t['k' .. i] = i end
for i = 1, 2^19 do t['k' .. i] = nil end
while true do
  cjson.encode(t)
  cmsgpack.pack(t)
  table.maxn(t)
end

-- # laying out a long array again and again
-- endless
local t = {}
for i = 1, 2^21 do t[i] = i end
while true do
  for i = 1, 4 do t['k' .. i] = i end
  for i = 1, 4 do t['k' .. i] = nil end
end

-- # unpack of a hundred million
-- error: too many results to unpack
return unpack({}, 1, 1e8)

-- # unpack from far below to far above
-- error: too many results to unpack
return unpack({}, -1e9, 1e9)

-- # unpack around the ends of 32 bits
-- error: too many results to unpack
return unpack({}, 1, 2^31 - 1)

-- # unpack at the end of 32 bits
-- reply: ^1$
return select('#', unpack({}, 2^31 - 1, 2^31 - 1))

-- # unpack from what wraps around
-- error: too many results to unpack
return select('#', unpack({}, 2^31, -2^31 - 1))

-- # unpack of most that fits
-- reply: ^7000$
return select('#', unpack({}, 1, 7000))

-- # insert far below
-- endless
table.insert({}, -2^31, 1)

-- # insert far above
-- reply: ^1$
local t = {}
table.insert(t, 2^31 - 1, 1)
table.insert(t, 2^53, 1)
table.insert(t, 1e300, 1)
return t[1]

-- # remove far away
-- reply: ^0$
local t = {1, 2, 3}
return select('#', table.remove(t, -2^31)) + select('#', table.remove(t, 2^31)) + select('#', table.remove(t, 0 / 0))

-- # concat far away
-- error: invalid value \(nil\) at index -2147483648
return table.concat({}, ',', -2^31, 2^31 - 1)

-- # concat of a table that is wrong at its end, in a loop
-- endless
local t = {}
for i = 1, 1e6 do t[i] = 'x' end
t[1e6 + 1] = true
while true do pcall(table.concat, t) end

-- # concat with a long separator
-- error: not enough memory
local t = {}
for i = 1, 1e6 do t[i] = '' end
return #table.concat(t, ('x'):rep(1e6))

-- # maxn, getn and foreach of a large table, in a loop
-- endless
local t = {}
for i = 1, 1e6 do t[i] = i end
while true do
  table.maxn(t)
  table.getn(t)
  table.foreach(t, function() return true end)
  table.foreachi(t, function() return true end)
end

-- # removing from the front, in a loop
-- endless
local t = {}
for i = 1, 1e6 do t[i] = i end
while true do
  table.remove(t, 1)
  table.insert(t, 1)
end

-- # sort with a function that is inconsistent
-- error: invalid order function for sorting
local t = {}
for i = 1, 1000 do t[i] = i end
table.sort(t, function() return true end)

-- # sort with a function that is random
-- reply: ^[a-z]+$
local t = {}
for i = 1, 1000 do t[i] = i end
for i = 1, 20 do
  local ok, message = pcall(table.sort, t, function() return math.random() < 0.5 end)
  if not ok and not message:find('invalid order function') and not message:find('attempt') then return message end
end
return 'fine'

-- # sort with a function that changes the table
-- reply: ^fine$
for size = 1, 200 do
  local t = {}
  for i = 1, size do t[i] = i * 7919 % 101 end
  pcall(table.sort, t, function(a, b)
    t[math.random(size)] = nil
    t[#t + 1] = 1
    return (a or 0) < (b or 0)
  end)
end
return 'fine'

-- # sort that takes quadratic time
-- endless
local t = {}
for i = 1, 1e5 do t[i] = i % 2 end
while true do table.sort(t, function(a, b) return a < b end) end

-- # sort that sorts
-- error: C stack overflow|error in error handling
local t = {3, 1, 2}
local function less(a, b)
  table.sort(t, less)
  return a < b
end
table.sort(t, less)

-- # iterating over a table that changes
-- reply: ^fine$
local t = {}
for i = 1, 1000 do t[i], t['k' .. i] = i, i end
pcall(function()
  for k, v in pairs(t) do
    t[k] = nil
    t[tostring(v) .. 'x'] = v
  end
end)
for k in pairs(t) do t[k] = nil end
return next(t) == nil and 'fine'

-- # iterating over a table that grows
-- error: invalid key to 'next'|not enough memory|too many instructions
local t, n = {1}, 1
for k in pairs(t) do
  n = n + 1
  t['k' .. n] = n
end
error("invalid key to 'next'") -- it may come to an end as well

-- # next with keys that are none
-- reply: ^4$
local failed = 0
for _, k in ipairs({1, 'x', 0 / 0, {}}) do
  if not pcall(next, {}, k) then failed = failed + 1 end
end
return failed

-- # a constructor with all results of a call
-- reply: ^7000$
return #{unpack({}, 1, 7000), nil, unpack((function()
  local t = {}
  for i = 1, 7000 do t[i] = i end
  return t
end)())} - 2

-- # weak values that grow
-- reply: ^fine$
local t = setmetatable({}, {__mode = 'v'})
for i = 1, 3e4 do t[i] = {('x'):rep(1e4)} end
return 'fine'

-- # weak values that are strings
-- error: not enough memory
local t = setmetatable({}, {__mode = 'v'})
for i = 1, 1e9 do t[i] = ('x'):rep(1e6) .. i end

-- # weak values that are functions written in Go
-- reply: ^fine$
local t = setmetatable({}, {__mode = 'v'})
for i = 1, 1e5 do t[i] = coroutine.wrap(function() end) end
return 'fine'

-- # weak keys that grow
-- reply: ^fine$
local t = setmetatable({}, {__mode = 'k'})
for i = 1, 1e5 do t[{('x'):rep(5000)}] = true end
return 'fine'

-- # collecting garbage in a loop
-- endless
local t = {}
for i = 1, 1e5 do t[i] = {i} end
while true do collectgarbage() end

-- # counting garbage in a loop
-- endless
local t = {}
for i = 1, 1e5 do t[i] = {i} end
while true do collectgarbage('count') end

-- # collecting garbage more often than can be counted
-- reply: ^fine$
local weak = setmetatable({}, {__mode = 'v'})
for i = 1, 66000 do
  local holder = {{}}
  weak[1] = holder[1]
  collectgarbage()
  if not weak[1] then return 'lost' end
end
return 'fine'
