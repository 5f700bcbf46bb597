package dev.freshet.cache;

import java.time.Duration;

/**
 * How long a value serves.
 *
 * @param ttl how long it is a hit
 * @param grace how much longer it may stand in when a reload fails; zero for never
 * @param hotFor how recently it must have been read to be worth loading again after an invalidation; zero for never
 */
public record Lifetime(Duration ttl, Duration grace, Duration hotFor) {
    /** Longer than anything is kept: hot whether read or not. */
    public static final Duration ALWAYS = Duration.ofDays(36_500);

    /** @throws IllegalArgumentException when the ttl is shorter than a millisecond or a duration is negative */
    public Lifetime {
        if (ttl.toMillis() < 1 || grace.isNegative() || hotFor.isNegative()) {
            throw new IllegalArgumentException("a lifetime must be at least 1ms and never negative, was " + ttl);
        }
    }

    /** No grace, and hot when read within one ttl. */
    public static Lifetime of(Duration ttl) {
        return new Lifetime(ttl, Duration.ZERO, ttl);
    }

    Duration untilHardExpiry() {
        return ttl.plus(grace);
    }
}
