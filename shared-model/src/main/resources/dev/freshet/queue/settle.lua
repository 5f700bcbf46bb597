-- settle: end a claim if its lease is still ours: some jobs are retried or buried, all others are done. Sent twice, it
-- does nothing the second time.
-- KEYS 1 claims  2 the claim's list  3 retry  4 dead  5 dead:at  6 crashes  7 awaited  8 counts
-- ARGV 1 clock offset ms  2 claim  3 its first job  4 id of the job if it is alone, or ''
--      5 where the ids begin  6 where the tallies begin  7 how many jobs it has  8 their bytes
--      from 9 on four for each exception: the job, its id, its new form, ms until it is due or 'dead'
--      then ids of awaited jobs that are done, then pairs of counter and number
-- returns {done, retried, buried}, or {} when the claim is not ours any more
if redis.call('LINDEX', KEYS[2], 0) ~= ARGV[3] or redis.call('ZREM', KEYS[1], ARGV[2]) == 0 then return {} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local ids, tallies, retried, buried, replaced = tonumber(ARGV[5]), tonumber(ARGV[6]), 0, 0, 0
local bytes = -ARGV[8]
if redis.call('LLEN', KEYS[2]) ~= tonumber(ARGV[7]) then -- a claim that arrived late took others under our name
  bytes = 0
  for _, job in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
    bytes = bytes - #job
    redis.call('HDEL', KEYS[6], string.match(job, '^([^\n]*)\n') or '') -- it may have been a suspect
  end
end
if ids < tallies then redis.call('HDEL', KEYS[7], unpack(ARGV, ids, tallies - 1)) end
if ARGV[4] ~= '' then redis.call('HDEL', KEYS[6], ARGV[4], string.match(ARGV[3], '^([^\n]*)\n') or '') end
for i = 9, ids - 1, 4 do
  local id, form, due = ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3])
  local taken = redis.call('LREM', KEYS[2], 1, ARGV[i]) == 1
  if taken and redis.call('HEXISTS', KEYS[7], id) == 1 then redis.call('HSET', KEYS[7], id, due and 'retried' or 'dead') end
  if taken and due then retried, bytes = retried + redis.call('ZADD', KEYS[3], now + due, form), bytes + #form end
  if taken and not due then
    buried, replaced = buried + 1, replaced + 1 - redis.call('HSET', KEYS[4], id, form)
    redis.call('ZADD', KEYS[5], now, id)
  end
end
local done = redis.call('LLEN', KEYS[2])
redis.call('UNLINK', KEYS[2])
local function count(name, n) if n ~= 0 then redis.call('HINCRBY', KEYS[8], name, n) end end
count('done', done) count('dead', buried - replaced) count('discarded', replaced) count('bytes', bytes)
for i = tallies, #ARGV, 2 do redis.call('HINCRBY', KEYS[8], ARGV[i], ARGV[i + 1]) end
return {done, retried, buried}
