-- status: one moment of the whole queue, in which the places and the counts add up. Reads only.
-- KEYS 1 ready  2 claims  3 suspect  4 retry  5 replay  6 dead  7 counts  8 paused  9 claim: (beginning of its keys)
--      10 window
-- ARGV 1 clock offset ms
-- returns {ready, claimed, suspect, retry, replay, dead, counts, now in ms, oldest ready job without body or nil, pause
--         reason or nil, how many ids are known}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local claimed = 0
for _, claim in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  claimed = claimed + redis.call('LLEN', KEYS[9] .. claim)
end
local ids = redis.call('HMGET', KEYS[10], 'ids', 'before')
local oldest = redis.call('LINDEX', KEYS[1], -1)
return {
  redis.call('LLEN', KEYS[1]), claimed, redis.call('LLEN', KEYS[3]), redis.call('ZCARD', KEYS[4]),
  redis.call('LLEN', KEYS[5]), redis.call('HLEN', KEYS[6]), redis.call('HGETALL', KEYS[7]), now,
  oldest and string.match(oldest, '^[^\n]*\n[^\n]*\n') or false, redis.call('GET', KEYS[8]),
  (ids[1] or 0) + (ids[2] or 0)
}
