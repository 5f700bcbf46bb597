-- release_replays: let replayed jobs into ready at the pace asked for, whichever and however many processes call. A
-- pause saves up at most one second's worth. Sent twice, the second adds only what the time between allows.
-- KEYS 1 replay  2 ready  3 replay:pace (hash: rate per second; at, up to when jobs were let in)
-- ARGV 1 clock offset ms  2 most jobs
-- returns how many were moved
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local rate = tonumber(redis.call('HGET', KEYS[3], 'rate') or 100)
local at = math.max(tonumber(redis.call('HGET', KEYS[3], 'at') or 0), now - math.max(1000, 1000 / rate))
local jobs = math.min(math.floor((now - at) * rate / 1000), tonumber(ARGV[2]), redis.call('LLEN', KEYS[1]))
if jobs < 1 then return 0 end
for _ = 1, jobs do redis.call('LPUSH', KEYS[2], redis.call('RPOP', KEYS[1])) end -- not LMOVE, which a full Redis refuses
redis.call('HSET', KEYS[3], 'at', string.format('%.3f', at + jobs * 1000 / rate))
return jobs
