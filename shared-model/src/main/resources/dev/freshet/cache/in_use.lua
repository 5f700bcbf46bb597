-- in_use: which tags have keys, so that a sweep need not ask for each.
-- KEYS indexes of tags (sorted sets)
-- returns the places of those that are there, counted from 0
local found = {}
for i = 1, #KEYS do
    if redis.call('EXISTS', KEYS[i]) == 1 then found[#found + 1] = i - 1 end
end
return found
