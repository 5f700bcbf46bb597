package dev.freshet.worker.run;

import dev.freshet.db.Database;
import dev.freshet.redis.RedisServer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL and the cache, both of which every batch needs. While one is away no job is claimed: waiting costs no
 * attempt and fills no dead letters.
 */
final class Dependencies {
    private static final Logger log = LoggerFactory.getLogger(Dependencies.class);

    private final Database database;
    private final RedisServer cache;
    private volatile @Nullable String away;

    Dependencies(Database database, RedisServer cache) {
        this.database = database;
        this.cache = cache;
    }

    /** The one that is away as far as is known; empty when work may go on. */
    Optional<String> away() {
        return Optional.ofNullable(away);
    }

    void lost(OutageException outage) {
        if (away == null) {
            log.warn("paused dependency={} cause={}", outage.dependency(), String.valueOf(outage.getCause()));
        }
        away = outage.dependency();
    }

    /** Asks both whether they are there again. */
    boolean probe() {
        var before = away;
        away = firstAway();
        if (before != null && away == null) {
            log.info("resumed dependency={}", before);
        }
        return away == null;
    }

    private @Nullable String firstAway() {
        try {
            database.ping();
        } catch (Exception e) {
            return "postgresql";
        }
        try {
            cache.ping();
        } catch (RuntimeException e) {
            return "cache";
        }
        return null;
    }
}
