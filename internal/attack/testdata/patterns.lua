-- # as many as possible, four times
-- endless
return ('a'):rep(1e5):find('a*a*a*a*b')

-- # as few as possible, ten times
-- endless
return ('a'):rep(1e5):find(('.-'):rep(10) .. 'b')

-- # optional bytes before the same bytes
-- endless
return ('a'):rep(60):find(('a?'):rep(60) .. ('a'):rep(60) .. 'b')

-- # nested captures of as few as possible
-- endless
return ('a'):rep(1e5):find('(((.-)(.-))((.-)(.-)))b')

-- # captures that must come again
-- endless
return ('a'):rep(1e6):find('(.*)%1b')

-- # captures that must come again and again
-- endless
return ('ab'):rep(1e5):find('(.-)(.-)%1%2%2%1c')

-- # balanced brackets that are not
-- endless
return ('('):rep(1e6):find('%b()')

-- # balanced brackets with the same sign
-- reply: ^<nil>$
return (('x'):rep(1e6 + 1):match('^%bxx%bxy'))

-- # a frontier that never comes
-- endless
return ('a'):rep(1e5):find('.-.-.-%f[b]')

-- # a frontier of what is nothing
-- reply: ^<nil>$
return (('a'):rep(1e6):match('^.-%f[^%z\1-\255a]'))

-- # many sets
-- endless
return ('a'):rep(1e5):find(('[^b]*'):rep(100) .. 'b')

-- # a hundred thousand optional items
-- reply: ^1$
return (('a'):find(('a?'):rep(1e5)))

-- # a hundred thousand sets, in a loop
-- endless
local p = ('[a-z]?'):rep(1e5)
while true do ('a'):find(p) end

-- # a million items
-- endless
return ('a'):rep(1e6):find(('.'):rep(5e5) .. 'b')

-- # ten million items
-- error: not enough memory|too many instructions
return (('a'):rep(1e7):find(('[a]'):rep(1e7)))

-- # a set of a million bytes
-- reply: ^1$
return (('a'):find('[' .. ('a'):rep(1e6) .. ']'))

-- # a set that never ends
-- error: malformed pattern \(missing ']'\)
return ('a'):find('[' .. ('a'):rep(1e7))

-- # too many captures
-- error: too many captures
return ('a'):rep(1e5):find(('(a)'):rep(1e5))

-- # captures that never end
-- error: unfinished capture
return ('a'):rep(1e5):find(('(a'):rep(32))

-- # captures that never begin
-- error: invalid pattern capture
return ('a'):find('.' .. (')'):rep(1e6))

-- # a capture within itself
-- error: invalid capture index
return ('a'):rep(1e6):find('(a*%1)')

-- # patterns that end too early
-- reply: ^5$
local failed = 0
for _, p in ipairs({'%', '%b', '%bx', '%f', '[%'}) do
  if not pcall(string.find, 'x', p) then failed = failed + 1 end
end
return failed

-- # 32 captures of almost half of a long string
-- error: not enough memory
local s = ('x'):rep(4e7) .. 'y' .. ('x'):rep(4e7) .. 'zz'
return #s:match(('('):rep(32) .. 'x*' .. (')'):rep(32) .. 'y')

-- # gsub by a long text
-- error: not enough memory
return #('x'):rep(1e6):gsub('x', ('y'):rep(1e6))

-- # gsub by a function that returns a long text
-- error: not enough memory
return #('x'):rep(1e6):gsub('x', function() return ('y'):rep(1e6) end)

-- # gsub by a table that has a long text
-- error: not enough memory
return #('x'):rep(1e6):gsub('x', {x = ('y'):rep(1e6)})

-- # gsub by the match, many times
-- error: not enough memory
return #('x'):rep(1e6):gsub('x+', ('%0'):rep(1e5))

-- # gsub by captures of nothing, many times
-- endless
return #('x'):rep(1e5):gsub('()', ('%%'):rep(1e6)), #('x'):rep(1e6):gsub('(y?)', ('%1'):rep(1e6))

-- # gsub of every byte
-- reply: ^0$
return #('x'):rep(1e7):gsub('.', '')

-- # gsub of every byte of a long string, in a loop
-- endless
local s = ('x'):rep(1e8)
while true do s:gsub('.', '') end

-- # gsub of nothing
-- reply: ^4000001$
return #('x'):rep(2e6):gsub('', '-')

-- # gsub in gsub in gsub
-- endless
local s = ('x'):rep(1000)
return s:gsub('x', function() return (s:gsub('x', function() return (s:gsub('x', function() return 'y' end)) end)) end)

-- # gsub of itself, for ever
-- error: C stack overflow|error in error handling
local function f(s) return (s:gsub('.', f)) end
return f('x')

-- # gsub by a value that is none
-- error: invalid replacement value \(a table\)
return ('x'):gsub('x', function() return {} end)

-- # gsub by a table that asks itself
-- error: C stack overflow
local t = setmetatable({}, {})
getmetatable(t).__index = function(_, k) return (k:gsub('.', t)) end
return ('x'):gsub('.', t)

-- # gmatch that never ends
-- endless
while true do
  for word in ('x'):rep(1e6):gmatch('x-') do end
end

-- # gmatch with what never matches
-- endless
for word in ('a'):rep(1e6):gmatch('a-a-a-b') do end

-- # many iterators of gmatch, kept
-- error: not enough memory
local t = {}
for i = 1, 1e6 do t[i] = (('x'):rep(1e5) .. i):gmatch('x') end

-- # gmatch with a long pattern
-- endless
for word in ('a'):rep(1e6):gmatch(('a?'):rep(1e5)) do end

-- # find with an index out of range
-- reply: ^1$
return (('abc'):find('', -2^53)), (('abc'):find('', 2^53)), (('abc'):find('a', 0 / 0))

-- # patterns with zero bytes
-- reply: ^1$
return (('\0\0\0'):rep(1e5):find('%z*\0[\0]'))
