package dev.freshet.cache;

import static dev.freshet.redis.Script.argument;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.redis.RedisServer;
import io.lettuce.core.RedisException;
import io.lettuce.core.SetArgs;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Into how many groups of keys the cache falls. All processes must agree: one that invalidates in fewer groups than
 * another one reads from would leave old values there. So the number stands in Redis, and each process looks at it before
 * its first use, over new sessions and with each invalidation. One that disagrees goes on without a cache.
 */
final class Buckets {
    private static final Logger log = LoggerFactory.getLogger(Buckets.class);
    private static final int ON_A_CLUSTER = 128;
    private static final SetArgs UNLESS_THERE = SetArgs.Builder.nx();

    private final RedisServer server;
    private final String record;
    private final int wanted;
    private final AtomicLong seenSessions = new AtomicLong(-1);
    private volatile int agreed;
    private volatile @Nullable String refusal;

    Buckets(RedisServer server, CacheOptions options) {
        this.server = server;
        this.record = options.prefix() + ":cache:buckets";
        this.wanted = options.buckets();
    }

    /**
     * Waits for Redis only until the number is known.
     *
     * @throws RedisException when it is not, because Redis is away, or when this process disagrees with the others
     */
    int count() {
        long sessions = server.sessionsOpened();
        if (agreed == 0) {
            server.await(confirm());
            seenSessions.set(sessions);
        } else if (seenSessions.get() != sessions && seenSessions.getAndSet(sessions) != sessions) {
            var unused = confirm().exceptionally(error -> {
                log.debug("buckets not confirmed cause={}", error.getMessage());
                return null;
            });
        }
        requireAgreement();
        return agreed;
    }

    /** Asks Redis whether the number is still the one that this process knows; fails when it is not. */
    CompletionStage<Void> confirm() {
        return recorded().thenAccept(this::compare);
    }

    /** Writes another number down, whatever stood there. What is cached is lost; who has the old number must go. */
    void change(int buckets) {
        server.await(server.send(record, session -> session.commands().set(record, argument(buckets))));
        refusal = null;
        agreed = buckets;
    }

    /** Why this process may not use the cache; null when it may, as far as it knows. */
    @Nullable String refusal() {
        return refusal;
    }

    private CompletionStage<Integer> recorded() {
        return look().thenCompose(found -> found == null ? write().thenCompose(written -> look()) : completed(found))
                .thenApply(found -> found == null ? 0 : Integer.parseInt(new String(found, UTF_8)));
    }

    private CompletionStage<byte[]> look() {
        return server.send(record, session -> session.commands().get(record));
    }

    private CompletionStage<String> write() {
        int known = agreed > 0 ? agreed : wanted;
        int count = known > 0 ? known : server.isCluster() ? ON_A_CLUSTER : 1;
        return server.send(record, session -> session.commands().set(record, argument(count), UNLESS_THERE));
    }

    private void compare(int found) {
        int own = agreed > 0 ? agreed : wanted;
        if (own == 0) {
            agreed = found;
        } else if (found == own) {
            agreed = own;
        } else {
            disagree(own, found);
        }
        requireAgreement();
    }

    /** For good: while this process went on, others may have read where it did not invalidate. */
    private synchronized void disagree(int own, int found) {
        if (refusal == null) {
            refusal = "the cache has " + own + " buckets for this process (REDIS_CACHE_BUCKETS) but " + found
                    + " in redis at " + server.address() + " (" + record + "); all processes that share a cache must"
                    + " agree: leave the setting out everywhere and start this process again, or stop them all and"
                    + " choose the number by 'freshet cache clear --buckets N'";
            log.error("cache not used cause={}", refusal);
        }
    }

    private void requireAgreement() {
        var reason = refusal;
        if (reason != null) {
            throw new RedisException(reason);
        }
    }

    private static <T> CompletionStage<T> completed(T value) {
        return CompletableFuture.completedFuture(value);
    }
}
