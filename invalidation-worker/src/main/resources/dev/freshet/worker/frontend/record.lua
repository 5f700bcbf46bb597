-- record: each instance of a front end owes a confirmation of each member from now on. Adding never postpones (LT), and
-- the new number makes every confirmation under way too old. Sent twice, it only takes a second number.
-- KEYS[1] numbers (counter), then for each instance: owed (zset), counters (hash)
-- ARGV[1] offset of the clock in ms (tests)  ARGV[2..] members
-- returns the number
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local number = redis.call('INCR', KEYS[1])
local due, numbers = {}, {}
for i = 2, #ARGV do
  due[#due + 1] = now
  due[#due + 1] = ARGV[i]
  numbers[#numbers + 1] = ARGV[i]
  numbers[#numbers + 1] = number
end
for k = 2, #KEYS, 2 do
  redis.call('ZADD', KEYS[k], 'LT', unpack(due))
  redis.call('HSET', KEYS[k + 1], unpack(numbers))
end
return number
