-- Removes a job that is done; 0 if it was not the worker's any more.
-- KEYS: all jobs, those that are taken;
-- ARGV: the number, and until when the worker had the job
if redis.call('ZSCORE', KEYS[2], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])
