-- unpaired: the names on one page of a hash that a sorted set lacks, or the other way round. Reads only.
-- KEYS 1 walked  2 the other   ARGV 1 cursor  2 'HSCAN' or 'ZSCAN'  3 names on a page
-- returns {next cursor, '0' after the last page, names}
local page, names = redis.call(ARGV[2], KEYS[1], ARGV[1], 'COUNT', ARGV[3]), {}
for i = 1, #page[2], 2 do
  local name, found = page[2][i]
  if ARGV[2] == 'HSCAN' then found = redis.call('ZSCORE', KEYS[2], name)
  else found = redis.call('HEXISTS', KEYS[2], name) == 1 end
  if not found then names[#names + 1] = name end
end
return {page[1], names}
