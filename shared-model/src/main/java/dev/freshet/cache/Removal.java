package dev.freshet.cache;

import dev.freshet.redis.RedisServer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;

/**
 * Removes many keys. Leases go first: a load in flight then either was stored before the entries are walked, and is
 * found there, or is refused.
 */
final class Removal {
    private final RedisServer server;
    private final CacheKeys keys;
    private final Scan scan;

    Removal(RedisServer server, CacheKeys keys) {
        this.server = server;
        this.keys = keys;
        this.scan = new Scan(server);
    }

    /** @return how many entries were removed */
    long matching(String glob) {
        unlinkAll("l", glob);
        return unlinkAll("e", glob);
    }

    /** Everything, epochs and indexes too. */
    long everything() {
        unlinkAll("ltiw", "*");
        return unlinkAll("e", "*");
    }

    private long unlinkAll(String kinds, String glob) {
        return scan.pages(keys.pattern(kinds, glob))
                .mapToLong(page -> unlink(kinds, page.names()))
                .sum();
    }

    private long unlink(String kinds, Collection<String> names) {
        var byBucket = new HashMap<String, List<String>>();
        for (var name : names) {
            if (keys.isOurs(kinds, name)) {
                byBucket.computeIfAbsent(CacheKeys.hashTag(name), tag -> new ArrayList<>())
                        .add(name);
            }
        }
        return byBucket.values().stream().map(server::unlink).toList().stream()
                .mapToLong(server::await)
                .sum();
    }
}
