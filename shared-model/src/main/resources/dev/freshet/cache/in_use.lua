-- in_use: which tags have keys, so that a sweep need not ask for each.
-- KEYS indexes of tags (sorted sets)
-- returns the places of those that are there, counted from 0
local found = {}
for first = 1, #KEYS, 100 do -- mostly none of them is: one call tells
    local last = math.min(first + 99, #KEYS)
    if redis.call('EXISTS', unpack(KEYS, first, last)) > 0 then
        for i = first, last do
            if redis.call('EXISTS', KEYS[i]) == 1 then found[#found + 1] = i - 1 end
        end
    end
end
return found
