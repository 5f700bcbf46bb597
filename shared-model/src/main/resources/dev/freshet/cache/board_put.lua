-- board_put: what was loaded for marked members, if nobody put since they were seen. So a load that took long, and a
-- command sent twice, cannot bring anything back. Marks stay: a build that began before them has to heed them too.
-- KEYS[1] marks (sorted set)  KEYS[2] scores (sorted set)  KEYS[3] rows (hash)
-- ARGV[1] name of the build's marks  ARGV[2] heeded up to, as it was seen  ARGV[3] heeded up to from now on  ARGV[4] fewer
-- rows than these are no board  then three for each member: member, score ('' where it has no place), its columns
-- returns 1 done, 0 refused or gone
local top = redis.call('ZREVRANGE', KEYS[1], 0, 0)
local mine = top[1] == ARGV[1] and redis.call('HGET', KEYS[3], '#') == ARGV[2]
if not mine or not redis.call('ZSCORE', KEYS[2], '#') then return 0 end
for i = 5, #ARGV, 3 do
    local member = ':' .. ARGV[i]
    if ARGV[i + 1] == '' then
        redis.call('ZREM', KEYS[2], member)
        redis.call('HDEL', KEYS[3], member)
    else
        redis.call('ZADD', KEYS[2], ARGV[i + 1], member)
        redis.call('HSET', KEYS[3], member, ARGV[i + 2])
    end
end
redis.call('HSET', KEYS[3], '#', ARGV[3])
if redis.call('ZCARD', KEYS[2]) - 1 >= tonumber(ARGV[4]) then return 1 end
redis.call('UNLINK', KEYS[2], KEYS[3])
return 0
