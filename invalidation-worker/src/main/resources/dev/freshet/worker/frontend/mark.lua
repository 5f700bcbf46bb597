-- mark: what a shared cache handler of Next.js stored under these tags before now is old. It holds the mark against the
-- time of each entry and takes none that is older. Sent twice, the marks are as much later.
-- KEYS[1] the handler's marks (hash: tag -> ms)   ARGV[1] how far ahead of Redis' own clock in ms, then the tags
-- returns how many
local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1])
for i = 2, #ARGV do redis.call('HSET', KEYS[1], ARGV[i], at) end
return #ARGV - 1
