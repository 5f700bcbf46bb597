-- weigh: about how many bytes the bodies of dead letters take, by a sample. Reads only.
-- KEYS 1 dead   ARGV 1 clock offset ms  2 how many to look at  3 bytes of the smallest body that counts
-- returns {bytes, exact when all were looked at; now in ms}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
local bytes, looked = 0, redis.call('HRANDFIELD', KEYS[1], ARGV[2])
for _, id in ipairs(looked) do
  local letter = redis.call('HGET', KEYS[1], id)
  local _, head = string.find(letter, '^[^\n]*\n[^\n]*\n')
  local body = #letter - (head or 0)
  if body >= tonumber(ARGV[3]) and not string.find(letter, '^[^\n]*\nmoved ') then bytes = bytes + body end
end
if #looked == 0 then return {0, now} end
return {math.floor(bytes * redis.call('HLEN', KEYS[1]) / #looked), now}
