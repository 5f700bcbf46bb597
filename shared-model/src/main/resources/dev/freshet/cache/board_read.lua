-- board_read: places of a build, or the members that must be loaded before it may be read.
-- KEYS[1] marks (sorted set)  KEYS[2] scores (sorted set)  KEYS[3] rows (hash)
-- ARGV[1] name of the build's marks, '' to heed none  ARGV[2] number of the first mark that came too late to count, '' for
-- the next one: a build that heeds all before it is read; of another all members must be loaded, since one that is marked again
-- has a later number  ARGV[3] how many marked members are wanted  ARGV[4] how many places the board has  ARGV[5] 't' for the first places,
-- or ':' and a member  ARGV[6] how many places, to both sides of the member
-- returns {} when part of it is gone; {'marked', heeded up to, up to, members}; or
-- {'places', size, places before these, rows: member, score..., columns...}
local heeded = redis.call('HGET', KEYS[3], '#')
if not heeded or not redis.call('ZSCORE', KEYS[2], '#') then return {} end
if ARGV[1] ~= '' then
    local top = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
    if top[1] ~= ARGV[1] then return {} end
    if ARGV[2] == '' or tonumber(heeded) < tonumber(ARGV[2]) then
        local marked = redis.call('ZRANGEBYSCORE', KEYS[1], heeded, '(' .. top[2], 'LIMIT', 0, ARGV[3])
        if #marked > 0 then return {'marked', heeded, top[2], marked} end
    end
end
local size = math.min(redis.call('ZCARD', KEYS[2]) - 1, tonumber(ARGV[4]))
local first, last = 0, tonumber(ARGV[6]) - 1
if ARGV[5] ~= 't' then
    local rank = redis.call('ZREVRANK', KEYS[2], ARGV[5]) or size
    first, last = math.max(0, rank - ARGV[6]), rank < size and rank + ARGV[6] or -1
end
last = math.min(last, size - 1)
if last < first then return {'places', size, 0, {}, {}} end
local found, members = redis.call('ZREVRANGE', KEYS[2], first, last, 'WITHSCORES'), {}
for i = 1, #found, 2 do members[#members + 1] = found[i] end
return {'places', size, first, found, redis.call('HMGET', KEYS[3], unpack(members))}
