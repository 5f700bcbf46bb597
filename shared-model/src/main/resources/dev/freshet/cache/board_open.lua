-- board_open: what a build must know before its load opens its snapshot: which marks it will have to heed. Sent twice, it
-- answers the same again; where the marks were lost meanwhile, it begins new ones under another name.
-- KEYS[1] marks (sorted set: members by number, and on top the name of the set with the number of its next mark)
-- ARGV[1] token, new for each build  ARGV[2] how long the marks are to be kept, in ms
-- returns {the marks' name, the number of the next mark}
local top = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if #top == 0 then
    -- the time keeps an open that is sent again from bringing back marks that were lost
    local now = redis.call('TIME')
    top = {'#' .. ARGV[1] .. '.' .. now[1] .. '.' .. now[2], '1'}
    redis.call('ZADD', KEYS[1], top[2], top[1])
end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return top
