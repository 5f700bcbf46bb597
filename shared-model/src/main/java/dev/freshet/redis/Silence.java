package dev.freshet.redis;

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
 * The Redis processes that left a call without an answer. Callers that have another way need not wait for these: they
 * go past them at once, until a ping is answered again, of which there is one at a time.
 */
public final class Silence {
    private static final Logger log = LoggerFactory.getLogger(Silence.class);
    /** Between two pings. */
    private static final Duration PAUSE = Duration.ofMillis(100);
    /** Longer than any deadline of a command. */
    private static final Duration FOR_ITS_ANSWER = Duration.ofHours(1);

    private final RedisServer server;
    private final String name;
    private final String effect;
    /** When to ping next, in nanoseconds of this JVM. */
    private final Map<RedisSession, Long> silent = new ConcurrentHashMap<>();

    /**
     * @param name of the server in log lines, such as {@code cache}
     * @param effect what callers do meanwhile, for the log
     */
    public Silence(RedisServer server, String name, String effect) {
        this.server = server;
        this.name = name;
        this.effect = effect;
    }

    /**
     * Runs a call that waits for its answer.
     *
     * @param keyOf where in Redis each request looks
     * @throws RedisException what it fails with; or at once when a process that holds one of the keys did not answer, and
     *     was not heard of since
     */
    public <R, T> T guard(Collection<R> requests, Function<R, String> keyOf, Supplier<T> call) {
        if (!silent.isEmpty() && requests.stream().map(keyOf).anyMatch(this::covers)) {
            throw new RedisException("the " + name + "'s redis did not answer a moment ago");
        }
        try {
            return call.get();
        } catch (RedisException e) {
            if (isSilence(e)) {
                requests.forEach(request -> note(keyOf.apply(request), e));
            }
            throw e;
        }
    }

    /**
     * Whether the process that holds a key did not answer and was not heard of since. Asks it again now and then.
     *
     * @throws RedisException when there is no session with it
     */
    public boolean covers(String key) {
        if (silent.isEmpty()) {
            return false;
        }
        var session = server.session(key);
        var pingAt = silent.get(session);
        if (pingAt == null) {
            return false;
        }
        if (System.nanoTime() - pingAt >= 0 && silent.replace(session, pingAt, in(FOR_ITS_ANSWER))) {
            ping(session);
        }
        return true;
    }

    /** Remembers that the process that holds a key did not answer, if that is what the error says. */
    public void note(String key, Throwable error) {
        if (!isSilence(error)) {
            return;
        }
        silent.keySet().removeIf(session -> !session.isOpen());
        try {
            if (silent.putIfAbsent(server.session(key), System.nanoTime()) == null) {
                log.warn("{} silent effect={}", name, effect);
            }
        } catch (RedisException e) {
            log.debug("{} away cause={}", name, e.getMessage()); // then calls fail at once anyway
        }
    }

    private void ping(RedisSession session) {
        var unused = session.commands().ping().whenComplete((pong, error) -> {
            if (error == null) {
                silent.remove(session);
                log.info("{} answers again", name);
            } else {
                silent.replace(session, in(PAUSE));
            }
        });
    }

    private static long in(Duration time) {
        return System.nanoTime() + time.toNanos();
    }

    private static boolean isSilence(Throwable error) {
        return error instanceof RedisCommandTimeoutException
                || error instanceof TimeoutException
                || error.getCause() instanceof TimeoutException;
    }
}
