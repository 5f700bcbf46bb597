-- begin: take the fill lease of a key and name the epochs that its load must hold. The first act of every load.
-- Sent twice, it answers the same again; with new epochs if an invalidation came between.
-- KEYS[1] lease (string)  KEYS[2..] epochs of the tags (strings)
-- ARGV[1] token, new for each begin  ARGV[2] lease ms  ARGV[3] epoch lifetime ms  ARGV[4] run id of this process
-- returns {1, Redis' time in ms, epoch...}, or {0} when somebody loads for the same epochs
local now = redis.call('TIME')
local epochs = {}
for i = 2, #KEYS do
    local epoch = redis.call('GET', KEYS[i])
    if not epoch then
        -- the time keeps a begin that is sent again from bringing back an epoch that was removed meanwhile
        epoch = string.sub(ARGV[1], 1, 11) .. '.' .. i .. '.' .. now[1] .. '.' .. now[2]
        redis.call('SET', KEYS[i], epoch, 'PX', ARGV[3])
    elseif redis.call('PTTL', KEYS[i]) < tonumber(ARGV[3]) / 2 then
        redis.call('PEXPIRE', KEYS[i], ARGV[3])
    end
    epochs[#epochs + 1] = epoch
end
local current = ARGV[4] .. ';' .. table.concat(epochs, ';')
local held = redis.call('GET', KEYS[1])
-- a lease whose epochs moved, or that came back from disk, is taken over: its fill would be refused anyway
if held and string.sub(held, #ARGV[1] + 2) == current and string.sub(held, 1, #ARGV[1]) ~= ARGV[1] then
    return {0}
end
redis.call('SET', KEYS[1], ARGV[1] .. '|' .. current, 'PX', ARGV[2])
return {1, now[1] * 1000 + math.floor(now[2] / 1000), unpack(epochs)}
