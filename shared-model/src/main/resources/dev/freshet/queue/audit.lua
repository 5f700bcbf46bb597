-- audit: one moment of a partition, in which places and counts must add up, and what stands there by itself. Asked to, it
-- mends that in the same moment. Sent twice, the second finds what the first left, which is nothing.
-- KEYS as status has them, then 11 dead:at  12 crashes  13 awaited
-- ARGV 1 clock offset ms  2 'look' or 'mend'  3 jobs up to which their bytes are counted anew
--      then pairs of kind and name: what may be a stray, lists first
-- returns {what status returns, without the oldest job, the pause and the seen ids}, {kind, name of each stray}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local ready, suspect, retry = redis.call('LLEN', KEYS[1]), redis.call('LLEN', KEYS[3]), redis.call('ZCARD', KEYS[4])
local replay, dead, claimed = redis.call('LLEN', KEYS[5]), redis.call('HLEN', KEYS[6]), 0
local counts, strays, lists = redis.call('HGETALL', KEYS[7]), {}, {KEYS[1], KEYS[3], KEYS[5]}
local function mends(kind, name)
  strays[#strays + 1], strays[#strays + 2] = kind, name
  return ARGV[2] == 'mend'
end
for _, claim in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  local jobs = redis.call('LLEN', KEYS[9] .. claim)
  claimed, lists[#lists + 1] = claimed + jobs, KEYS[9] .. claim
  if jobs == 0 and mends('lease', claim) then redis.call('ZREM', KEYS[2], claim) end
end
local held = claimed + suspect
local function bytes()
  local sum = 0
  local function add(jobs) for _, job in ipairs(jobs) do sum = sum + #job end end
  for _, list in ipairs(lists) do
    for from = 0, redis.call('LLEN', list) - 1, 16 do add(redis.call('LRANGE', list, from, from + 15)) end
  end
  for from = 0, retry - 1, 16 do add(redis.call('ZRANGE', KEYS[4], from, from + 15)) end
  return sum
end
for i = 4, #ARGV, 2 do
  local kind, name, list = ARGV[i], ARGV[i + 1], KEYS[9] .. ARGV[i + 1]
  local letter, died = redis.call('HEXISTS', KEYS[6], name) == 1, redis.call('ZSCORE', KEYS[11], name)
  if kind == 'list' and not redis.call('ZSCORE', KEYS[2], name) then
    local jobs = redis.call('LLEN', list)
    held, lists[#lists + 1] = held + jobs, list
    if jobs > 0 and mends(kind, name) then
      for _ = 1, jobs do redis.call('LPUSH', KEYS[3], redis.call('LPOP', list)) end
    end
  elseif kind == 'letter' and letter and not died then
    if mends(kind, name) then redis.call('ZADD', KEYS[11], now, name) end
  elseif kind == 'time' and died and not letter then
    if mends(kind, name) then redis.call('ZREM', KEYS[11], name) end
  elseif kind == 'crashes' and held == 0 and redis.call('HEXISTS', KEYS[12], name) == 1 then
    if mends(kind, name) then redis.call('HDEL', KEYS[12], name) end
  elseif kind == 'awaited' and not letter then
    local state = redis.call('HGET', KEYS[13], name)
    local nowhere = state and (state == 'dead' or held + ready + retry + replay == 0)
    if nowhere and mends(kind, name) then redis.call('HDEL', KEYS[13], name) end
  elseif kind == 'count' then
    local count = tonumber(redis.call('HGET', KEYS[7], name) or 0)
    local right = dead
    if name == 'bytes' then right = held + ready + retry + replay > tonumber(ARGV[3]) and count or bytes() end
    if count ~= right and mends(kind, name) then redis.call('HSET', KEYS[7], name, right) end
  end
end
return {{ready, claimed, suspect, retry, replay, dead, counts, now, false, false, 0}, strays}
