package dev.freshet.cache;

import java.time.Duration;

/**
 * How long a value serves.
 *
 * @param ttl how long it is a hit; stored values live up to a tenth less, so that what was stored together does not
 *     expire together (see {@link CacheOptions#jitter()})
 * @param grace how much longer it may stand in, marked as stale, while somebody loads it or when its reload fails; zero
 *     for never
 * @param hotFor how recently it must have been read to be worth loading again after an invalidation; zero for never
 * @param refreshAhead a hit with less than this part of its ttl left is loaded again in the background; 0 for never,
 *     below 1
 * @param staleAfterInvalidate whether a value that an invalidation reached may stand in too, marked as stale, while
 *     somebody loads it or when its reload fails. It gives up the cache's guarantee for this value.
 */
public record Lifetime(
        Duration ttl, Duration grace, Duration hotFor, double refreshAhead, boolean staleAfterInvalidate) {
    /** Longer than anything is kept: hot whether read or not. */
    public static final Duration ALWAYS = Duration.ofDays(36_500);

    /** @throws IllegalArgumentException when the ttl is shorter than a millisecond or another value is out of bounds */
    public Lifetime {
        if (ttl.toMillis() < 1 || grace.isNegative() || hotFor.isNegative()) {
            throw new IllegalArgumentException("a lifetime must be at least 1ms and never negative, was " + ttl);
        }
        if (!(refreshAhead >= 0 && refreshAhead < 1)) {
            throw new IllegalArgumentException("refreshAhead must be from 0 to below 1, was " + refreshAhead);
        }
    }

    /** Not refreshed ahead, and never stale after an invalidation. */
    public Lifetime(Duration ttl, Duration grace, Duration hotFor) {
        this(ttl, grace, hotFor, 0, false);
    }

    /** No grace, and hot when read within one ttl. */
    public static Lifetime of(Duration ttl) {
        return new Lifetime(ttl, Duration.ZERO, ttl);
    }

    /** The same with another ttl. */
    public Lifetime withTtl(Duration ttl) {
        return new Lifetime(ttl, grace, hotFor, refreshAhead, staleAfterInvalidate);
    }

    /** The same with grace. */
    public Lifetime withGrace(Duration grace) {
        return new Lifetime(ttl, grace, hotFor, refreshAhead, staleAfterInvalidate);
    }

    /** The same, refreshed ahead. */
    public Lifetime withRefreshAhead(double fraction) {
        return new Lifetime(ttl, grace, hotFor, fraction, staleAfterInvalidate);
    }

    /** The same, but standing in also after an invalidation. */
    public Lifetime withStaleAfterInvalidate() {
        return new Lifetime(ttl, grace, hotFor, refreshAhead, true);
    }

    /** @param part of the ttl, 0 to 1 */
    Lifetime shortenedBy(double part) {
        return withTtl(Duration.ofMillis(Math.max(1, Math.round(ttl.toMillis() * (1 - part)))));
    }

    Duration untilHardExpiry() {
        return ttl.plus(grace);
    }
}
