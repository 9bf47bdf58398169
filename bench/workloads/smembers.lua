return #redis.call('SMEMBERS', KEYS[1])
