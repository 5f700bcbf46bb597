-- prove: pages whose call was confirmed are to be looked at now. One that changed again meanwhile is left out, since it
-- will be told again. Sent twice, it says the same twice.
-- KEYS[1] proofs (zset)  KEYS[2] proving (hash)  KEYS[3] counters (hash)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] proofs that may wait at most, then member, value as taken, ...
-- returns how many were left out because too many wait
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
redis.call('ZREM', KEYS[1], '') -- takes no memory, and a full Redis lets the next writes pass
local left = 0
for i = 3, #ARGV, 2 do
  local member, value = ARGV[i], ARGV[i + 1]
  if redis.call('HGET', KEYS[3], member) == value then
    local isFull = redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2])
    if isFull and not redis.call('ZSCORE', KEYS[1], member) then
      left = left + 1
    else
      redis.call('ZADD', KEYS[1], now, member)
      redis.call('HSET', KEYS[2], member, value)
    end
  end
end
return left
