-- Adds a job and returns its number.
-- KEYS: the jobs that wait, all jobs; ARGV: what is to be done
local id = redis.call('HINCRBY', KEYS[2], 'last', 1)
redis.call('HSET', KEYS[2], id, ARGV[1])
redis.call('LPUSH', KEYS[1], id)
return id
