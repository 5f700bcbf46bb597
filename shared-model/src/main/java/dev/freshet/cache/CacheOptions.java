package dev.freshet.cache;

import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import java.time.Duration;

/**
 * How one fleet keeps its cache. All its processes must agree on the prefix and on the number of buckets.
 *
 * @param prefix what every key begins with
 * @param buckets into how many groups of keys the cache falls; 0 for what Redis has written down, and where nothing is,
 *     1 on a single Redis and 128 on a cluster
 * @param lease how long one loader may keep the others waiting; a load must end sooner
 * @param epochTtl how long an epoch that no load asks for is kept; losing one is only a miss
 * @param gzipFrom payloads of this many bytes or more are stored compressed
 * @param patience how long a reader waits for somebody else's load before it loads for itself
 * @param jitter up to which part each stored ttl is shortened at random, 0 to 1
 * @param refreshes how many loads ahead of expiry one process runs at the same time
 */
public record CacheOptions(
        String prefix,
        int buckets,
        Duration lease,
        Duration epochTtl,
        int gzipFrom,
        Duration patience,
        double jitter,
        int refreshes) {
    /** As many as a cluster has slots. */
    public static final int MOST_BUCKETS = 16_384;

    /** @throws IllegalArgumentException when a value is out of bounds */
    public CacheOptions {
        if (buckets < 0 || buckets > MOST_BUCKETS) {
            throw new IllegalArgumentException("a cache must have 1 to " + MOST_BUCKETS + " buckets, not " + buckets);
        }
        if (!lease.isPositive() || !epochTtl.isPositive() || patience.isNegative()) {
            throw new IllegalArgumentException("lease and epoch lifetime must be longer than nothing");
        }
        if (!(jitter >= 0 && jitter < 1) || refreshes < 0) {
            throw new IllegalArgumentException("jitter must be from 0 to below 1 and refreshes never negative");
        }
    }

    /** With a jitter of a tenth and four loads ahead at a time. */
    public CacheOptions(
            String prefix, int buckets, Duration lease, Duration epochTtl, int gzipFrom, Duration patience) {
        this(prefix, buckets, lease, epochTtl, gzipFrom, patience, 0.1, 4);
    }

    /**
     * The defaults, with {@code REDIS_CACHE_BUCKETS} where that is set.
     *
     * @param prefix what every key begins with
     * @throws SettingException when the number is out of bounds
     */
    public static CacheOptions from(Settings settings, String prefix) {
        boolean isSet = settings.find("REDIS_CACHE_BUCKETS").isPresent();
        return defaults(prefix).withBuckets(isSet ? settings.number("REDIS_CACHE_BUCKETS", 1, 1, MOST_BUCKETS) : 0);
    }

    /** As many buckets as Redis has written down, a lease of 30 s, epochs kept for 7 days, gzip from 1 KiB, patience of 10 s. */
    public static CacheOptions defaults(String prefix) {
        return new CacheOptions(prefix, 0, Duration.ofSeconds(30), Duration.ofDays(7), 1_024, Duration.ofSeconds(10));
    }

    /** From how many bytes on a payload is stored compressed, if it may be. */
    int gzipFrom(boolean gzip) {
        return gzip ? gzipFrom : Integer.MAX_VALUE;
    }

    /** The same with another number of buckets. */
    public CacheOptions withBuckets(int buckets) {
        return new CacheOptions(prefix, buckets, lease, epochTtl, gzipFrom, patience, jitter, refreshes);
    }
}
