-- looked: what a look at a page came to. An old one is owed again, as a change of its own that is told twice, unless its
-- second call comes sooner. Nothing happens when the page was confirmed anew meanwhile, nor when sent twice.
-- KEYS[1] proofs (zset)  KEYS[2] proving (hash)  KEYS[3] stale (hash)  KEYS[4] owed (zset)  KEYS[5] counters (hash)
-- KEYS[6] numbers (counter)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] member  ARGV[3] value as taken  ARGV[4] fresh, old, again (it is
-- to be looked at again) or lost (only its second call is left to do)  ARGV[5] after how long, in ms  ARGV[6] a sentence
-- returns 1 when it counted
local member, value, came = ARGV[2], ARGV[3], ARGV[4]
if redis.call('HGET', KEYS[2], member) ~= value then return 0 end
local time = redis.call('TIME')
local at = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1] + ARGV[5]
redis.call('HDEL', KEYS[3], member, came == 'again' and member or '')
if came ~= 'fresh' then redis.call('HSET', KEYS[3], came == 'lost' and '' or member, ARGV[6]) end
if redis.call('TTL', KEYS[3]) == -1 then redis.call('EXPIRE', KEYS[3], 86400) end -- what nobody looks at again
if came == 'again' then return redis.call('ZADD', KEYS[1], at, member) + 1 end
redis.call('ZREM', KEYS[1], member)
redis.call('HDEL', KEYS[2], member)
local held = redis.call('HGET', KEYS[5], member)
if held and string.match(held, '^%d+') ~= string.match(value, '^%d+') then return 1 end
if came == 'old' then
  local second = held and held ~= value and tonumber(redis.call('ZSCORE', KEYS[4], member))
  if second and second <= at then return 1 end
  redis.call('ZADD', KEYS[4], at, member)
  redis.call('HSET', KEYS[5], member, redis.call('INCR', KEYS[6]) .. string.match(value, '^%d+c?( .*)$'))
elseif came == 'lost' and held then
  redis.call('HSET', KEYS[5], member, string.match(held, '^%d+c? %d+ '))
end
return 1
