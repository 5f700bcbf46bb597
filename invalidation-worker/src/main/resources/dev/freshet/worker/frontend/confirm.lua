-- confirm: an instance answered 200. A member whose number did not move is due once more after the longest render, or,
-- when that was its second time, forgotten; one whose number moved stays due, and was received no earlier than this call
-- was taken. Sent twice, it finds other numbers.
-- KEYS[1] owed (zset)  KEYS[2] counters (hash)  KEYS[3] state (hash)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] token  ARGV[3] longest render  ARGV[4] pause to remember
-- ARGV[5] how long to leave the instance alone (all in ms)  ARGV[6] 1 when all of it was the second time, else 0; then
-- member, number as taken, ...
-- returns how many members are still owed
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local s = redis.call('HMGET', KEYS[3], 'by', 'at', 'calm')
local mine, taken = s[1] == ARGV[2], tonumber(s[2] or 0)
local later = function(received) return string.format(' %.0f', math.max(received, taken)) end
redis.call('ZREM', KEYS[1], '') -- takes no memory, and a full Redis lets the next writes pass
for i = 7, #ARGV, 2 do
  local member, number = ARGV[i], ARGV[i + 1]
  local held = redis.call('HGET', KEYS[2], member)
  if held == number then
    if string.find(number, '^%d+c') then
      redis.call('ZREM', KEYS[1], member)
      redis.call('HDEL', KEYS[2], member)
    else
      redis.call('ZADD', KEYS[1], now + ARGV[3], member)
      redis.call('HSET', KEYS[2], member, (string.gsub(number, '^%d+', '%0c')))
    end
  elseif held and mine then
    redis.call('HSET', KEYS[2], member, (string.gsub(held, ' (%d+)', later, 1)))
  end
end
if mine then
  redis.call('HDEL', KEYS[3], 'by', 'until', 'at', 'failures', 'error', 'fault')
  local rest = now + ARGV[5]
  local calm = ARGV[6] == '1' and s[3] or rest -- the second time is no change
  redis.call('HSET', KEYS[3], 'confirmed', now, 'pause', ARGV[4], 'rest', rest, 'calm', calm)
end
return redis.call('ZCARD', KEYS[1])
