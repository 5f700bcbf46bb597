-- release: give the turn back without having told anything, if it is ours.
-- KEYS[1] state (hash)   ARGV[1] token
-- returns 1 when it was ours
if redis.call('HGET', KEYS[1], 'by') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'by', 'until', 'at')
return 1
