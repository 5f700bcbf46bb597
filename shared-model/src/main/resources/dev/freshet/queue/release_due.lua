-- release_due: move the retries that are due to ready. Sent twice, it moves only what is due by then.
-- KEYS 1 retry  2 ready   ARGV 1 clock offset ms  2 most jobs
-- returns how many were moved
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
if #due > 0 then
  redis.call('ZREM', KEYS[1], unpack(due))
  redis.call('LPUSH', KEYS[2], unpack(due))
end
return #due
