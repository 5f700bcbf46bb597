-- forget: an instance that nobody has seen for long is no more; should it come again, it owes everything. Sent twice, it
-- finds nothing the second time.
-- KEYS[1] generation  KEYS[2] instances (zset)  KEYS[3] owed (zset)  KEYS[4] counters (hash)  KEYS[5] state (hash)
-- KEYS[6..8] what is to be proven
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] the next generation  ARGV[3] name  ARGV[4] for how long in ms
-- returns how many members it was owed, -1 when it was seen since
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local seen = redis.call('ZSCORE', KEYS[2], ARGV[3])
if not seen or now - seen < tonumber(ARGV[4]) then return -1 end
local owed = redis.call('ZCARD', KEYS[3])
redis.call('ZREM', KEYS[2], ARGV[3])
redis.call('UNLINK', unpack(KEYS, 3))
redis.call('SET', KEYS[1], ARGV[2])
return owed
