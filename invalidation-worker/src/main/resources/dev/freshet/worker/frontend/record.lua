-- record: each instance of a front end owes a confirmation of each member from now on. Adding never postpones (LT), and
-- the new number makes every confirmation under way too old. What is owed is 'number received version': of a member that
-- no call was confirmed for, the earliest time of receipt stays. Sent twice, it only takes a second number.
-- KEYS[1] numbers (counter)  KEYS[2] generation, then for each instance: owed (zset), counters (hash)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2] generation of these instances, then for each member: its name,
-- received at in ms, version or ''
-- returns the most members that one of them is owed; -1 when they are not all there are: nothing was done
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[2] then return -1 end
if #KEYS == 2 then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
redis.call('ZREM', KEYS[3], '') -- takes no memory, and a full Redis lets the next writes pass
local number = redis.call('INCR', KEYS[1])
local due, members = {}, {}
for i = 3, #ARGV, 3 do
  due[#due + 1] = now
  due[#due + 1] = ARGV[i]
  members[#members + 1] = ARGV[i]
end
local most = 0
for k = 3, #KEYS, 2 do
  redis.call('ZADD', KEYS[k], 'LT', unpack(due))
  local before = redis.call('HMGET', KEYS[k + 1], unpack(members))
  local values = {}
  for i, member in ipairs(members) do
    local received, version = ARGV[i * 3 + 1], ARGV[i * 3 + 2]
    local second, since, old = string.match(before[i] or '', '^%d+(c?) (%d+) (.*)$')
    if second == '' and tonumber(since) < tonumber(received) then received = since end
    local isOrdered = string.find((old or '') .. ' ' .. version, '^%-?%d+ %-?%d+$')
    if old and (version == '' or isOrdered and tonumber(old) > tonumber(version)) then version = old end
    values[#values + 1] = member
    values[#values + 1] = number .. ' ' .. received .. ' ' .. version
  end
  redis.call('HSET', KEYS[k + 1], unpack(values))
  most = math.max(most, redis.call('ZCARD', KEYS[k]))
end
return most
