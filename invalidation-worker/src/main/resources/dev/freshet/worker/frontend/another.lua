-- another: another process than before. One that answers for an instance (boot) knows nothing of what the one before was told;
-- a Redis (reign) may have forgotten what was recorded in the last moments of the one before. So the instance owes
-- everything; where that was just told to it, only once more after the longest render. Sent twice, it finds the process known.
-- KEYS[1] numbers (counter)  KEYS[2] owed (zset)  KEYS[3] counters (hash)  KEYS[4] state (hash)  KEYS[5] instances (zset)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] name  ARGV[3] 'boot' or 'reign'  ARGV[4] the process's id
-- ARGV[5] longest render in ms when it was just told everything, else ''
-- returns 1 when it is another process, 0 when not, -1 when the instance was forgotten
if not redis.call('ZSCORE', KEYS[5], ARGV[2]) then return -1 end
if redis.call('HGET', KEYS[4], ARGV[3]) == ARGV[4] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
redis.call('ZREM', KEYS[2], '') -- takes no memory, and a full Redis lets the next writes pass
redis.call('HSET', KEYS[4], ARGV[3], ARGV[4])
local isOwed = string.find(redis.call('HGET', KEYS[3], 'e:') or '', '^%d+ ')
local mark, due = '', now
if ARGV[5] ~= '' and not isOwed then mark, due = 'c', now + ARGV[5] end
redis.call('ZADD', KEYS[2], due, 'e:')
redis.call('HSET', KEYS[3], 'e:', redis.call('INCR', KEYS[1]) .. mark .. ' ' .. string.format('%.0f', now) .. ' ')
return 1
