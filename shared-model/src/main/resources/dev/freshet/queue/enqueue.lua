-- enqueue: accept the jobs that were not seen before. Sent twice, it answers 'duplicate' for what the first one took.
-- Ids are known for a window and the one after it; a window ends by its time, or before when it holds enough ids.
-- KEYS 1 ready  2 retry  3 seen (beginning of its keys)  4 awaited  5 counts  6 window (hash: number, since, ids, before)
-- ARGV 1 clock offset ms  2 seen window ms  3 most jobs in ready and retry  4 bytes of jobs after which it is full
--      5 ids after which a window ends, then four for each job: seen bucket, digest, its id when awaited or '', the job
-- returns 'accepted', 'duplicate' or 'full' for each job
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local w = redis.call('HMGET', KEYS[6], 'number', 'since', 'ids', 'before')
local window, since, ids, before = tonumber(w[1] or 0), tonumber(w[2] or 0), tonumber(w[3] or 0), w[4] or 0
if now >= since + 2 * ARGV[2] then window, since, ids, before = window + 2, now, 0, 0
elseif now >= since + ARGV[2] or ids >= tonumber(ARGV[5]) then window, since, ids, before = window + 1, now, 0, ids end
local room = ARGV[3] - redis.call('LLEN', KEYS[1]) - redis.call('ZCARD', KEYS[2])
local answers, jobs, bytes = {}, {}, math.max(0, tonumber(redis.call('HGET', KEYS[5], 'bytes') or 0))
for i = 6, #ARGV, 4 do
  local answer, digest = 'duplicate', ARGV[i + 1]
  local seen = KEYS[3] .. window .. ':' .. ARGV[i]
  if redis.call('SISMEMBER', KEYS[3] .. (window - 1) .. ':' .. ARGV[i], digest) == 0 then
    if #jobs >= room or bytes >= tonumber(ARGV[4]) then
      if redis.call('SISMEMBER', seen, digest) == 0 then answer = 'full' end
    elseif redis.call('SADD', seen, digest) == 1 then
      redis.call('PEXPIREAT', seen, since + 2 * ARGV[2])
      redis.call('UNLINK', KEYS[3] .. (window - 2) .. ':' .. ARGV[i]) -- where a window ended before its time
      if ARGV[i + 2] ~= '' then redis.call('HSET', KEYS[4], ARGV[i + 2], 'queued') end
      answer, jobs[#jobs + 1], bytes = 'accepted', ARGV[i + 3], bytes + #ARGV[i + 3]
    end
  end
  answers[#answers + 1] = answer
end
if #jobs > 0 then
  redis.call('LPUSH', KEYS[1], unpack(jobs))
  redis.call('HSET', KEYS[6], 'number', window, 'since', since, 'ids', ids + #jobs, 'before', before)
  redis.call('HSET', KEYS[5], 'bytes', bytes)
  redis.call('HINCRBY', KEYS[5], 'accepted', #jobs)
end
return answers
