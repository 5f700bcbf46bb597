<?php
// Fills one tag with N keys through Symfony's RedisTagAwareAdapter and invalidates it.
// Usage: php symfony-tags.php PORT N     prints "invalidated N keys in microseconds: T"; exits with 3 when it is not installed
$autoload = stream_resolve_include_path('Symfony/Component/Cache/autoload.php');
if (!extension_loaded('redis') || !$autoload) {
    echo 'php-redis or php-symfony-cache is not installed';
    exit(3);
}
require $autoload;
[, $port, $count] = $argv;
ini_set('memory_limit', '2G');
$redis = new Redis();
$redis->connect('127.0.0.1', (int) $port, 10, null, 0, 600);
$cache = new Symfony\Component\Cache\Adapter\RedisTagAwareAdapter($redis, 'symfony');
for ($from = 0; $from < $count; $from += 1000) {
    $keys = array_map(fn ($i) => "key-$i", range($from, min($from + 1000, $count) - 1));
    foreach ($cache->getItems($keys) as $item) {
        $cache->saveDeferred($item->set('{"value":1}')->tag('big')->expiresAfter(3600));
    }
    $cache->commit();
}
$start = hrtime(true);
$cache->invalidateTags(['big']);
printf('invalidated %d keys in microseconds: %d', $count, (hrtime(true) - $start) / 1000);
