package dev.freshet.catalog;

import java.time.Duration;

/**
 * How much one caller may ask per window; 0 is no limit.
 *
 * @param webhooks deliveries of one address
 * @param api reads, events and writes of one address
 * @param cache operations of the admin API by one address
 * @param database loads from the database that reads of one address ask for
 * @param identifier reads of one identifier
 * @param identifierHeader the request header that holds the identifier; empty for the bearer token
 */
public record Limits(
        int webhooks, int api, int cache, int database, int identifier, String identifierHeader, Duration window) {
    static final Duration SHORTEST_WINDOW = Duration.ofSeconds(1);

    static final Duration LONGEST_WINDOW = Duration.ofMillis(Integer.MAX_VALUE);

    public static final Limits NONE = new Limits(0, 0, 0, 0, 0, "", Duration.ofMinutes(1));
}
