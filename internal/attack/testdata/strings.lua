-- # doubling by concatenation
-- error: not enough memory
local s = 'x'
while true do s = s .. s end

-- # doubling by concatenation of many
-- error: not enough memory
local s = 'x'
while true do s = s .. s .. s .. s .. s .. s .. s .. s end

-- # growing by one byte
-- endless
local s = ''
while true do s = s .. 'x' end

-- # doubling by table.concat
-- error: not enough memory
local s = 'x'
while true do s = table.concat({s, s}) end

-- # doubling by rep
-- error: not enough memory
local s = 'x'
while true do s = s:rep(2) end

-- # doubling by gsub
-- error: not enough memory
local s = 'xx'
while true do s = s:gsub('.+', '%0%0') end

-- # doubling by format
-- error: not enough memory
local s = 'x'
while true do s = string.format('%s%s', s, s) end

-- # doubling by a quoting format
-- error: not enough memory
local s = '\0\r"'
while true do s = string.format('%q', s) end

-- # doubling by upper and reverse
-- error: not enough memory
local s = 'x'
while true do s = s:upper() .. s:reverse() .. s:lower() end

-- # rep of a gigabyte
-- error: not enough memory
return #('x'):rep(1e9)

-- # rep to more than 32 bits
-- error: not enough memory
return #('xxxxxxxx'):rep(2^31 - 1)

-- # rep in rep
-- error: not enough memory
return #('x'):rep(1e4):rep(1e4):rep(1e4)

-- # rep with counts that are none
-- reply: ^\[0 0 0 0\]$
return {#('x'):rep(-1), #('x'):rep(0 / 0), #('x'):rep(-1e300), #('x'):rep(2^31)}

-- # rep of nothing
-- reply: ^0$
return #(''):rep(2^31 - 1)

-- # rep in a loop, for the garbage
-- endless
while true do local s = ('x'):rep(1e7) end

-- # rep, caught
-- error: not enough memory
while true do pcall(string.rep, 'x', 1e9) end

-- # concatenation of long strings, caught
-- error: not enough memory
local s = ('x'):rep(1e8)
while true do pcall(function() return s .. s .. s end) end

-- # format with the widest fields
-- reply: ^\d+$
return #string.format(('%99.99f'):rep(7000), unpack((function()
  local t = {}
  for i = 1, 7000 do t[i] = 1e308 end
  return t
end)()))

-- # format with a width too long
-- error: invalid format \(width or precision too long\)
return string.format('%1000000000d', 1)

-- # format with a precision too long
-- error: invalid format \(width or precision too long\)
return string.format('%.1000000000f', 1)

-- # format with too many flags
-- error: invalid format \(repeated flags\)
return string.format('%' .. ('-'):rep(1e6) .. 'd', 1)

-- # format with more conversions than arguments
-- error: bad argument #\d+ to 'format' \(no value\)
return string.format(('%s'):rep(1e6), 1)

-- # format of many long strings
-- error: not enough memory
local t, s = {}, ('x'):rep(1e6)
for i = 1, 7000 do t[i] = s end
return #string.format(('%s'):rep(7000), unpack(t))

-- # format of a byte each of many long strings
-- reply: ^7000$
local t, s = {}, ('x'):rep(1e8)
for i = 1, 7000 do t[i] = s end
return #string.format(('%.1s'):rep(7000), unpack(t))

-- # format of percent signs, in a loop
-- endless
local s = ('%%'):rep(1e6)
while true do string.format(s) end

-- # byte of everything
-- error: string slice too long
return ('x'):rep(1e8):byte(1, 1e9)

-- # byte of most that fits
-- reply: ^7990$
return select('#', ('x'):rep(1e6):byte(1, 7990))

-- # byte and sub with indexes out of range
-- reply: ^\[0 0 0 0 0\]$
local s = 'abc'
return {#s:sub(4, 2^53), #s:sub(2^31, -2^31), select('#', s:byte(-2^53, -1e300)), #s:sub(-2^53, 1e300), #s:sub(0 / 0, 0 / 0)}

-- # char of too many values
-- error: too many results to unpack
local t = {}
for i = 1, 1e5 do t[i] = 65 end
return string.char(unpack(t))

-- # char of many values
-- reply: ^7000$
local t = {}
for i = 1, 7000 do t[i] = 65 end
return #string.char(unpack(t))

-- # parts of a long string, in a loop
-- endless
local s = ('x'):rep(1e8)
while true do local part = s:sub(1, 4e7) end

-- # parts of many long strings, kept
-- error: not enough memory
local t = {}
for i = 1, 1e6 do t[i] = (('x'):rep(1e6) .. i):sub(2) end

-- # comparing long strings that are equal, in a loop
-- endless
local a, b = ('x'):rep(1e8), ('x'):rep(1e8)
while true do local equal = a == b end

-- # comparing long strings that are almost equal, in a loop
-- endless
local a, b = ('x'):rep(5e7) .. 'a', ('x'):rep(5e7) .. 'b'
while true do local less = a < b or a <= b or rawequal(a, b) end

-- # sorting long strings that are almost equal
-- endless
local t, s = {}, ('x'):rep(1e6)
for i = 1, 100 do t[i] = s .. i end
while true do table.sort(t) end

-- # looking up long strings, in a loop
-- endless
local a, b = ('x'):rep(1e8), ('x'):rep(1e8)
local t = {[a] = 1}
while true do local v = t[b] end

-- # upper case, in a loop
-- endless
local s = ('x'):rep(1e7)
while true do s:upper() end

-- # lower case of a string that is too long twice
-- error: not enough memory
return #('X'):rep(2e8):lower()

-- # searching plainly, in a loop
-- endless
local s = ('x'):rep(1e8)
while true do s:find('y', 1, true) end

-- # searching for a long text, in a loop
-- endless
local s = ('x'):rep(1e8)
while true do ('a'):find(s) end

-- # searching plainly for what almost fits
-- reply: ^<nil>$
return (('a'):rep(1e7):find(('a'):rep(5e6) .. 'b', 1, true))

-- # tostring through __tostring that never ends
-- error: C stack overflow|error in error handling
local t = setmetatable({}, {})
getmetatable(t).__tostring = function(t) return tostring(t) end
return tostring(t)

-- # tostring that is no string
-- reply: ^number$
return type(tostring(setmetatable({}, {__tostring = function() return 1 end})))

-- # methods of strings through their metatable
-- reply: ^3$
local s = 'abc'
for i = 1, 1e4 do s = s.sub(s, 1, -1) end
return s:len()
