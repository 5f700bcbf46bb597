-- enqueue_dead: accept a delivery that nobody can read, straight into the dead letters. Sent twice, the second answers
-- 'duplicate'. A letter of the same id, older than the seen windows, is replaced and counted as discarded.
-- KEYS 1 dead  2 dead:at  3 seen (beginning of its keys)  4 awaited  5 counts  6 window, as in enqueue
-- ARGV 1 clock offset ms  2 seen window ms  3 most dead letters  4 ids after which a window ends  5 seen bucket  6 digest
--      7 awaited or ''  8 id  9 letter
-- returns 'accepted', 'duplicate' or 'full'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local w = redis.call('HMGET', KEYS[6], 'number', 'since', 'ids', 'before')
local window, since, ids, before = tonumber(w[1] or 0), tonumber(w[2] or 0), tonumber(w[3] or 0), w[4] or 0
if now >= since + 2 * ARGV[2] then window, since, ids, before = window + 2, now, 0, 0
elseif now >= since + ARGV[2] or ids >= tonumber(ARGV[4]) then window, since, ids, before = window + 1, now, 0, ids end
local seen = KEYS[3] .. window .. ':' .. ARGV[5]
if redis.call('SISMEMBER', KEYS[3] .. (window - 1) .. ':' .. ARGV[5], ARGV[6]) == 1
  or redis.call('SISMEMBER', seen, ARGV[6]) == 1 then return 'duplicate' end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 'full' end
redis.call('SADD', seen, ARGV[6])
redis.call('PEXPIREAT', seen, since + 2 * ARGV[2])
redis.call('UNLINK', KEYS[3] .. (window - 2) .. ':' .. ARGV[5])
redis.call('HSET', KEYS[6], 'number', window, 'since', since, 'ids', ids + 1, 'before', before)
redis.call('HINCRBY', KEYS[5], 'accepted', 1)
redis.call('HINCRBY', KEYS[5], redis.call('HSET', KEYS[1], ARGV[8], ARGV[9]) == 1 and 'dead' or 'discarded', 1)
redis.call('ZADD', KEYS[2], now, ARGV[8])
if ARGV[7] ~= '' then redis.call('HSET', KEYS[4], ARGV[8], 'dead') end
return 'accepted'
