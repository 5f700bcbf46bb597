package dev.freshet.worker.view;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many keys of a view are loaded by one statement. A statement of few wastes what each one costs beside its keys; one of
 * many blocks a connection, comes near the timeout and leaves what is hottest waiting for the rest.
 */
final class ChunkSizes {
    static final int FIRST = 50;
    static final int SMALLEST = 10;
    static final int LARGEST = 500;
    private static final long AIM_NANOS = Duration.ofMillis(100).toNanos();

    private final Map<String, Integer> sizes = new ConcurrentHashMap<>();

    /**
     * @param share of the keys that are wanted, for each of those who load at the same time: they shall all have something
     *     to do
     */
    int of(String view, int share) {
        return Math.min(size(view), Math.max(share, FIRST));
    }

    /** Notes how long a statement took. */
    void loaded(String view, int keys, Duration took) {
        int size = size(view);
        if (keys >= Math.min(size, FIRST)) { // of fewer most of the time may be the statement's own
            long aim = keys * AIM_NANOS / Math.max(1, took.toNanos());
            sizes.put(view, (int) Math.clamp(aim, SMALLEST, Math.min(2L * size, LARGEST)));
        }
    }

    /** Notes that a statement was cancelled, because it took too long. */
    void timedOut(String view) {
        sizes.put(view, Math.max(SMALLEST, size(view) / 2));
    }

    private int size(String view) {
        return sizes.getOrDefault(view, FIRST);
    }
}
