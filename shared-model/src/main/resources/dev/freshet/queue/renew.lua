-- renew: move a lease's deadline, never back and never for a claim that was reaped or settled. Sent twice, the deadline
-- counts from the second time.
-- KEYS 1 claims   ARGV 1 clock offset ms  2 claim  3 lease ms
-- returns 1, or 0 when there is no such claim any more
local deadline = redis.call('ZSCORE', KEYS[1], ARGV[2])
if not deadline then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
redis.call('ZREM', KEYS[1], ARGV[2]) -- first, so that a full Redis lets the next write pass
redis.call('ZADD', KEYS[1], math.max(now + ARGV[3], deadline), ARGV[2])
return 1
