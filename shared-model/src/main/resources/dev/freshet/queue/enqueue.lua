-- enqueue: accept the jobs that were not seen before. Sent twice, it answers 'duplicate' for what the first one took.
-- KEYS 1 ready  2 retry  3 seen (beginning of its keys)  4 awaited  5 counts
-- ARGV 1 clock offset ms  2 seen window ms  3 most jobs in ready and retry  4 bytes of jobs after which it is full
--      then four for each job: seen bucket, digest, its id when awaited or '', the job
-- returns 'accepted', 'duplicate' or 'full' for each job
local time = redis.call('TIME')
local window = math.floor((time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]) / ARGV[2])
local room = ARGV[3] - redis.call('LLEN', KEYS[1]) - redis.call('ZCARD', KEYS[2])
local answers, jobs, bytes = {}, {}, math.max(0, tonumber(redis.call('HGET', KEYS[5], 'bytes') or 0))
for i = 5, #ARGV, 4 do
  local answer, digest = 'duplicate', ARGV[i + 1]
  local seen = KEYS[3] .. window .. ':' .. ARGV[i]
  if redis.call('SISMEMBER', KEYS[3] .. (window - 1) .. ':' .. ARGV[i], digest) == 0 then
    if #jobs >= room or bytes >= tonumber(ARGV[4]) then
      if redis.call('SISMEMBER', seen, digest) == 0 then answer = 'full' end
    elseif redis.call('SADD', seen, digest) == 1 then
      redis.call('PEXPIREAT', seen, (window + 2) * ARGV[2])
      if ARGV[i + 2] ~= '' then redis.call('HSET', KEYS[4], ARGV[i + 2], 'queued') end
      answer, jobs[#jobs + 1], bytes = 'accepted', ARGV[i + 3], bytes + #ARGV[i + 3]
    end
  end
  answers[#answers + 1] = answer
end
if #jobs > 0 then
  redis.call('LPUSH', KEYS[1], unpack(jobs))
  redis.call('HSET', KEYS[5], 'bytes', bytes)
  redis.call('HINCRBY', KEYS[5], 'accepted', #jobs)
end
return answers
