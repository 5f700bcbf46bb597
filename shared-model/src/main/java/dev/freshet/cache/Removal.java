package dev.freshet.cache;

import dev.freshet.redis.RedisServer;
import io.lettuce.core.RedisException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Removes many keys. Leases go first: a load in flight then either was stored before the entries are walked, and is
 * found there, or is refused.
 */
final class Removal {
    private static final int MOST_WALKS = 4;

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
        return fromAll(() -> {
            unlinkAll("l", glob);
            return unlinkAll("e", glob);
        });
    }

    /** Everything, epochs and indexes too. */
    long everything() {
        return fromAll(() -> {
            unlinkAll("ltiwmsr", "*");
            return unlinkAll("e", "*");
        });
    }

    /** A replica, and a master whose time is over, answer a SCAN too, with what they know; so it is walked again. */
    private long fromAll(LongSupplier walk) {
        long removed = 0;
        for (int i = 0; i < MOST_WALKS; i++) {
            var before = server.sessionsNow();
            removed += walk.getAsLong();
            if (server.sessionsNow().equals(before)) {
                return removed;
            }
        }
        throw new RedisException("cannot remove from a cluster whose masters change all the time; try again later");
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
