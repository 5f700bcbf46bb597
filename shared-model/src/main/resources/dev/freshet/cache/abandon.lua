-- abandon: give a lease back without a value, if it is still ours. Sent twice, it does nothing the second time.
-- KEYS[1] lease  ARGV[1] token
-- returns 1 given back, 0 not ours
local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, #ARGV[1] + 1) ~= ARGV[1] .. '|' then return 0 end
return redis.call('UNLINK', KEYS[1])
