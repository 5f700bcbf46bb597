-- expired: which claims are past their deadline. Reads only.
-- KEYS 1 claims   ARGV 1 clock offset ms  2 most claims
-- returns the claims, the longest expired first
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
