-- beat: note that a worker lives, and forget those that have not been heard of for long. Sent twice, it notes it twice.
-- KEYS 1 workers (hash)  2 workers:at (zset)   ARGV 1 clock offset ms  2 worker  3 its beat  4 ms until it is forgotten
-- returns how many were forgotten
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
redis.call('HDEL', KEYS[1], ARGV[2]) -- first, so that a full Redis lets the next writes pass
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[2], now, ARGV[2])
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[4])
for _, worker in ipairs(gone) do redis.call('HDEL', KEYS[1], worker) redis.call('ZREM', KEYS[2], worker) end
return #gone
