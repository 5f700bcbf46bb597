-- fill: store a loaded value, if the lease is ours and no epoch moved since begin; gives the lease back in any case.
-- Sent twice, it finds its token in front of the entry and answers as before.
-- KEYS[1] entry  KEYS[2] lease  KEYS[3..2+n] epochs  KEYS[3+n..2+2n] indexes (sorted sets: key by expiry)
-- ARGV[1] token  ARGV[2] entry lifetime ms  ARGV[3] entry  ARGV[4] the cache's key  ARGV[5] index lifetime ms  ARGV[6..] epochs
-- returns 1 stored, 0 refused
local held = redis.call('GET', KEYS[2])
local mine = held and string.sub(held, 1, #ARGV[1] + 1) == ARGV[1] .. '|'
if mine then redis.call('UNLINK', KEYS[2]) end
local n = #ARGV - 5
for i = 1, n do
    if redis.call('GET', KEYS[2 + i]) ~= ARGV[5 + i] then return 0 end
end
if not mine then
    return redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) == ARGV[1] and 1 or 0
end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 3 + n, 2 + 2 * n do
    redis.call('ZADD', KEYS[i], now + ARGV[2], ARGV[4])
    redis.call('PEXPIRE', KEYS[i], ARGV[5])
    local expired = redis.call('ZRANGEBYSCORE', KEYS[i], '-inf', now, 'LIMIT', 0, 10)
    if #expired > 0 then redis.call('ZREM', KEYS[i], unpack(expired)) end
end
return 1
