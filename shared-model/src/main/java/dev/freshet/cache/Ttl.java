package dev.freshet.cache;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/** Durations with a name, for those who would rather choose than measure. */
public enum Ttl {
    /** A minute. */
    SHORT(60),
    /** Five minutes. */
    MEDIUM(300),
    /** Half an hour. */
    LONG(1_800),
    /** An hour. */
    VERY_LONG(3_600),
    DAY(86_400);

    private final Duration duration;

    Ttl(long seconds) {
        duration = Duration.ofSeconds(seconds);
    }

    public Duration duration() {
        return duration;
    }

    /** @return empty when there is none of this name, which is written in capitals */
    public static Optional<Duration> named(String name) {
        return Arrays.stream(values())
                .filter(ttl -> ttl.name().equals(name))
                .map(Ttl::duration)
                .findFirst();
    }
}
