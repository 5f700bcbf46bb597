-- tick: what passing time does to a partition: retries that are due and replays, at the pace asked for, go to ready,
-- whichever and however many processes call. Of replays a pause saves up at most one second's worth. Sent twice, the
-- second moves only what the time between allows.
-- KEYS 1 retry  2 ready  3 replay  4 replay:pace (hash: rate per second; at, up to when jobs were let in)  5 claims
--      6 suspect
-- ARGV 1 clock offset ms  2 most retries and most replays  3 most claims
-- returns {how many retries were moved, how many replays, claims past their deadline, the longest expired first, 1 when
--         a claim would find something}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
if #due > 0 then
  redis.call('ZREM', KEYS[1], unpack(due)) -- first, so that a full Redis lets the next write pass
  redis.call('LPUSH', KEYS[2], unpack(due))
end
local replays = math.min(tonumber(ARGV[2]), redis.call('LLEN', KEYS[3]))
if replays > 0 then
  local rate = tonumber(redis.call('HGET', KEYS[4], 'rate') or 100)
  local at = math.max(tonumber(redis.call('HGET', KEYS[4], 'at') or 0), now - math.max(1000, 1000 / rate))
  replays = math.max(0, math.min(math.floor((now - at) * rate / 1000), replays))
  for _ = 1, replays do redis.call('LPUSH', KEYS[2], redis.call('RPOP', KEYS[3])) end -- LMOVE is refused when full
  if replays > 0 then redis.call('HSET', KEYS[4], 'at', string.format('%.3f', at + replays * 1000 / rate)) end
end
local expired = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', now, 'LIMIT', 0, ARGV[3])
return {#due, replays, expired, math.min(1, redis.call('EXISTS', KEYS[2], KEYS[6]))}
