package dev.freshet.session;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.TagCache;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** An application's sessions on a database and caches, as several processes keep them, by a clock that the test moves. */
final class Visits implements AutoCloseable {
    static final Duration TTL = Duration.ofHours(1);
    static final Duration LONGEST = Duration.ofHours(3);
    static final int MAX_BYTES = 100;
    private static final String SECRET = "the secret of thirty-two characters and more";

    final String prefix = TestServices.shared().newPrefix();
    private final URI database;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private Instant now = Instant.parse("2026-03-01T12:00:00Z");

    /** @param database with Freshet's tables, as serve comes to it */
    Visits(URI database) {
        this.database = database;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    Instant now() {
        return now;
    }

    /** As a process of its own. */
    Sessions sessions(URI cacheUrl) {
        return sessions(cacheUrl, "visits");
    }

    Sessions sessions(URI cacheUrl, String application) {
        return new Sessions(cache(cacheUrl), database(), options(application), clock());
    }

    /** The cache is empty for it and stays so. */
    Sessions uncached() {
        return new Sessions(null, database(), options("visits"), clock());
    }

    TagCache cache(URI url) {
        var server = new RedisServer("cache", url, Duration.ofSeconds(5));
        open.push(server);
        return new TagCache(server, CacheOptions.defaults(prefix));
    }

    private Database database() {
        var opened = new Database(database, new DatabaseOptions(4, Duration.ofSeconds(20), Duration.ofSeconds(3)));
        open.push(opened);
        return opened;
    }

    private static SessionOptions options(String application) {
        return new SessionOptions(application, TTL, LONGEST, List.of(SECRET), MAX_BYTES);
    }

    private Clock clock() {
        return new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now;
            }
        };
    }

    @Override
    public void close() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }
}
