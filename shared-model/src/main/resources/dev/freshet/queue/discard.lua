-- discard: forget dead letters for good. Sent twice, it finds none of them the second time.
-- KEYS 1 dead  2 dead:at  3 awaited  4 counts   ARGV ids
-- returns how many there were
local gone = 0
for _, id in ipairs(ARGV) do
  gone = gone + redis.call('HDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
  if redis.call('HGET', KEYS[3], id) == 'dead' then redis.call('HDEL', KEYS[3], id) end
end
if gone > 0 then
  redis.call('HINCRBY', KEYS[4], 'dead', -gone)
  redis.call('HINCRBY', KEYS[4], 'discarded', gone)
end
return gone
