-- take: what is due, for the one who then tells the instance, until its lease ends. Sent twice, it answers the same. Where
-- nothing is due, now and then somebody is to ask which process is there.
-- KEYS[1] owed (zset)  KEYS[2] counters (hash)  KEYS[3] state (hash)  KEYS[4] instances (zset)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] token  ARGV[3] lease in ms  ARGV[4] members at most
-- ARGV[5] how often to ask in ms, 0 never  ARGV[6] name
-- returns {0, 'u'} forgotten, {owed, 'n'} nothing owed, {owed, 'p'} ask, {owed, 'l', ms to wait}, or
-- {owed, 't', pause, quiet, failures, boot id or '', member, value, ...}
if not redis.call('ZSCORE', KEYS[4], ARGV[6]) then return {0, 'u'} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local owed = redis.call('ZCARD', KEYS[1])
local s = redis.call('HMGET', KEYS[3], 'by', 'until', 'rest', 'pause', 'failures', 'boot', 'ask', 'calm')
local first = tonumber(redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or math.huge)
local rest = tonumber(s[3] or 0)
local from = math.max(first, rest)
if s[1] and s[1] ~= ARGV[2] then from = math.max(from, tonumber(s[2])) end
if from > now then
  if ARGV[5] ~= '0' and first > now and math.max(rest, tonumber(s[7] or 0)) <= now then
    redis.call('HDEL', KEYS[3], 'ask') -- first, so that a full Redis lets the next write pass
    redis.call('HSET', KEYS[3], 'ask', now + ARGV[5])
    return {owed, 'p'}
  end
  return owed == 0 and {0, 'n'} or {owed, 'l', from - now}
end
redis.call('HDEL', KEYS[3], 'by')
redis.call('HSET', KEYS[3], 'by', ARGV[2], 'until', now + ARGV[3], 'at', now)
local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[4])
local values = redis.call('HMGET', KEYS[2], unpack(members))
local answer = {owed, 't', tonumber(s[4] or 0), math.max(0, first - (s[8] or rest)), tonumber(s[5] or 0), s[6] or ''}
for i = 1, #members do
  answer[#answer + 1] = members[i]
  answer[#answer + 1] = values[i]
end
return answer
