local key = KEYS [ 1 ]
local limit = tonumber ( ARGV [ 1 ] )
if current == 1 then
  redis . call ( 'EXPIRE' , key , window )
elseif current > limit then
  return 0
else return 1 end
--
local function f ( a , b , ... )
  local t = { a , b ; x = 1 , [ "y" ] = 2 , ... }
  for i = 1 , # t do t [ i ] = t [ i ] + 1 end
  for k , v in pairs ( t ) do print ( k , v ) end
  return t , select ( '#' , ... )
end
--
while true do
  local x = x and y or not z
  if x then break end
  repeat local n = n - 1 until n < 0
end
return
--
a . b . c , d [ 1 ] = f { 1 } , g "s" . h : m ( 2 )
local s = "a" .. 1 .. 'b' ^ 2 % 3
do local u end ;
function t . a . b : c ( x ) return - x end
--
return function ( ... ) return ... , # "x" , - 2 ^ 2 , ( a + b ) * c end
--
local x <= 5 if ( f ( x ) ) then goto = 1 end x . goto = 2 return
