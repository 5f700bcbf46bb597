-- board_drop: remove an entry whose build is not whole any more, if it is still that one. A load under way goes on.
-- KEYS[1] entry  ARGV[1] the entry's payload, which ends it and names the build
-- returns 1 removed, 0 it is another one
if redis.call('GETRANGE', KEYS[1], -#ARGV[1], -1) ~= ARGV[1] then return 0 end
return redis.call('UNLINK', KEYS[1])
