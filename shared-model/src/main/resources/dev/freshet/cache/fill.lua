-- fill: store loaded values, each if its lease is ours and no epoch moved since begin; gives the leases back in any case.
-- Sent twice, it finds its token in front of the entry and answers as before.
-- KEYS for each value: entry, lease, epochs of its n tags, indexes of its n tags (sorted sets: key by expiry)
-- ARGV for each value: token, entry lifetime ms, entry, the cache's key, index lifetime ms, n, epochs
-- returns for each value 1 stored, 0 refused
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local epochs, indexes, answers, at, arg = {}, {}, {}, 1, 1
while arg <= #ARGV do
    local entry, lease, token, n = KEYS[at], KEYS[at + 1], ARGV[arg], tonumber(ARGV[arg + 5])
    local held = redis.call('GET', lease)
    local mine = held and string.sub(held, 1, #token + 1) == token .. '|'
    if mine then redis.call('UNLINK', lease) end
    local current = true
    for i = 1, n do
        local name = KEYS[at + 1 + i]
        if epochs[name] == nil then epochs[name] = redis.call('GET', name) end
        current = current and epochs[name] == ARGV[arg + 5 + i]
    end
    if mine and current then
        redis.call('SET', entry, ARGV[arg + 2], 'PX', ARGV[arg + 1])
        for i = at + 2 + n, at + 1 + 2 * n do
            local index = indexes[KEYS[i]] or {ttl = 0}
            index[#index + 1] = now + ARGV[arg + 1]
            index[#index + 1] = ARGV[arg + 3]
            index.ttl = math.max(index.ttl, tonumber(ARGV[arg + 4]))
            indexes[KEYS[i]] = index
        end
    end
    local stored = current and (mine or redis.call('GETRANGE', entry, 0, #token - 1) == token)
    answers[#answers + 1] = stored and 1 or 0
    at, arg = at + 2 + 2 * n, arg + 6 + n
end
for name, index in pairs(indexes) do
    local added = redis.call('ZADD', name, unpack(index))
    redis.call('PEXPIRE', name, index.ttl)
    local most = 10 * added -- of an index that grows
    if added == 0 and now % 16 == 0 then most = 160 end -- and seldom of one that has grown
    if most > 0 then
        local expired = redis.call('ZRANGEBYSCORE', name, '-inf', now, 'LIMIT', 0, most)
        if #expired > 0 then redis.call('ZREM', name, unpack(expired)) end
    end
end
return answers
