package dev.freshet.catalog;

import java.time.Duration;

/**
 * How much one address may ask per window; 0 is no limit.
 *
 * @param webhooks deliveries
 * @param api cached reads and write routes
 * @param cache operations that clear the cache
 * @param queries loads from the database
 */
public record Limits(int webhooks, int api, int cache, int queries, Duration window) {
    public static final Limits NONE = new Limits(0, 0, 0, 0, Duration.ofMinutes(1));
}
