-- walk: look at a piece of a place, the latest added first. Reads only.
-- KEYS 1 a list, or retry (zset)   ARGV 1 from  2 to  3 'zset' or 'list'  4 'bodies' or 'headers'
-- returns the jobs, without their bodies if so asked; of a zset each followed by its score
local zset = ARGV[3] == 'zset'
local jobs = zset and redis.call('ZREVRANGE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES')
  or redis.call('LRANGE', KEYS[1], ARGV[1], ARGV[2])
if ARGV[4] == 'bodies' then return jobs end
for i = 1, #jobs, zset and 2 or 1 do jobs[i] = string.match(jobs[i], '^[^\n]*\n[^\n]*\n') or '' end
return jobs
