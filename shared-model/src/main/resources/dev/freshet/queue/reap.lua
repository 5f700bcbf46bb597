-- reap: end a claim whose lease ran out. Its jobs become suspects and gain a crash each; one that was alone in it, as
-- suspects are, is buried as poison at too many of them. Sent twice, it does nothing the second time.
-- KEYS 1 claims  2 the claim's list  3 suspect  4 crashes  5 dead  6 dead:at  7 awaited  8 counts
-- ARGV 1 clock offset ms  2 claim  3 crashes that bury  4 id of the job if it is alone, or ''  5 its form as dead letter
-- returns how many jobs left the claim, 0 when its worker or another reaper was faster
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local deadline, id = redis.call('ZSCORE', KEYS[1], ARGV[2]), ARGV[4]
if not deadline or tonumber(deadline) > now then return 0 end
redis.call('ZREM', KEYS[1], ARGV[2])
local jobs = redis.call('LLEN', KEYS[2])
if id == '' or redis.call('HINCRBY', KEYS[4], id, 1) < tonumber(ARGV[3]) then
  for _ = 1, jobs do
    local job = redis.call('LMOVE', KEYS[2], KEYS[3], 'LEFT', 'LEFT')
    local name = jobs > 1 and string.match(job, '^([^\n]*)\n')
    if name then redis.call('HINCRBY', KEYS[4], name, 1) end
  end
  return jobs
end
redis.call('HINCRBY', KEYS[8], 'bytes', -#(redis.call('LPOP', KEYS[2]) or ''))
redis.call('HDEL', KEYS[4], id)
redis.call('HINCRBY', KEYS[8], redis.call('HSET', KEYS[5], id, ARGV[5]) == 1 and 'dead' or 'discarded', 1)
redis.call('ZADD', KEYS[6], now, id)
if redis.call('HEXISTS', KEYS[7], id) == 1 then redis.call('HSET', KEYS[7], id, 'dead') end
return jobs
