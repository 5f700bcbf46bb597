package dev.freshet.cache;

import java.time.Instant;

/**
 * A key whose value is no longer current and was read recently: worth loading before the next reader comes.
 *
 * @param origin what loads it, as given when it was stored
 * @param lastRead carried over into the next entry, so that what nobody reads cools down
 */
public record Hot(String key, String origin, Instant lastRead) {}
