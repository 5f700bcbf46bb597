-- replay: move dead letters onto their way back. Sent twice, it finds none of them the second time.
-- KEYS 1 dead  2 dead:at  3 replay  4 awaited  5 counts  6 replay:pace
-- ARGV 1 rate per second, then four for each letter: id, its head as it was read, its head as a job to do, its body if
--      that was moved out of Redis, or ''
-- returns the ids that were moved; a letter that changed or went meanwhile is not
local moved, bytes = {}, 0
redis.call('HSET', KEYS[6], 'rate', ARGV[1])
for i = 2, #ARGV, 4 do
  local id, head = ARGV[i], ARGV[i + 1]
  local letter = redis.call('HGET', KEYS[1], id)
  if letter and string.sub(letter, 1, #head) == head then
    local job = ARGV[i + 2] .. string.sub(letter, #head + 1) .. ARGV[i + 3]
    redis.call('HDEL', KEYS[1], id)
    redis.call('ZREM', KEYS[2], id)
    redis.call('LPUSH', KEYS[3], job)
    if redis.call('HEXISTS', KEYS[4], id) == 1 then redis.call('HSET', KEYS[4], id, 'queued') end
    moved[#moved + 1], bytes = id, bytes + #job
  end
end
if #moved > 0 then redis.call('HINCRBY', KEYS[5], 'dead', -#moved) redis.call('HINCRBY', KEYS[5], 'bytes', bytes) end
return moved
