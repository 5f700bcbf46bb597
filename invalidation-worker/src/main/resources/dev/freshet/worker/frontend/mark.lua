-- mark: what a shared cache handler of Next.js stored under these tags before now is old. It holds the mark against the
-- time of each entry and takes none that is older. A mark never moves back, whoever made it. Sent twice, the marks are as
-- much later.
-- KEYS[1] the handler's marks (hash: tag -> ms)   ARGV[1] how far ahead of Redis' own clock in ms, then the tags
-- returns how many
local time = redis.call('TIME')
local at = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
for i = 2, #ARGV do
  local held = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or 0)
  if not held or held < at then redis.call('HSET', KEYS[1], ARGV[i], string.format('%.0f', at)) end
end
return #ARGV - 1
