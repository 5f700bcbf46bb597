-- board_stage: some rows of a build that nobody reads yet. The one that completes it seals it; sent again after that, it
-- does nothing, and so cannot bring a score back that was patched since.
-- KEYS[1] scores (sorted set)  KEYS[2] rows (hash)
-- ARGV[1] how long to keep them, in ms  ARGV[2] rows of the whole build  ARGV[3] number of the first mark to heed, then
-- three for each row: member, score, its columns
-- returns 1 when the build is whole, 0 when rows are missing yet, or were evicted
local sealed = redis.call('ZSCORE', KEYS[1], '#')
if sealed or redis.call('HEXISTS', KEYS[2], '#') == 1 then return sealed and 1 or 0 end
for i = 4, #ARGV, 3 do
    redis.call('ZADD', KEYS[1], ARGV[i + 1], ':' .. ARGV[i])
    redis.call('HSET', KEYS[2], ':' .. ARGV[i], ARGV[i + 2])
end
local rows = tonumber(ARGV[2])
local whole = redis.call('ZCARD', KEYS[1]) == rows and redis.call('HLEN', KEYS[2]) == rows
if whole then
    redis.call('ZADD', KEYS[1], '-inf', '#')
    redis.call('HSET', KEYS[2], '#', ARGV[3])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return whole and 1 or 0
