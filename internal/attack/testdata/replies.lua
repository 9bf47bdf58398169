-- # what shares, doubled forty times
-- error: not enough memory
local t = {}
for i = 1, 40 do t = {t, t} end
return t

-- # what shares, doubled forty times, as maps
-- error: not enough memory
redis.setresp(3)
local t = {}
for i = 1, 40 do t = {map = {a = t, b = t}} end
return t

-- # what shares, doubled forty times, as sets
-- error: not enough memory
redis.setresp(3)
local t = {}
for i = 1, 40 do t = {set = {[t] = true, [{t}] = true}} end
return t

-- # itself
-- reply: ^\[\[\[
local t = {}
t[1] = t
return t

-- # itself, twice
-- error: not enough memory|lua stack limit
local t = {}
t[1], t[2] = t, t
return t

-- # itself and much else
-- error: not enough memory
local t = {}
for i = 1, 4e6 do t[i] = 1 end
t[1] = t
return t

-- # a border far beyond what there is
-- reply: ^\[1 1\]$
local t = {}
for i = 0, 29 do t[2^i] = 1 end
return t

-- # a border in the array far beyond what there is
-- reply: ^\[1\]$
local t = {}
for i = 1, 1e6 do t[i] = 1 end
for i = 2, 1e6 - 1 do t[i] = nil end
return t

-- # deep
-- reply: ^\[\[\[
local t = {}
for i = 1, 1e5 do t = {t} end
return t

-- # deep, as maps
-- reply: ^map
redis.setresp(3)
local t = {}
for i = 1, 1e5 do t = {map = {x = t}} end
return t

-- # ten million elements
-- error: not enough memory
local t = {}
for i = 1, 1e7 do t[i] = 1 end
return t

-- # a million elements
-- reply: ^\[1 1 1 1 1
local t = {}
for i = 1, 1e6 do t[i] = 1 end
return t

-- # a long string, many times
-- reply: ^\[x+ x
local t, s = {}, ('x'):rep(1000)
for i = 1, 1000 do t[i] = s end
return t

-- # a long string, very many times
-- reply: ^\[\[x+ x
local t, s = {}, ('x'):rep(1000)
for i = 1, 1000 do t[i] = s end
return {t, t, t, t, t, t, t, t}

-- # a long status
-- reply: ^x{1000}
return {ok = ('x'):rep(1e7)}

-- # a long error
-- error: ^x
return {err = ('x'):rep(1e7)}

-- # many long errors
-- error: not enough memory
local t, s = {}, ('x'):rep(1e6)
for i = 1, 1e4 do t[i] = {ok = s} end
return t

-- # fields of other types
-- reply: ^\[\]$
return {err = {}, ok = 1, double = 'x', map = 1, set = 'x', big_number = {}, verbatim_string = 1}

-- # fields that are missing
-- reply: ^fine$
redis.setresp(3)
local t = {{map = {}}, {set = {}}, {verbatim_string = {}}, {verbatim_string = {string = 1, format = {}}}, {double = 0 / 0}, {big_number = ('9'):rep(1e5)}}
return 'fine'

-- # odd values in a map
-- reply: ^map
redis.setresp(3)
return {map = {[{}] = 1, [1.5] = {}, [true] = tostring, [tostring] = true}}

-- # fields with __index
-- reply: ^\[\]$
return setmetatable({}, {__index = function() while true do end end})

-- # lines in errors and statuses
-- reply: ^a b  c$
return redis.status_reply('a\nb\r\nc')

-- # error replies with odd arguments
-- error: wrong number or type of arguments
return redis.error_reply({})

-- # an error reply of line breaks
-- error: ^
return redis.error_reply(('\r\n'):rep(1e6))

-- # values that are no reply
-- reply: ^<nil>$
return coroutine.create(function() end)

-- # functions in a reply
-- reply: ^\[<nil> <nil> 1\]$
return {tostring, function() end, 1}

-- # many results
-- reply: ^<nil>$
return unpack({}, 1, 7000)
