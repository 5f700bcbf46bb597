-- workers: the beats of the workers heard of lately. Reads only.
-- KEYS 1 workers (hash)  2 workers:at (zset)   ARGV 1 clock offset ms  2 how far back, ms
-- returns the beats
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local names = redis.call('ZRANGEBYSCORE', KEYS[2], now - ARGV[2], '+inf')
if #names == 0 then return {} end
return redis.call('HMGET', KEYS[1], unpack(names))
