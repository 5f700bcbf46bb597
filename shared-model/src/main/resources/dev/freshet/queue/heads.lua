-- heads: dead letters without their bodies, so that any number of them can be looked through. Reads only.
-- KEYS 1 dead  2 dead:at   ARGV ids
-- returns three for each that is there: its head (id and header; of a stub also the line between them), how many bytes
--         of body follow it, when it was buried in ms
local found = {}
for _, id in ipairs(ARGV) do
  local letter, at = redis.call('HGET', KEYS[1], id), redis.call('ZSCORE', KEYS[2], id)
  if letter and at then
    local head = string.match(letter, '^[^\n]*\nmoved [^\n]*\n[^\n]*\n') or string.match(letter, '^[^\n]*\n[^\n]*\n') or letter
    found[#found + 1], found[#found + 2], found[#found + 3] = head, #letter - #head, at
  end
end
return found
