-- look: what a sweep needs to know of entries. It asks for the last access first, since looking is an access itself.
-- KEYS entries  ARGV[1] how many bytes of each are wanted
-- returns {Redis' time: seconds, microseconds, then for each entry: seconds since its last access, -1 when that is not
-- known (under an LFU policy), and its first bytes}
local seen = {0, 0}
for i = 1, #KEYS do
    local idle = redis.pcall('OBJECT', 'IDLETIME', KEYS[i])
    seen[2 * i + 1] = type(idle) == 'number' and idle or -1
    seen[2 * i + 2] = redis.call('GETRANGE', KEYS[i], 0, ARGV[1] - 1)
end
local time = redis.call('TIME')
seen[1], seen[2] = tonumber(time[1]), tonumber(time[2])
return seen
