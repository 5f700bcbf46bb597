-- unclaim: give back the jobs of a claim, untouched and in order, if its lease is still ours. No crash is counted. Sent
-- twice, it does nothing the second time.
-- KEYS 1 claims  2 the claim's list  3 where the jobs go: ready or suspect   ARGV 1 claim  2 its first job
-- returns how many jobs went back, 0 when the claim is not ours any more
if redis.call('LINDEX', KEYS[2], 0) ~= ARGV[2] or redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
local jobs = redis.call('LLEN', KEYS[2])
for _ = 1, jobs do redis.call('LMOVE', KEYS[2], KEYS[3], 'RIGHT', 'RIGHT') end
return jobs
