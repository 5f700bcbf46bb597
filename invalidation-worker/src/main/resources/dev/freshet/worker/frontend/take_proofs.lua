-- take_proofs: pages that are to be looked at now, for one worker until its lease ends. Sent twice, the second answer
-- lacks what the first one had, which is then looked at when the lease has ended.
-- KEYS[1] proofs (zset)  KEYS[2] proving (hash)  KEYS[3] stale (hash)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] lease in ms  ARGV[3] most
-- returns {ms until the next one, or -1 when none waits, member, value, 'times seen' or '', ...}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
redis.call('ZREM', KEYS[1], '') -- takes no memory, and a full Redis lets the next writes pass
local answer = {-1}
local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[3])
for _, member in ipairs(members) do
  redis.call('ZADD', KEYS[1], now + ARGV[2], member)
  answer[#answer + 1] = member
  answer[#answer + 1] = redis.call('HGET', KEYS[2], member)
  answer[#answer + 1] = redis.call('HGET', KEYS[3], member) or ''
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
if first then answer[1] = math.max(0, tonumber(first) - now) end
return answer
