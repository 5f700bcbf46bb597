package dev.freshet.ingest;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Optional;

/**
 * How many requests one address may make in a window, counted by this process alone. Keeps a bounded number of
 * addresses: when more come, those least seen are forgotten and start anew.
 */
final class RequestLimit {
    private static final int MAX_ADDRESSES = 100_000;

    private final long requests;
    private final Duration window;
    private final TimeMeter time;
    private final Cache<String, Bucket> buckets;

    /** @param requests per window and address; 0 for no limit */
    RequestLimit(long requests, Duration window, TimeMeter time) {
        this.requests = requests;
        this.window = window;
        this.time = time;
        this.buckets = Caffeine.newBuilder()
                .maximumSize(MAX_ADDRESSES)
                .expireAfterAccess(window.multipliedBy(2))
                .build();
    }

    /**
     * Counts one request.
     *
     * @return empty when it may pass; otherwise how long to wait
     */
    Optional<Duration> refuse(String address) {
        if (requests == 0) {
            return Optional.empty();
        }
        var probe = buckets.get(address, any -> newBucket()).tryConsumeAndReturnRemaining(1);
        return probe.isConsumed() ? Optional.empty() : Optional.of(Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }

    private Bucket newBucket() {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(requests).refillGreedy(requests, window))
                .withCustomTimePrecision(time)
                .build();
    }
}
