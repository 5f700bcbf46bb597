package dev.freshet.cache;

import java.time.Instant;

/**
 * What a load brought, ready to be stored.
 *
 * @param name of the view, as in {@link Request}; empty for what is counted nowhere
 * @param content the value, not compressed, never changed afterwards
 * @param origin what loads it again; opaque to the cache
 * @param lastRead when somebody last asked for it: {@link Fill#begunAt()} where a reader waits for this very load
 * @param gzip as in {@link Request}
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record Loaded(
        String name, Fill fill, byte[] content, Lifetime lifetime, String origin, Instant lastRead, boolean gzip) {

    /** Stored compressed where it is large. */
    public Loaded(String name, Fill fill, byte[] content, Lifetime lifetime, String origin, Instant lastRead) {
        this(name, fill, content, lifetime, origin, lastRead, true);
    }
}
