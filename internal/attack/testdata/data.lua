-- # JSON of what shares, doubled
-- error: not enough memory
local t = {('x'):rep(100)}
for i = 1, 60 do t = {t, t} end
return #cjson.encode(t)

-- # JSON of objects that share, doubled
-- error: not enough memory
local t = {('x'):rep(100)}
for i = 1, 60 do t = {a = t, b = t} end
return #cjson.encode(t)

-- # JSON of itself
-- error: excessive nesting
local t = {}
t[1] = t
return cjson.encode(t)

-- # JSON of itself, as deep as can be set
-- error: excessive nesting
cjson.encode_max_depth(2^31 - 1)
local t = {}
t.t = t
return cjson.encode(t)

-- # JSON of deep tables
-- error: excessive nesting
cjson.encode_max_depth(2^31 - 1)
local t = {}
for i = 1, 1e5 do t = {t} end
return cjson.encode(t)

-- # JSON of a sparse array
-- error: excessively sparse array
return cjson.encode({[2^31 - 1] = 1})

-- # JSON of a sparse array that is allowed
-- endless
cjson.encode_sparse_array(false, 0, 0)
return #cjson.encode({[2^26] = 1, [2^30] = 1})

-- # JSON of a key that is beyond all arrays
-- reply: ^[a-z]+$
pcall(cjson.encode, {[2^53] = 1})
pcall(cjson.encode, {[1e300] = 1})
return 'fine'

-- # JSON of values that it does not have, in a loop
-- endless
local s = ('x'):rep(5e7)
while true do pcall(cjson.encode, {s, tostring}) end

-- # JSON of bytes that need an escape
-- error: not enough memory
return #cjson.encode(('\1'):rep(1e8))

-- # JSON of infinite numbers
-- error: must not be NaN or Inf
return cjson.encode({1 / 0})

-- # JSON, deep arrays
-- error: nested data structures
return cjson.decode(('['):rep(1e6))

-- # JSON, deep objects
-- error: nested data structures
return cjson.decode(('{"a":'):rep(1e6))

-- # JSON, as deep as can be set
-- error: nested data structures
cjson.decode_max_depth(2^31 - 1)
return cjson.decode(('['):rep(1e6) .. (']'):rep(1e6))

-- # JSON, many empty arrays
-- error: not enough memory
return #cjson.decode('[' .. ('[],'):rep(1e7) .. '[]]')

-- # JSON, many numbers
-- error: not enough memory
return #cjson.decode('[' .. ('1,'):rep(3e7) .. '1]')

-- # JSON, long numbers
-- reply: ^fine$
for _, s in ipairs({('1'):rep(5e6), '0.' .. ('0'):rep(5e6) .. '1', '1e' .. ('9'):rep(5e6), '-1e-' .. ('9'):rep(5e6), '0x' .. ('f'):rep(5e6)}) do
  pcall(cjson.decode, '[' .. s .. ']')
end
return 'fine'

-- # JSON, a long number, in a loop
-- endless
local s = '[' .. ('1'):rep(1e7) .. ']'
while true do cjson.decode(s) end

-- # JSON, a long string that is wrong at its end, in a loop
-- endless
local s = '["' .. ('x'):rep(5e7) .. '", x]'
while true do pcall(cjson.decode, s) end

-- # JSON, a long string of escapes
-- reply: ^2000000$
return #cjson.decode('["' .. ('\\u0041'):rep(2e6) .. '"]')[1]

-- # JSON, spaces, in a loop
-- endless
local s = '[' .. (' '):rep(1e8) .. ']'
while true do cjson.decode(s) end

-- # JSON, bytes that are none of it
-- reply: ^fine$
for _, s in ipairs({'', '\0', '[\0', '\255\254[', '["\255\255"', '[1,]', '{"a"', '"\\u', '"\\ud800"', '[-]', 'nan', '[1e]'}) do
  pcall(cjson.decode, s)
end
return 'fine'

-- # JSON, settings out of range
-- error: expected integer between
return cjson.encode_number_precision(1e9)

-- # JSON, many of its libraries, kept
-- error: not enough memory
local t = {}
for i = 1, 1e9 do t[i] = cjson.new() end

-- # JSON, objects with long keys, again and again
-- reply: ^fine$
for i = 1, 20 do
  local s = '{"' .. ('k'):rep(2e5) .. i .. '":1,"' .. ('l'):rep(2e5) .. i .. '":2}'
  cjson.decode(s)
  cjson.decode(s)
end
return 'fine'

-- # MessagePack of what shares, doubled
-- reply: ^[0-9]+$
local t = {}
for i = 1, 60 do t = {t, t} end
return #cmsgpack.pack(t)

