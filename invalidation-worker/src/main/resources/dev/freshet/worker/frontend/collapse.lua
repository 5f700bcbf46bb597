-- collapse: an instance that is owed too many members is owed everything instead. Sent twice, it finds few.
-- KEYS[1] numbers (counter)  KEYS[2] owed (zset)  KEYS[3] counters (hash)
-- ARGV[1] members at most
-- returns how many there were, 0 when they were few enough
local owed = redis.call('ZCARD', KEYS[2])
if owed <= tonumber(ARGV[1]) then return 0 end
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
redis.call('UNLINK', KEYS[2], KEYS[3])
redis.call('ZADD', KEYS[2], first, 'e:')
redis.call('HSET', KEYS[3], 'e:', redis.call('INCR', KEYS[1]) .. ' ' .. first .. ' ')
return owed
