package dev.freshet.worker.run;

import dev.freshet.db.Database;
import dev.freshet.redis.RedisServer;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queue, the cache and PostgreSQL, all of which every batch needs. While one is away no job is claimed: waiting
 * costs no attempt and fills no dead letters.
 */
final class Dependencies {
    /**
     * After a relapse: of a dependency that answers the probe, such as a read-only PostgreSQL, but not the work. No longer,
     * since work resumes that much later once it is well again.
     */
    private static final Duration REST = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(Dependencies.class);

    private final Database database;
    private final @Nullable RedisServer cache;
    private final RedisServer queue;
    private final Clock clock;
    private volatile @Nullable String away;
    private volatile boolean hasLapsed;
    private volatile Instant restUntil = Instant.MIN;

    /** @param cache null when there is none */
    Dependencies(Database database, @Nullable RedisServer cache, RedisServer queue, Clock clock) {
        this.database = database;
        this.cache = cache;
        this.queue = queue;
        this.clock = clock;
    }

    /** The one that is away as far as is known; empty when work may go on. */
    Optional<String> away() {
        return Optional.ofNullable(away);
    }

    /** A batch met an outage. */
    synchronized void lost(OutageException outage) {
        if (away == null) {
            pause(outage.dependency(), outage.reason());
            if (hasLapsed) {
                restUntil = clock.instant().plus(REST);
            }
            hasLapsed = true;
        }
    }

    /** A batch went through. */
    void worked() {
        hasLapsed = false;
    }

    /** Asks all of them whether they are there. */
    void probe() {
        var missing = firstAway();
        synchronized (this) {
            if (missing != null) {
                if (away == null) {
                    pause(missing, "no answer");
                }
                away = missing;
            } else if (away != null && !clock.instant().isBefore(restUntil)) {
                log.info("resumed dependency={}", away);
                away = null;
            }
        }
    }

    private void pause(String dependency, String cause) {
        log.warn("paused dependency={} cause={}", dependency, cause);
        away = dependency;
    }

    private @Nullable String firstAway() {
        if (!queue.isConnected()) {
            return "queue";
        }
        try {
            if (cache != null) {
                cache.ping();
            }
        } catch (RuntimeException e) {
            return "cache";
        }
        try {
            database.ping();
        } catch (SQLException | RuntimeException e) {
            return "postgresql";
        }
        return null;
    }
}
