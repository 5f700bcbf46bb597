package dev.freshet.cache;

/**
 * What the reads of one view, or of one typed cache, came to.
 *
 * @param loads values that were loaded, by readers and by re-warms
 * @param refused fills that the cache refused
 * @param bytes answered to readers, as stored
 * @param errors loads that failed, values that could not be understood, calls that Redis did not answer
 * @param loadSeconds of all loads together, a batch once
 * @param storedBytes of all values that were stored, as they lie in Redis
 * @param rawBytes of the same values as they were loaded
 */
public record ViewStats(
        String view,
        long hits,
        long misses,
        long stale,
        long bypassed,
        long loads,
        long refused,
        long bytes,
        long errors,
        double loadSeconds,
        long storedBytes,
        long rawBytes) {

    /** A view that nobody asked for. */
    public static ViewStats none(String view) {
        return new ViewStats(view, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /** However they ended. */
    public long reads() {
        return hits + misses + stale + bypassed;
    }

    /** The part of all reads that were hits, 0 to 1; 0 when there was none. */
    public double hitRate() {
        return reads() == 0 ? 0 : (double) hits / reads();
    }

    /** Bytes stored for one byte loaded, 1 for no compression; 1 when nothing was stored. */
    public double compression() {
        return rawBytes == 0 ? 1 : (double) storedBytes / rawBytes;
    }

    /** Both together, under this one's name. */
    public ViewStats plus(ViewStats other) {
        return new ViewStats(
                view,
                hits + other.hits,
                misses + other.misses,
                stale + other.stale,
                bypassed + other.bypassed,
                loads + other.loads,
                refused + other.refused,
                bytes + other.bytes,
                errors + other.errors,
                loadSeconds + other.loadSeconds,
                storedBytes + other.storedBytes,
                rawBytes + other.rawBytes);
    }

    ViewStats minus(ViewStats before) {
        return new ViewStats(
                view,
                hits - before.hits,
                misses - before.misses,
                stale - before.stale,
                bypassed - before.bypassed,
                loads - before.loads,
                refused - before.refused,
                bytes - before.bytes,
                errors - before.errors,
                loadSeconds - before.loadSeconds,
                storedBytes - before.storedBytes,
                rawBytes - before.rawBytes);
    }
}
