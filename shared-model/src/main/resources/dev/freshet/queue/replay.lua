-- replay: move dead letters onto their way back, until the queue holds as much as replays may fill it with. Sent twice, it
-- finds none of them the second time.
-- KEYS 1 dead  2 dead:at  3 replay  4 awaited  5 counts  6 replay:pace
-- ARGV 1 rate per second  2 bytes of jobs after which it is enough, then four for each letter: id, its head as it was
--      read, its head as a job to do, its body if that was moved out of Redis, or ''
-- returns {1 if there was no room for all of them or 0, the ids that were moved}; a letter that changed or went meanwhile
-- is not
local moved, bytes, full = {}, 0, 0
local before = tonumber(redis.call('HGET', KEYS[5], 'bytes') or 0)
redis.call('HSET', KEYS[6], 'rate', ARGV[1])
for i = 3, #ARGV, 4 do
  if before + bytes >= tonumber(ARGV[2]) then full = 1 break end
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
return {full, moved}
