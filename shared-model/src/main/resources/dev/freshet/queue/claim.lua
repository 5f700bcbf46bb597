-- claim: take jobs under a lease; a suspect goes alone and first. Sent twice, it returns what the first one took.
-- KEYS 1 claims  2 the claim's list  3 ready  4 suspect  5 paused  6 retry  7 replay  8 counts
-- ARGV 1 clock offset ms  2 claim, never used before  3 most jobs  4 lease ms  5 bytes after which it is enough
-- returns {'paused', reason}, {'nothing'}, or {where from: 'ready', 'suspect' or 'again', jobs, oldest first}
local jobs = redis.call('LRANGE', KEYS[2], 0, -1)
if #jobs > 0 then return {'again', jobs} end
local reason = redis.call('GET', KEYS[5])
if reason then return {'paused', reason} end
local from, job = 'suspect', redis.call('RPOP', KEYS[4])
if not job then from, job = 'ready', redis.call('RPOP', KEYS[3]) end
if not job then
  local idle = redis.call('ZCARD', KEYS[1]) + redis.call('ZCARD', KEYS[6]) + redis.call('LLEN', KEYS[7]) == 0
  if idle then redis.call('HDEL', KEYS[8], 'bytes') end -- an older process may have counted otherwise
  return {'nothing'}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
redis.call('RPUSH', KEYS[2], job) -- LMOVE alone is refused when full; after a write it is not
local most, bytes = from == 'ready' and tonumber(ARGV[3]) or 1, #job
jobs = {job}
while #jobs < most and bytes < tonumber(ARGV[5]) do -- one by one: RPOP of some walks the whole list in Redis 6
  job = redis.call('LMOVE', KEYS[3], KEYS[2], 'RIGHT', 'RIGHT')
  if not job then break end
  jobs[#jobs + 1], bytes = job, bytes + #job
end
redis.call('ZADD', KEYS[1], now + ARGV[4], ARGV[2])
return {from, jobs}
