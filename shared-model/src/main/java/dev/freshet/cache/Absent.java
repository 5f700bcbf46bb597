package dev.freshet.cache;

import java.time.Duration;

/** What becomes of a null that a loader brings for "there is none". */
public sealed interface Absent {
    /** It is a mistake: the read throws {@link IllegalStateException}. */
    Absent REFUSED = new Refused();

    /** It is answered, and asked for again by the next reader. */
    Absent NOT_CACHED = new NotCached();

    /** It is cached like a value, with a ttl of its own. */
    static Absent cachedFor(Duration ttl) {
        return new CachedFor(ttl);
    }

    /** See {@link #REFUSED}. */
    record Refused() implements Absent {}

    /** See {@link #NOT_CACHED}. */
    record NotCached() implements Absent {}

    /** See {@link #cachedFor}. */
    record CachedFor(Duration ttl) implements Absent {}
}
