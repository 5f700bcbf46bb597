package dev.freshet.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.TimeoutException;
import io.github.bucket4j.distributed.proxy.optimization.NopeOptimizationListener;
import io.github.bucket4j.distributed.proxy.optimization.Optimization;
import io.github.bucket4j.distributed.proxy.optimization.skiponzero.SkipSyncOnZeroOptimization;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counted by the whole fleet. It is worse to refuse good requests than to let too many pass: while Redis is away or slow
 * all may, and after it did not answer one, for a second nobody else waits for it.
 */
final class SharedLimit implements RequestLimit {
    private static final Logger log = LoggerFactory.getLogger(SharedLimit.class);
    private static final Duration REST = Duration.ofSeconds(1);
    /** What is known here of callers saves round trips; who is forgotten is counted on in Redis. */
    private static final int MAX_CALLERS = 10_000;

    /** One caller's requests at a time are counted together, and those of who must wait anyway not at all. */
    private static final Optimization TOGETHER =
            new SkipSyncOnZeroOptimization(NopeOptimizationListener.INSTANCE, TimeMeter.SYSTEM_MILLISECONDS);

    private final SharedBuckets buckets;
    private final String name;
    private final BucketConfiguration limit;
    private final Cache<String, Bucket> callers;
    private final AtomicLong openUntil = new AtomicLong(System.nanoTime());

    /** @param requests per window and caller */
    SharedLimit(SharedBuckets buckets, String name, long requests, Duration window) {
        this.buckets = buckets;
        // a bucket keeps the limit that it began with: under another limit it is another bucket
        this.name = name + ":" + requests + ":" + window.toMillis();
        this.limit = BucketConfiguration.builder()
                .addLimit(it -> it.capacity(requests).refillGreedy(requests, window))
                .build();
        this.callers = Caffeine.newBuilder()
                .maximumSize(MAX_CALLERS)
                .expireAfterAccess(window.multipliedBy(2))
                .build();
    }

    @Override
    public Optional<Duration> refuse(String caller) {
        if (isOpen()) {
            return Optional.empty();
        }
        try {
            var probe = callers.get(caller, this::bucket).tryConsumeAndReturnRemaining(1);
            return probe.isConsumed()
                    ? Optional.empty()
                    : Optional.of(Duration.ofNanos(probe.getNanosToWaitForRefill()));
        } catch (RuntimeException e) {
            open(e);
            return Optional.empty();
        }
    }

    private Bucket bucket(String caller) {
        return buckets.manager().builder().withOptimization(TOGETHER).build(buckets.key(name, caller), () -> limit);
    }

    private boolean isOpen() {
        return System.nanoTime() - openUntil.get() < 0;
    }

    private void open(RuntimeException error) {
        long before = openUntil.get();
        long now = System.nanoTime();
        if (now - before < 0 || !openUntil.compareAndSet(before, now + REST.toNanos())) {
            return;
        }
        if (isOutage(error)) {
            log.debug("limit not counted name={} cause={}", name, error.toString());
        } else {
            log.error("limit not counted name={}", name, error);
        }
    }

    private static boolean isOutage(Throwable error) {
        return Stream.iterate(error, Objects::nonNull, Throwable::getCause)
                .anyMatch(cause -> cause instanceof RedisException || cause instanceof TimeoutException);
    }
}
