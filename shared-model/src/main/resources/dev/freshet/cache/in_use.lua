-- in_use: which tags have keys, so that a sweep need not ask for each.
-- KEYS indexes of tags (sorted sets)
-- returns the places of those that are there, counted from 0
local found = {}
for i, index in ipairs(KEYS) do
    if redis.call('EXISTS', index) == 1 then found[#found + 1] = i - 1 end
end
return found
