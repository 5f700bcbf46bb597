-- sweep: free entries that were seen dead and cold, and note in the others how far their reads are known.
-- Whatever was filled since it was looked at has another token and is left alone; so sending it twice is harmless.
-- KEYS two for each entry: the index (sorted set) that named it, the entry
-- ARGV three for each entry: the cache's key, the token seen ('' where none was), the stamp to write ('' to free it)
-- An entry that several indexes name comes once for each of them, and leaves them all.
-- returns how many were freed
local freed = 0
for i = 2, #KEYS, 2 do
    local key, token, stamp = ARGV[i / 2 * 3 - 2], ARGV[i / 2 * 3 - 1], ARGV[i / 2 * 3]
    local held = redis.call('GETRANGE', KEYS[i], 0, 21)
    if held == token or (held == '' and stamp == '') then
        if stamp ~= '' then
            redis.call('SETRANGE', KEYS[i], 22, stamp)
        else
            freed = freed + redis.call('UNLINK', KEYS[i])
            redis.call('ZREM', KEYS[i - 1], key)
        end
    end
end
return freed
