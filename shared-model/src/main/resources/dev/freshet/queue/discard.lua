-- discard: forget dead letters for good. Sent twice, it finds none of them the second time.
-- KEYS 1 dead  2 dead:at  3 awaited  4 counts   ARGV two for each letter: id, its head as it was read
-- returns the ids that are gone; a letter that changed meanwhile stays
local gone = {}
for i = 1, #ARGV, 2 do
  local id, head = ARGV[i], ARGV[i + 1]
  local letter = redis.call('HGET', KEYS[1], id)
  if letter and string.sub(letter, 1, #head) == head then
    redis.call('HDEL', KEYS[1], id)
    redis.call('ZREM', KEYS[2], id)
    if redis.call('HGET', KEYS[3], id) == 'dead' then redis.call('HDEL', KEYS[3], id) end
    gone[#gone + 1] = id
  end
end
if #gone > 0 then
  redis.call('HINCRBY', KEYS[4], 'dead', -#gone)
  redis.call('HINCRBY', KEYS[4], 'discarded', #gone)
end
return gone
