-- Gives the next job to a worker: its number, until when the worker has it, and
-- what is to be done. Jobs that were taken and not done in time come first.
-- KEYS: the jobs that wait, all jobs, those that are taken;
-- ARGV: the milliseconds that a worker has
local waiting, jobs, taken = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for _, id in ipairs(redis.call('ZRANGE', taken, '-inf', now, 'BYSCORE')) do
  redis.call('ZREM', taken, id)
  redis.call('RPUSH', waiting, id)
end
local id = redis.call('RPOP', waiting)
if not id then
  return false
end
local deadline = tostring(now + ARGV[1])
redis.call('ZADD', taken, deadline, id)
return {id, deadline, redis.call('HGET', jobs, id)}
