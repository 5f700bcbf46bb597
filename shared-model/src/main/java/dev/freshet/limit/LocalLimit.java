package dev.freshet.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Optional;

/** Counted by this process alone. Of the callers that it knows, those least seen are forgotten and start anew. */
final class LocalLimit implements RequestLimit {
    private static final int MAX_CALLERS = 100_000;

    private final long requests;
    private final Duration window;
    private final TimeMeter time;
    private final Cache<String, Bucket> buckets;

    /** @param requests per window and caller */
    LocalLimit(long requests, Duration window, TimeMeter time) {
        this.requests = requests;
        this.window = window;
        this.time = time;
        this.buckets = Caffeine.newBuilder()
                .maximumSize(MAX_CALLERS)
                .expireAfterAccess(window.multipliedBy(2))
                .build();
    }

    @Override
    public Optional<Duration> refuse(String caller) {
        var probe = buckets.get(caller, any -> newBucket()).tryConsumeAndReturnRemaining(1);
        return probe.isConsumed() ? Optional.empty() : Optional.of(Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }

    private Bucket newBucket() {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(requests).refillGreedy(requests, window))
                .withCustomTimePrecision(time)
                .build();
    }
}
