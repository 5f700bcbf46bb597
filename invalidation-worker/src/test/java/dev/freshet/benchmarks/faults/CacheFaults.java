package dev.freshet.benchmarks.faults;

import dev.freshet.benchmarks.faults.Kind.Scene;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** What befalls the cache's Redis. */
final class CacheFaults {
    private static final List<String> CACHE = List.of("cache");

    private CacheFaults() {}

    static List<Kind> all() {
        return List.of(
                new Kind("cache-kill", CACHE, CacheFaults::kill),
                new Kind("cache-empty", CACHE, CacheFaults::restartEmpty),
                new Kind("cache-old-snapshot", CACHE, CacheFaults::restartOld),
                new Kind("cache-evict", CACHE, CacheFaults::evict));
    }

    private static String kill(Scene scene) throws InterruptedException {
        save(scene);
        scene.stack().cache.kill();
        scene.rest(200, 3_000);
        scene.stack().cache.restart();
        return "killed and restarted with what it had";
    }

    private static String restartEmpty(Scene scene) throws IOException, InterruptedException {
        scene.stack().cache.kill();
        Files.deleteIfExists(scene.stack().cache.directory().resolve("dump.rdb"));
        scene.rest(0, 1_000);
        scene.stack().cache.restart();
        return "restarted empty";
    }

    private static String restartOld(Scene scene) throws InterruptedException {
        save(scene);
        scene.rest(1_000, 3_000);
        scene.stack().cache.kill();
        scene.rest(0, 1_000);
        scene.stack().cache.restart();
        return "restarted from an older snapshot";
    }

    private static String evict(Scene scene) throws InterruptedException {
        try (var redis = connect(scene)) {
            redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
            long used = redis.info("memory", "used_memory");
            long evicted = redis.info("stats", "evicted_keys");
            redis.call("CONFIG", "SET", "maxmemory", String.valueOf(used * 9 / 10));
            try {
                scene.rest(2_000, 4_000);
            } finally {
                redis.call("CONFIG", "SET", "maxmemory", "0");
                redis.call("CONFIG", "SET", "maxmemory-policy", "noeviction");
            }
            return "evicted " + (redis.info("stats", "evicted_keys") - evicted) + " keys";
        }
    }

    private static void save(Scene scene) {
        try (var redis = connect(scene)) {
            redis.call("SAVE");
        }
    }

    private static RedisClient connect(Scene scene) {
        return RedisClient.connect(
                scene.stack().cache.port(), scene.stack().secrets.redis());
    }
}
