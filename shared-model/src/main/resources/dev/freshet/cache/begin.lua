-- begin: take the fill leases of keys and name the epochs that their loads must hold. The first act of every load.
-- Sent twice, it answers the same again; with new epochs if an invalidation came between.
-- KEYS for each key to load its lease (string), then the epochs of its tags (strings)
-- ARGV[1] lease ms  ARGV[2] epoch lifetime ms  ARGV[3] run id of this process, then two for each key: its token, new
-- for each begin, and how many tags it has
-- returns for each key {Redis' time in ms, epoch...}, or {} when somebody loads it for the same epochs
local now = redis.call('TIME')
local known, answers, at = {}, {}, 1
for arg = 4, #ARGV, 2 do
    local token, lease, epochs = ARGV[arg], KEYS[at], {}
    for i = at + 1, at + ARGV[arg + 1] do
        local name = KEYS[i]
        local epoch = known[name] or redis.call('GET', name)
        if not epoch then
            -- the time keeps a begin that is sent again from bringing back an epoch that was removed meanwhile
            epoch = string.sub(token, 1, 11) .. '.' .. i .. '.' .. now[1] .. '.' .. now[2]
            redis.call('SET', name, epoch, 'PX', ARGV[2])
        elseif not known[name] and redis.call('PTTL', name) < tonumber(ARGV[2]) / 2 then
            redis.call('PEXPIRE', name, ARGV[2])
        end
        known[name] = epoch
        epochs[#epochs + 1] = epoch
    end
    at = at + ARGV[arg + 1] + 1
    local current = ARGV[3] .. ';' .. table.concat(epochs, ';')
    local held = redis.call('GET', lease)
    -- a lease whose epochs moved, or that came back from disk, is taken over: its fill would be refused anyway
    if held and string.sub(held, #token + 2) == current and string.sub(held, 1, #token) ~= token then
        answers[#answers + 1] = {}
    else
        redis.call('SET', lease, token .. '|' .. current, 'PX', ARGV[1])
        answers[#answers + 1] = {now[1] * 1000 + math.floor(now[2] / 1000), unpack(epochs)}
    end
end
return answers
