package dev.freshet.queue;

import java.time.Duration;

/**
 * How one queue behaves. All processes of a fleet use the same.
 *
 * @param prefix what every key begins with
 * @param seenFor how long a delivery is known at least, so that its second arrival is a duplicate
 * @param maxDepth how many jobs may be ready and waiting for a retry before new ones are refused; as many dead letters
 * @param maxCrashes how many claims may die with a job alone in them before it is buried as poison
 */
public record QueueOptions(String prefix, Duration seenFor, long maxDepth, int maxCrashes) {

    /** @throws IllegalArgumentException when a number or the duration is not positive */
    public QueueOptions {
        if (seenFor.toMillis() < 1 || maxDepth < 1 || maxCrashes < 1) {
            throw new IllegalArgumentException("a queue's window, depth and crashes must be positive");
        }
    }

    /** Three days, a million jobs, three crashes. */
    public static QueueOptions defaults(String prefix) {
        return new QueueOptions(prefix, Duration.ofDays(3), 1_000_000, 3);
    }
}
