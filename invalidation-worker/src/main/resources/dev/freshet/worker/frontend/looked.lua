-- looked: what a look at a page came to. An old one is owed again, as a change of its own. Nothing happens when the page
-- was confirmed anew meanwhile, nor when sent twice.
-- KEYS[1] proofs (zset)  KEYS[2] proving (hash)  KEYS[3] stale (hash)  KEYS[4] owed (zset)  KEYS[5] counters (hash)
-- KEYS[6] numbers (counter)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] member  ARGV[3] value as taken  ARGV[4] fresh, old, again (it is
-- to be looked at again) or lost (nobody can tell)  ARGV[5] after how long, in ms  ARGV[6] what to remember
-- returns 1 when it counted
local member, value, came = ARGV[2], ARGV[3], ARGV[4]
if redis.call('HGET', KEYS[2], member) ~= value then return 0 end
local time = redis.call('TIME')
local at = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1] + ARGV[5]
if came ~= 'again' then redis.call('HDEL', KEYS[3], came == 'lost' and member or '') end
if came == 'fresh' then redis.call('HDEL', KEYS[3], member) end
if came ~= 'fresh' then redis.call('HSET', KEYS[3], came == 'lost' and '' or member, ARGV[6]) end
redis.call('EXPIRE', KEYS[3], 86400)
if came == 'again' then return redis.call('ZADD', KEYS[1], at, member) + 1 end
redis.call('ZREM', KEYS[1], member)
redis.call('HDEL', KEYS[2], member)
if came == 'old' then
  redis.call('ZADD', KEYS[4], 'LT', at, member)
  local held = redis.call('HGET', KEYS[5], member)
  local isNobodys = not held or held == value -- held: the call is taken as confirmed only in a moment
  local number = isNobodys and redis.call('INCR', KEYS[6])
  if number then redis.call('HSET', KEYS[5], member, number .. string.match(value, '^%d+c?( .*)$')) end
end
return 1
