-- echo: returns its argument as a number. KEYS[1] unused  ARGV[1] a number
return tonumber(ARGV[1])