-- # MessagePack of what shares, many times
-- error: not enough memory
local t = {}
t[1] = ('x'):rep(100)
for i = 1, 14 do t = {t, t, t, t, t, t, t, t} end
return #cmsgpack.pack(t)

-- # MessagePack of itself
-- reply: ^[0-9]+$
local t = {}
t[1] = t
t.x = {[t] = t}
return #cmsgpack.pack(t)

-- # MessagePack of many arguments
-- error: Too many arguments for MessagePack pack
return cmsgpack.pack(unpack({}, 1, 7000))

-- # MessagePack that claims an array of four gigabytes
-- error: Missing bytes in input
return cmsgpack.unpack('\221\255\255\255\255')

-- # MessagePack that claims a map of four gigabytes
-- error: Missing bytes in input
return cmsgpack.unpack('\223\255\255\255\255')

-- # MessagePack that claims a string of four gigabytes
-- error: Missing bytes in input
return cmsgpack.unpack('\219\255\255\255\255xxx')

-- # MessagePack that claims more than it has, in a loop
-- endless
local s = '\221\255\255\255\255' .. ('\1'):rep(2e6)
while true do pcall(cmsgpack.unpack, s) end

-- # MessagePack, deep arrays
-- error: stack overflow|Missing bytes
return cmsgpack.unpack(('\145'):rep(1e6))

-- # MessagePack, deep maps
-- error: stack overflow|Missing bytes
return cmsgpack.unpack(('\129\1'):rep(1e6))

-- # MessagePack, deep keys
-- error: stack overflow|Missing bytes
return cmsgpack.unpack(('\129'):rep(1e6))

-- # MessagePack, many values
-- error: too many return values at once
return cmsgpack.unpack(('\1'):rep(1e6))

-- # MessagePack, many empty arrays
-- error: not enough memory
return #cmsgpack.unpack('\221\0\255\255\255' .. ('\144'):rep(2^24))

-- # MessagePack, limits out of range
-- reply: ^4$
local failed = 0
for _, f in ipairs({
  function() return cmsgpack.unpack_limit('\1', -1) end,
  function() return cmsgpack.unpack_limit('\1', 1, -1) end,
  function() return cmsgpack.unpack_one('\1', 1e9) end,
  function() return cmsgpack.unpack_limit(('\1'):rep(1e5), 2^31 - 1, 0) end,
}) do
  if not pcall(f) then failed = failed + 1 end
end
return failed

-- # MessagePack, one after the other of many
-- endless
local s = ('\1'):rep(1e7)
local at = 0
while true do at = cmsgpack.unpack_one(s, at) % 1e7 end

-- # struct with sizes of two gigabytes
-- error: integral size
return struct.pack('i2147483648', 1)

-- # struct with a size of characters
-- error: string too short
return struct.pack('c2147483647', 'x')

-- # struct that reads a size of characters
-- error: data string too short
return struct.unpack('c2147483647', 'x')

-- # struct with an alignment of a gigabyte
-- error: number expected, got nil
return #struct.pack('!1073741824' .. ('bi32'):rep(1e5), 1)

-- # struct of a million numbers that are not there
-- error: bad argument
return struct.pack(('d'):rep(1e6), 1)

-- # struct of a million zeros
-- reply: ^10000000$
return #struct.pack(('x'):rep(1e7))

-- # struct with a million results
-- error: too many results
return struct.unpack(('b'):rep(1e6), ('x'):rep(1e6))

-- # struct with a size read from the data
-- reply: ^$
return struct.unpack('dc0', struct.pack('d', 1e300))

-- # struct with a negative offset
-- error: data string too short
return struct.unpack('i', 'xxxx', -2^31)

-- # struct, the size of much, in a loop
-- endless
local s = ('i'):rep(1e7)
while true do struct.size(s) end

-- # struct, the size of what has none, in a loop
-- endless
local s = ('i'):rep(1e7) .. 's'
while true do pcall(struct.size, s) end

-- # struct, a string that never ends, in a loop
-- endless
local s = ('x'):rep(1e8)
while true do pcall(struct.unpack, 's', s) end

-- # struct, sizes that overflow
-- reply: ^fine$
pcall(struct.size, ('c2147483647'):rep(1e6))
pcall(struct.unpack, ('c2147483647'):rep(1e5), 'x')
return 'fine'

-- # bits of everything
-- reply: ^fine$
for _, x in ipairs({0 / 0, 1 / 0, -1 / 0, 2^53, 1e300, -1e300}) do
  bit.tobit(x) bit.bnot(x) bit.lshift(x, x) bit.rol(1, x) bit.tohex(x, x)
end
bit.band(unpack((function() local t = {} for i = 1, 7000 do t[i] = i end return t end)()))
return 'fine'
