-- # numerals out of range
-- reply: ^\[1 1 1 1\]$
return {1e400 == 1 / 0, -1e400 == -1 / 0, 1e-400 == 0, 0xffffffffffffffffffff > 1e20}

-- # a numeral of nine million digits
-- reply: ^1$
return tonumber(('1'):rep(9e6)) == 1 / 0

-- # a fraction of nine million digits
-- reply: ^1$
return tonumber('0.' .. ('0'):rep(9e6) .. '1') == 0

-- # a hexadecimal number of a hundred thousand digits
-- reply: ^1$
return tonumber('0x' .. ('f'):rep(1e5)) > 1e300

-- # an exponent of nine million digits
-- reply: ^1$
return tonumber('1e' .. ('9'):rep(9e6)) == 1 / 0

-- # tonumber with each base, in a loop
-- endless
local s = ('1'):rep(1e7)
while true do for base = 2, 36 do tonumber(s, base) end end

-- # tonumber with bases that are none
-- error: base out of range
return tonumber('1', 2^31 - 1)

-- # arithmetic on long strings, in a loop
-- endless
local s = ('1'):rep(1e8)
while true do local n = s + 1 end

-- # arguments that are long numerals, in a loop
-- endless
local s = ('1'):rep(2e7)
while true do math.floor(s) bit.tobit(s) end

-- # powers and remainders
-- reply: ^fine$
local numbers = {0, -0, 1, -1, 0 / 0, 1 / 0, -1 / 0, 1e308, 5e-324, 2^53}
for _, x in ipairs(numbers) do
  for _, y in ipairs(numbers) do
    local _ = x ^ y, x % y, x / y, math.fmod(x, y), math.pow(x, y), math.ldexp(x, y), math.atan2(x, y)
  end
end
return 'fine'

-- # random ranges
-- reply: ^fine$
for _, range in ipairs({{0}, {2^31}, {-1}, {1, 0}, {-2^31, 2^31 - 1}, {0 / 0}, {1e300}, {1, 2, 3}}) do
  pcall(math.random, unpack(range))
  pcall(math.randomseed, unpack(range))
end
return 'fine'

-- # functions of numbers that are far out
-- reply: ^fine$
for _, x in ipairs({1e308, -1e308, 1 / 0, 0 / 0, 2^1000, 5e-324}) do
  for name, f in pairs(math) do
    if type(f) == 'function' then pcall(f, x) pcall(f, x, x) end
  end
end
math.randomseed(0)
return 'fine'

-- # max of many
-- reply: ^7000$
local t = {}
for i = 1, 7000 do t[i] = i end
return math.max(unpack(t))

-- # select far below
-- error: index out of range
return select(-1e9, 1)

-- # select far above
-- reply: ^0$
return select('#', select(2^31 - 1, 1, 2, 3))

-- # select one of many, in a loop
-- endless
local function each(...)
  local n = 0
  for i = 1, select('#', ...) do n = n + (select(i, ...)) end
  return n
end
local t = {}
for i = 1, 7000 do t[i] = i end
while true do each(unpack(t)) end

-- # string.format of numbers that are far out
-- reply: ^fine$
for _, f in ipairs({'%d', '%i', '%u', '%c', '%x', '%X', '%o', '%e', '%f', '%g', '%G', '%99.99e', '%-99.0f', '%#.0g', '%+d', '% 99d'}) do
  for _, x in ipairs({1e308, -1e308, 1 / 0, 0 / 0, 2^63, -2^63, 5e-324, -0}) do pcall(string.format, f, x) end
end
return 'fine'
