-- stub: let dead letters go without their bodies, which stand elsewhere by now. Sent twice, it finds none the second time.
-- KEYS 1 dead
-- ARGV 1 clock offset ms  2 ms after which it is too late: the bodies may be cleared away again
--      then four for each letter: id, its head as it was read, its bytes then, the stub
-- returns how many were replaced; a letter that changed or went meanwhile is not
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local replaced = 0
if now > tonumber(ARGV[2]) then return replaced end
redis.call('HDEL', KEYS[1], '') -- nobody's, and first, so that a full Redis lets the next writes pass: they make room
for i = 3, #ARGV, 4 do
  local id, head = ARGV[i], ARGV[i + 1]
  local letter = redis.call('HGET', KEYS[1], id)
  if letter and #letter == tonumber(ARGV[i + 2]) and string.sub(letter, 1, #head) == head then
    redis.call('HSET', KEYS[1], id, ARGV[i + 3])
    replaced = replaced + 1
  end
end
return replaced
