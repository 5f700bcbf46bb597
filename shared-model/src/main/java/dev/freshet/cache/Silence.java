package dev.freshet.cache;

import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Redis processes that left a read without an answer. Reads do not wait for these: they fail at once, until a ping is
 * answered again, of which there is one at a time. Only reads: whoever invalidates must know, and waits.
 */
final class Silence {
    private static final Logger log = LoggerFactory.getLogger(Silence.class);
    /** Between two pings. */
    private static final Duration PAUSE = Duration.ofMillis(100);
    /** Longer than any deadline of a command. */
    private static final Duration FOR_ITS_ANSWER = Duration.ofHours(1);

    private final RedisServer server;
    private final CacheKeys keys;
    /** When to ping next, in nanoseconds of this JVM. */
    private final Map<RedisSession, Long> silent = new ConcurrentHashMap<>();

    Silence(RedisServer server, CacheKeys keys) {
        this.server = server;
        this.keys = keys;
    }

    /**
     * Runs a read.
     *
     * @param keyOf what is read of each
     * @throws RedisException what it fails with; or at once when a process that holds one of the keys did not answer, and
     *     was not heard of since
     */
    <R, T> T guard(Collection<R> requests, Function<R, String> keyOf, Supplier<T> read) {
        if (!silent.isEmpty()) {
            requests.forEach(request -> check(server.session(keys.entry(keyOf.apply(request)))));
        }
        try {
            return read.get();
        } catch (RedisException e) {
            note(requests, keyOf, e);
            throw e;
        }
    }

    private <R> void note(Collection<R> requests, Function<R, String> keyOf, RedisException error) {
        if (!isSilence(error)) {
            return;
        }
        silent.keySet().removeIf(session -> !session.isOpen());
        requests.forEach(request -> {
            try {
                if (silent.putIfAbsent(server.session(keys.entry(keyOf.apply(request))), System.nanoTime()) == null) {
                    log.warn("cache silent cause={} effect=reads go past it until it answers", error.getMessage());
                }
            } catch (RedisException e) {
                log.debug("cache away cause={}", e.getMessage()); // then reads fail at once anyway
            }
        });
    }

    private void check(RedisSession session) {
        var pingAt = silent.get(session);
        if (pingAt == null) {
            return;
        }
        if (System.nanoTime() - pingAt >= 0 && silent.replace(session, pingAt, in(FOR_ITS_ANSWER))) {
            ping(session);
        }
        throw new RedisException("the cache's redis did not answer a moment ago");
    }

    private void ping(RedisSession session) {
        var unused = session.commands().ping().whenComplete((pong, error) -> {
            if (error == null) {
                silent.remove(session);
                log.info("cache answers again");
            } else {
                silent.replace(session, in(PAUSE));
            }
        });
    }

    private static long in(Duration time) {
        return System.nanoTime() + time.toNanos();
    }

    private static boolean isSilence(RedisException error) {
        return error instanceof RedisCommandTimeoutException || error.getCause() instanceof TimeoutException;
    }
}
