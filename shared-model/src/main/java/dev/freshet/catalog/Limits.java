package dev.freshet.catalog;

import java.time.Duration;

/**
 * How much one address may ask per window; 0 is no limit.
 *
 * @param webhooks deliveries
 * @param api events and write routes
 */
public record Limits(int webhooks, int api, Duration window) {
    public static final Limits NONE = new Limits(0, 0, Duration.ofMinutes(1));
}
