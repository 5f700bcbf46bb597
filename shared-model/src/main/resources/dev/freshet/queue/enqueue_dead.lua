-- enqueue_dead: accept a delivery that nobody can read, straight into the dead letters. Sent twice, the second answers
-- 'duplicate'. A letter of the same id, older than the seen windows, is replaced and counted as discarded.
-- KEYS 1 dead  2 dead:at  3 seen (beginning of its keys)  4 awaited  5 counts
-- ARGV 1 clock offset ms  2 seen window ms  3 most dead letters  4 seen bucket  5 digest  6 awaited or ''  7 id  8 letter
-- returns 'accepted', 'duplicate' or 'full'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local window = math.floor(now / ARGV[2])
local seen = KEYS[3] .. window .. ':' .. ARGV[4]
if redis.call('SISMEMBER', KEYS[3] .. (window - 1) .. ':' .. ARGV[4], ARGV[5]) == 1
  or redis.call('SISMEMBER', seen, ARGV[5]) == 1 then return 'duplicate' end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 'full' end
redis.call('SADD', seen, ARGV[5])
redis.call('PEXPIREAT', seen, (window + 2) * ARGV[2])
redis.call('HINCRBY', KEYS[5], 'accepted', 1)
redis.call('HINCRBY', KEYS[5], redis.call('HSET', KEYS[1], ARGV[7], ARGV[8]) == 1 and 'dead' or 'discarded', 1)
redis.call('ZADD', KEYS[2], now, ARGV[7])
if ARGV[6] ~= '' then redis.call('HSET', KEYS[4], ARGV[7], 'dead') end
return 'accepted'
