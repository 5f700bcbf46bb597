-- boot: a process answered for an instance. One that is not the process which answered before knows nothing of what the
-- other was told, so it owes everything; where that was just told to it, only once more after the longest render. Sent
-- twice, it finds the process known.
-- KEYS[1] numbers (counter)  KEYS[2] owed (zset)  KEYS[3] counters (hash)  KEYS[4] state (hash)  KEYS[5] instances (zset)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] name  ARGV[3] boot id  ARGV[4] longest render in ms when it was just
-- told everything, else ''
-- returns 1 when it is another process, 0 when not, or when the instance was forgotten
if not redis.call('ZSCORE', KEYS[5], ARGV[2]) or redis.call('HGET', KEYS[4], 'boot') == ARGV[3] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
redis.call('ZREM', KEYS[2], '') -- takes no memory, and a full Redis lets the next writes pass
redis.call('HSET', KEYS[4], 'boot', ARGV[3])
local isOwed = string.find(redis.call('HGET', KEYS[3], 'e:') or '', '^%d+ ')
local mark, due = '', now
if ARGV[4] ~= '' and not isOwed then mark, due = 'c', now + ARGV[4] end
redis.call('ZADD', KEYS[2], due, 'e:')
redis.call('HSET', KEYS[3], 'e:', redis.call('INCR', KEYS[1]) .. mark .. ' ' .. string.format('%.0f', now) .. ' ')
return 1
