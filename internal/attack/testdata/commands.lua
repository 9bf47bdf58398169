-- # without a name
-- error: Please specify at least one argument
return redis.call()

-- # that do not exist
-- error: Unknown Redis command
return redis.call(('x'):rep(1e7))

-- # with arguments that are none
-- error: must be strings or integers
return redis.call('SET', 'k', {})

-- # with deep arguments
-- error: must be strings or integers
local t = {}
for i = 1, 1e5 do t = {t} end
return redis.call('SET', 'k', t)

-- # with many arguments
-- reply: ^\[\d
local t = {}
for i = 1, 7000 do t[i] = 'a' .. i end
return {redis.call('DEL', unpack(t)), redis.call('EXISTS', unpack(t))}

-- # with a million arguments
-- error: too many results to unpack
local t = {}
for i = 1, 1e6 do t[i] = 'a' .. i end
return redis.call('DEL', unpack(t))

-- # with a key of a hundred megabytes
-- reply: ^1$
local key = ('x'):rep(1e8)
redis.call('SET', key, 'v')
return redis.call('DEL', key)

-- # with a value of a hundred megabytes
-- reply: ^100000000$
redis.call('SET', 'a', ('x'):rep(1e8))
return redis.call('STRLEN', 'a')

-- # with a value that is too long for the script
-- error: not enough memory
redis.call('SET', 'a', ('x'):rep(3e8))

-- # with a long key, in a loop
-- endless
local key = ('x'):rep(1e8)
while true do redis.call('EXISTS', key) end

-- # with a long name, in a loop
-- endless
local name = ('x'):rep(1e8)
while true do redis.pcall(name) end

-- # in a loop
-- endless
while true do redis.call('SET', 'a', 'v') end

-- # that fail, in a loop
-- endless
while true do redis.pcall('SET') end

-- # that fail, caught
-- endless
while true do pcall(redis.call, 'SET') end

-- # that read a long value, in a loop
-- endless
redis.call('SETRANGE', 'a', 1e8, 'x')
while true do redis.call('GET', 'a') end

-- # that read almost half of a long value, in a loop
-- endless
redis.call('SETRANGE', 'a', 1e8, 'x')
while true do redis.call('GETRANGE', 'a', 0, 4e7) end

-- # APPEND of a value to itself
-- error: not enough memory
redis.call('SET', 'a', ('x'):rep(1000))
while true do redis.call('APPEND', 'a', redis.call('GET', 'a')) end

-- # APPEND of a third of a value
-- error: not enough memory
redis.call('SET', 'a', ('x'):rep(1000))
while true do redis.call('APPEND', 'a', redis.call('GETRANGE', 'a', 0, math.floor(redis.call('STRLEN', 'a') / 3))) end

-- # APPEND until nothing fits
-- error: not enough memory
local s = ('x'):rep(1e6)
while true do redis.call('APPEND', 'a', s) end

-- # SETRANGE a little further each time
-- error: not enough memory
local n = 0
while true do n = n + 1e6; redis.call('SETRANGE', 'a', n, 'x') end

-- # APPEND to one key
-- endless
local s = ('x'):rep(1e6)
while true do
  if redis.call('APPEND', 'a', s) > 2e8 then redis.call('DEL', 'a') end
end

-- # SETRANGE at the end
-- error: not enough memory
return redis.call('SETRANGE', 'a', 536870911, 'x')

-- # SETRANGE of a string that is removed, again and again
-- reply: ^100$
for i = 1, 100 do
  redis.call('SETRANGE', 'a', 1e7, 'x')
  redis.call('DEL', 'a')
  redis.call('APPEND', 'b', 'x')
end
return redis.call('STRLEN', 'b')

-- # SETRANGE beyond the end
-- error: string exceeds maximum allowed size
return redis.call('SETRANGE', 'a', 536870912, 'x')

-- # SETRANGE far beyond the end
-- error: string exceeds maximum allowed size
return redis.call('SETRANGE', 'a', '9223372036854775807', 'x')

-- # GETRANGE far out
-- reply: ^v$
return redis.call('GETRANGE', 'k', '-9223372036854775808', '9223372036854775807')

-- # MGET of one long value, many times
-- reply: ^7000$
redis.call('SET', 'a', ('x'):rep(1e4))
local t = {}
for i = 1, 7000 do t[i] = 'a' end
return #redis.call('MGET', unpack(t))

-- # MGET of one long value, very many times
-- reply: ^7000$
redis.call('SET', 'a', ('x'):rep(1e6))
local t = {}
for i = 1, 7000 do t[i] = 'a' end
return #redis.call('MGET', unpack(t))

-- # KEYS with many stars
-- endless
redis.call('SET', ('a'):rep(1e5), 'v')
while true do redis.call('KEYS', ('a*'):rep(1e4) .. 'b') end

-- # KEYS with many stars in a row
-- reply: ^\d+$
redis.call('SET', ('a'):rep(1e5), 'v')
return #redis.call('KEYS', ('*'):rep(1e6) .. 'b')

-- # KEYS with a long pattern after a star
-- reply: ^\[\]$
redis.call('SET', ('a'):rep(1e6), 'v')
return redis.call('KEYS', '*' .. ('a'):rep(5e5) .. 'b')

-- # KEYS with a long pattern after a star, and before another one
-- reply: ^\[\]$
redis.call('SET', ('a'):rep(1e6), 'v')
return redis.call('KEYS', '*' .. ('a'):rep(5e5) .. 'b*')

-- # KEYS with a long pattern that has anything in between
-- endless
redis.call('SET', ('a'):rep(2e6), 'v')
return redis.call('KEYS', '*' .. ('a?'):rep(4e5) .. 'b*')

-- # KEYS with many stars
-- reply: ^\[\]$
redis.call('SET', ('a'):rep(1e5), 'v')
return redis.call('KEYS', ('*a'):rep(5e4) .. 'b')

-- # KEYS with a long class
-- reply: ^\[\]$
redis.call('SET', ('a'):rep(1e6), 'v')
return redis.call('KEYS', '*[' .. ('b'):rep(1e6))

-- # KEYS with long classes
-- reply: ^\[\]$
redis.call('SET', ('a'):rep(1e6), 'v')
return redis.call('KEYS', '*' .. ('[' .. ('b'):rep(1e5) .. ']?'):rep(5) .. '*')

-- # SCAN with many stars
-- endless
redis.call('SET', ('a'):rep(1e5), 'v')
while true do redis.call('SCAN', 0, 'MATCH', ('a*'):rep(1e4) .. 'b', 'COUNT', 1e9) end

-- # KEYS of many keys, in a loop
-- endless
for i = 1, 2e4 do redis.call('SET', 'a' .. i, 'v') end
while true do redis.call('KEYS', '*') end

-- # LCS of long strings
-- error: transient memory for LCS exceeds|not enough memory
redis.call('SET', 'a', ('ab'):rep(1e5))
redis.call('SET', 'b', ('ba'):rep(1e5))
return redis.call('LCS', 'a', 'b')

-- # LCS of strings that are just short enough
-- error: not enough memory
redis.call('SET', 'a', ('ab'):rep(5700))
redis.call('SET', 'b', ('ba'):rep(5700))
return #redis.call('LCS', 'a', 'b')

-- # LCS in a loop
-- endless
redis.call('SET', 'a', ('ab'):rep(2000))
redis.call('SET', 'b', ('ba'):rep(2000))
while true do redis.call('LCS', 'a', 'b', 'IDX') end

-- # COPY of a long value, in a loop
-- endless
redis.call('SETRANGE', 'a', 5e7, 'x')
while true do redis.call('COPY', 'a', 'b', 'REPLACE') end

-- # INCR of what is no number
-- error: not an integer
redis.call('SET', 'a', ('1'):rep(1e7))
return redis.call('INCR', 'a')

-- # INCRBYFLOAT of a long number
-- error: not a valid float
redis.call('SET', 'a', ('1'):rep(1e7))
return redis.call('INCRBYFLOAT', 'a', ('1'):rep(1e7))

-- # keys that are made for ever
-- endless
local i = 0
while true do
  i = i + 1
  redis.call('SET', 'a' .. i % 1e4, i)
end

-- # from coroutines, callbacks and metamethods
-- reply: ^\[v v v v v\]$
local function get() return redis.call('GET', 'k') end
local sorted
table.sort({2, 1}, function() sorted = get() return false end)
return {
  coroutine.wrap(get)(),
  (('x'):gsub('x', get)),
  sorted,
  setmetatable({}, {__index = get}).x,
  select(2, pcall(get)),
}

-- # that run scripts
-- error: not allowed from script
return redis.call('EVAL', 'return 1', 0)

-- # that change the script cache
-- error: not allowed from script
return redis.call('SCRIPT', 'FLUSH')

-- # that the caller must not
-- reply: ^[a-z]+$
for _, name in ipairs({'SELECT', 'MULTI', 'EXEC', 'WATCH', 'SUBSCRIBE', 'BLPOP', 'SHUTDOWN', 'DEBUG', 'CONFIG', 'CLIENT', 'MONITOR', 'SYNC', 'HELLO', 'RESET', 'QUIT', 'WAIT'}) do
  redis.pcall(name)
  redis.pcall(name, '0')
  redis.pcall(name, 'x', 'y')
end
redis.pcall('SELECT', 0)
return 'fine'

-- # with names of many words
-- reply: ^fine$
for _, name in ipairs({'COMMAND', 'OBJECT', 'SCRIPT', 'COMMAND|INFO', 'GET k', '', '\0', 'GET\0'}) do
  redis.pcall(name)
  redis.pcall(name, ('x'):rep(1e6))
  redis.pcall(name, 'INFO', ('x'):rep(1e6), '\0')
end
return 'fine'

-- # COMMAND in a loop
-- endless
while true do redis.call('COMMAND') end

-- # COMMAND DOCS and INFO of one command many times, in a loop
-- endless
local names = {}
for i = 1, 5000 do names[i] = 'XGROUP' end
while true do
  redis.pcall('COMMAND', 'DOCS', unpack(names))
  redis.pcall('COMMAND', 'INFO', unpack(names))
end

-- # sha1hex of a long string, in a loop
-- endless
local s = ('x'):rep(1e8)
while true do redis.sha1hex(s) end

-- # sha1hex of a number
-- reply: ^[0-9a-f]{40}$
return redis.sha1hex(1e300)

-- # log with a level that is none
-- error: Invalid debug level
redis.log(1e300, 'x')

-- # log with a long level
-- error: Invalid debug level
redis.log(('1'):rep(1e7), 'x')

-- # a long log
-- reply: ^fine$
redis.log(redis.LOG_DEBUG, ('x'):rep(1e7))
return 'fine'

-- # long logs, in a loop
-- endless
local s = ('x'):rep(1e7)
while true do redis.log(redis.LOG_WARNING, s) end

-- # logs of many values, in a loop
-- endless
while true do redis.log(redis.LOG_WARNING, unpack((function() local t = {} for i = 1, 7000 do t[i] = i end return t end)())) end

-- # error_reply of a long text, in a loop
-- endless
local s = ('x'):rep(5e7)
while true do redis.error_reply(s) redis.status_reply(s) end

-- # setresp with odd arguments
-- error: must be 2 or 3
redis.setresp(('1'):rep(1e6))

-- # acl_check_cmd in a loop
-- endless
local s = ('x'):rep(5e7)
while true do pcall(redis.acl_check_cmd, s, s, s) end

-- # a thousand copies of a hundred megabytes
-- error: not enough memory
redis.call('SETRANGE', 'a', 1e8, 'x')
for i = 1, 1000 do redis.call('COPY', 'a', 'a' .. i) end

-- # strings of ten megabytes in a list
-- error: not enough memory
for i = 1, 1000 do redis.call('RPUSH', 'l', ('x'):rep(1e7) .. i) end

-- # strings of ten megabytes in a hash
-- error: not enough memory
for i = 1, 1000 do redis.call('HSET', 'h', i, ('x'):rep(1e7) .. i) end

-- # strings of ten megabytes in keys
-- error: not enough memory
for i = 1, 1000 do redis.call('SET', 'k' .. i, ('x'):rep(1e7) .. i) end

-- # strings of ten megabytes in a stream
-- error: not enough memory
for i = 1, 1000 do redis.call('XADD', 's', '*', 'f', ('x'):rep(1e7) .. i) end

-- # members of ten megabytes
-- error: not enough memory
for i = 1, 1000 do redis.call('SADD', 's', ('x'):rep(1e7) .. i) redis.call('ZADD', 'z', i, ('x'):rep(1e7) .. i) end

-- # BITOP to many keys
-- error: not enough memory
redis.call('SETBIT', 'a', 8e8, 1)
for i = 1, 1000 do redis.call('BITOP', 'NOT', 'a' .. i, 'a') end

-- # SETBIT of many keys
-- error: not enough memory
for i = 1, 1000 do redis.call('SETBIT', 'a' .. i, 8e8, 1) end

-- # BITFIELD of many keys
-- error: not enough memory
for i = 1, 1000 do redis.call('BITFIELD', 'a' .. i, 'SET', 'u8', 8e8, 1) end

-- # SETRANGE of many keys
-- error: not enough memory
for i = 1, 1000 do redis.call('SETRANGE', 'a' .. i, 1e7, 'x') end

-- # APPEND to many keys
-- error: not enough memory
local s = ('x'):rep(1e7)
for i = 1, 1000 do redis.call('APPEND', 'a' .. i, s) redis.call('APPEND', 'a' .. i, s) end

-- # what sets, sorted sets and SORT store, in many keys
-- error: not enough memory
for i = 1, 1e4 do redis.call('ZADD', 'z', i, ('x'):rep(300) .. i) redis.call('SADD', 's', ('x'):rep(300) .. i) end
for i = 1, 1000 do
	redis.call('ZUNIONSTORE', 'u' .. i, 1, 'z')
	redis.call('ZRANGESTORE', 'r' .. i, 'z', 0, -1)
	redis.call('SUNIONSTORE', 'v' .. i, 's')
	redis.call('SORT', 'z', 'BY', 'nosort', 'STORE', 'l' .. i)
end

-- # copies of what was restored
-- error: not enough memory
redis.call('SET', 'a', ('x'):rep(1e7))
local d = redis.call('DUMP', 'a')
for i = 1, 1000 do redis.call('RESTORE', 'a' .. i, 0, d) end

-- # GEOSEARCHSTORE to many keys
-- error: not enough memory
for i = 1, 1e4 do redis.call('GEOADD', 'g', i / 1e5, 0, ('x'):rep(300) .. i) end
for i = 1, 1000 do redis.call('GEOSEARCHSTORE', 'h' .. i, 'g', 'FROMLONLAT', 0, 0, 'BYRADIUS', 9999, 'km') end

-- # what is stored again and again is stored once
-- reply: ^10000000$
for i = 1, 100 do redis.call('SET', 'a', ('x'):rep(1e7 - 3) .. (100 + i)) redis.call('COPY', 'a', 'b', 'REPLACE') end
return redis.call('STRLEN', 'a')

-- # a hundred megabytes of small things
-- reply: ^1000000$
for i = 1, 1e6 do redis.call('RPUSH', 'l', i) end
return redis.call('LLEN', 'l')
