-- record: each instance of a front end owes a confirmation of each member from now on. Adding never postpones (LT), and
-- the new number makes every confirmation under way too old. What is owed is 'number received version': of a member that
-- no call was confirmed for, the earliest time of receipt stays. Sent twice, it only takes a second number.
-- KEYS[1] numbers (counter), then for each instance: owed (zset), counters (hash)
-- ARGV[1] offset of the clock in ms (tests), then for each member: its name, received at in ms, version or ''
-- returns the number
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local number = redis.call('INCR', KEYS[1])
local due, members = {}, {}
for i = 2, #ARGV, 3 do
  due[#due + 1] = now
  due[#due + 1] = ARGV[i]
  members[#members + 1] = ARGV[i]
end
for k = 2, #KEYS, 2 do
  redis.call('ZADD', KEYS[k], 'LT', unpack(due))
  local before = redis.call('HMGET', KEYS[k + 1], unpack(members))
  local values = {}
  for i, member in ipairs(members) do
    local received, version = ARGV[i * 3], ARGV[i * 3 + 1]
    local second, since, old = string.match(before[i] or '', '^%d+(c?) (%d+) (.*)$')
    if second == '' and tonumber(since) < tonumber(received) then received = since end
    local isNewer = tonumber(old) and tonumber(version) and tonumber(old) > tonumber(version)
    if old and (version == '' or isNewer) then version = old end
    values[#values + 1] = member
    values[#values + 1] = number .. ' ' .. received .. ' ' .. version
  end
  redis.call('HSET', KEYS[k + 1], unpack(values))
end
return number
