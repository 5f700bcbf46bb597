-- take: what is due, for the one who then tells the instance, until its lease ends. Sent twice, it answers the same.
-- KEYS[1] owed (zset)  KEYS[2] counters (hash)  KEYS[3] state (hash)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] token  ARGV[3] lease in ms  ARGV[4] members at most
-- returns {-1, 0} nothing owed, {ms to wait, owed} not now, or {0, owed, pause, quiet, failures, member, number, ...}
local owed = redis.call('ZCARD', KEYS[1])
if owed == 0 then return {-1, 0} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local s = redis.call('HMGET', KEYS[3], 'by', 'until', 'rest', 'pause', 'failures')
local first = tonumber(redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2])
local from = math.max(first, tonumber(s[3] or 0))
if s[1] and s[1] ~= ARGV[2] then from = math.max(from, tonumber(s[2])) end
if from > now then return {from - now, owed} end
redis.call('HSET', KEYS[3], 'by', ARGV[2], 'until', now + ARGV[3])
local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[4])
local numbers = redis.call('HMGET', KEYS[2], unpack(members))
local quiet = math.max(0, first - tonumber(s[3] or 0))
local answer = {0, owed, tonumber(s[4] or 0), quiet, tonumber(s[5] or 0)}
for i = 1, #members do
  answer[#answer + 1] = members[i]
  answer[#answer + 1] = numbers[i]
end
return answer
