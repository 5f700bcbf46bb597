package dev.freshet.cache;

/**
 * A value and how it was come by.
 *
 * @param shared whether it lies in the cache for others too; false when its fill was refused or not tried
 */
public record Cached(Entry entry, Outcome outcome, boolean shared) {

    /** How a read ended. */
    public enum Outcome {
        /** It was there, and current. */
        HIT,
        /** It was loaded for this reader. */
        MISS,
        /** What is past its ttl stands in: somebody else loads it, or its load failed. */
        STALE,
        /** The cache could not be asked. */
        BYPASS
    }
}
