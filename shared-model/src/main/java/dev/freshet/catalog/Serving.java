package dev.freshet.catalog;

import java.time.Duration;
import java.util.Locale;

/**
 * How a view's values are kept, and how long they serve.
 *
 * @param ttl how long an entry is fresh
 * @param grace how much longer an entry may be served stale while the database is away; zero for not at all
 * @param absentFor the ttl of the answer {@code null}, that there is no such thing
 * @param refreshAhead an entry with less than this part of its ttl left is loaded again in the background; 0 for never
 * @param staleAfterInvalidate whether an entry that an invalidation reached may be served stale while it is loaded again
 * @param gzip whether values of 1 KiB and more are kept compressed
 */
public record Serving(
        Duration ttl,
        Duration grace,
        Duration absentFor,
        double refreshAhead,
        boolean staleAfterInvalidate,
        boolean gzip) {
    static final double REFRESH_AHEAD = 0.2;

    /** As a view that says nothing more. */
    public static Serving of(Duration ttl, Duration grace) {
        return new Serving(ttl, grace, ttl, REFRESH_AHEAD, false, true);
    }

    /** The setting that takes the place of a view's written ttl: {@code CACHE_TTL_USER_PROGRESS} of {@code userProgress}. */
    public static String variable(String view) {
        return "CACHE_TTL_"
                + view.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
                        .replace('-', '_')
                        .toUpperCase(Locale.ROOT);
    }
}
