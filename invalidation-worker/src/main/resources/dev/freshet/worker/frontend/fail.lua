-- fail: a call was not confirmed; everything stays owed and the instance is left alone for a while. Only with the lease,
-- so sent twice it counts once.
-- KEYS[1] state (hash)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] token  ARGV[3] how long in ms  ARGV[4] error  ARGV[5] 1 when a
-- person must mend it, else 0
-- returns how many calls failed in a row, 0 when the lease is no longer ours
if redis.call('HGET', KEYS[1], 'by') ~= ARGV[2] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
redis.call('HDEL', KEYS[1], 'by', 'until', 'at')
redis.call('HSET', KEYS[1], 'rest', now + ARGV[3], 'error', ARGV[4], 'fault', ARGV[5])
return redis.call('HINCRBY', KEYS[1], 'failures', 1)
