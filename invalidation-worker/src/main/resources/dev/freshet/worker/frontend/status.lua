-- status: how an instance stands; changes nothing.
-- KEYS[1] owed (zset)  KEYS[2] state (hash)  KEYS[3] instances (zset)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] name
-- returns {owed, ms the oldest has been due, confirmed at in ms or -1, failures, fault, error, ms since it was seen}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or now
local s = redis.call('HMGET', KEYS[2], 'confirmed', 'failures', 'fault', 'error')
return {
  redis.call('ZCARD', KEYS[1]), math.max(0, now - first), tonumber(s[1] or -1), tonumber(s[2] or 0),
  tonumber(s[3] or 0), s[4] or '', now - (redis.call('ZSCORE', KEYS[3], ARGV[2]) or now)
}
