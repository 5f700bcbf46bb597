-- sweep: free entries that were seen dead and cold, and note in the others how far their reads are known.
-- Whatever was filled since it was looked at has another token and is left alone; so sending it twice is harmless.
-- KEYS[1] index (sorted set)  KEYS[2..] entries
-- ARGV three for each entry: the cache's key, the token seen ('' where none was), the stamp to write ('' to free it)
-- returns how many were freed
local freed = 0
for i = 2, #KEYS do
    local key, token, stamp = ARGV[i * 3 - 5], ARGV[i * 3 - 4], ARGV[i * 3 - 3]
    if redis.call('GETRANGE', KEYS[i], 0, 21) == token then
        if stamp ~= '' then
            redis.call('SETRANGE', KEYS[i], 22, stamp)
        else
            freed = freed + redis.call('UNLINK', KEYS[i])
            redis.call('ZREM', KEYS[1], key)
        end
    end
end
return freed
