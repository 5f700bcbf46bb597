-- join: these instances are there now. One that is new owes everything, and makes whoever knows the others look again.
-- Sent twice, it finds them there. Without names it only reads.
-- KEYS[1] numbers (counter)  KEYS[2] generation  KEYS[3] instances (zset), then for each name: owed (zset), counters (hash)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] the next generation, never used before  ARGV[3..] names
-- returns {generation, name, ...} of all instances
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
redis.call('ZREM', KEYS[3], '') -- takes no memory, and a full Redis lets the next writes pass
for i = 3, #ARGV do
  if not redis.call('ZSCORE', KEYS[3], ARGV[i]) then
    local owed, counters = KEYS[i * 2 - 2], KEYS[i * 2 - 1]
    redis.call('UNLINK', owed, counters)
    redis.call('ZADD', owed, now, 'e:')
    redis.call('HSET', counters, 'e:', redis.call('INCR', KEYS[1]) .. ' ' .. string.format('%.0f', now) .. ' ')
    redis.call('SET', KEYS[2], ARGV[2])
  end
  redis.call('ZADD', KEYS[3], now, ARGV[i])
end
return {redis.call('GET', KEYS[2]) or '', unpack(redis.call('ZRANGE', KEYS[3], 0, -1))}
