-- replay: move dead letters onto their way back. Sent twice, it finds none of them the second time.
-- KEYS 1 dead  2 dead:at  3 replay  4 awaited  5 counts  6 replay:pace
-- ARGV 1 rate per second, then three for each letter: id, the letter as it was read, its form as a job to do
-- returns how many were moved; a letter that changed or went meanwhile is not
local moved, bytes = 0, 0
redis.call('HSET', KEYS[6], 'rate', ARGV[1])
for i = 2, #ARGV, 3 do
  local id = ARGV[i]
  if redis.call('HGET', KEYS[1], id) == ARGV[i + 1] then
    redis.call('HDEL', KEYS[1], id)
    redis.call('ZREM', KEYS[2], id)
    redis.call('LPUSH', KEYS[3], ARGV[i + 2])
    if redis.call('HEXISTS', KEYS[4], id) == 1 then redis.call('HSET', KEYS[4], id, 'queued') end
    moved, bytes = moved + 1, bytes + #ARGV[i + 2]
  end
end
if moved > 0 then redis.call('HINCRBY', KEYS[5], 'dead', -moved) redis.call('HINCRBY', KEYS[5], 'bytes', bytes) end
return moved
