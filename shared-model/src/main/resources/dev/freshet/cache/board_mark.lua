-- board_mark: scores of these members have changed. Where nothing is marked, no build is there or under way, and nothing is
-- to be done. Sent twice, it only marks them again.
-- KEYS[1] marks (sorted set)  ARGV[1] most members that are worth marking; of more the board is built anew  then members
-- returns how many members are marked
local top = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if #top == 0 then return 0 end
local number = tonumber(top[2])
for i = 2, #ARGV do
    redis.call('ZADD', KEYS[1], string.format('%.0f', number), ':' .. ARGV[i])
    number = number + 1
end
redis.call('ZADD', KEYS[1], string.format('%.0f', number), top[1])
local marked = redis.call('ZCARD', KEYS[1]) - 1
if marked > tonumber(ARGV[1]) then redis.call('UNLINK', KEYS[1]) end
return marked
