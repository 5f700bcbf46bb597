package dev.freshet.queue;

import dev.freshet.settings.Settings;
import java.time.Duration;

/**
 * How one queue behaves. All processes of a fleet use the same.
 *
 * @param prefix what every key begins with
 * @param seenFor how long a delivery is known at least, so that its second arrival is a duplicate
 * @param maxDepth how many jobs may be ready and waiting for a retry before new ones are refused; as many dead letters.
 *     Of several partitions each takes its share
 * @param maxCrashes how many claims may die with a job alone in them before it is buried as poison
 * @param partitions how many there are; 0 takes the number that stands in Redis, and where none does yet, 1 on a single
 *     server and twice the masters on a cluster
 */
public record QueueOptions(String prefix, Duration seenFor, long maxDepth, int maxCrashes, int partitions) {
    private static final int MAX_PARTITIONS = 256;

    /** @throws IllegalArgumentException when a number or the duration is not positive */
    public QueueOptions {
        if (seenFor.toMillis() < 1 || maxDepth < 1 || maxCrashes < 1) {
            throw new IllegalArgumentException("a queue's window, depth and crashes must be positive");
        }
        if (partitions < 0 || partitions > MAX_PARTITIONS) {
            throw new IllegalArgumentException("a queue has 1 to " + MAX_PARTITIONS + " partitions, was " + partitions);
        }
    }

    /** Three days, a million jobs, three crashes, as many partitions as there are. */
    public static QueueOptions defaults(String prefix) {
        return new QueueOptions(prefix, Duration.ofDays(3), 1_000_000, 3, 0);
    }

    /**
     * What the settings say, and the defaults where they say nothing.
     *
     * @throws dev.freshet.settings.SettingException when a setting cannot be used
     */
    public static QueueOptions from(Settings settings, String prefix) {
        var defaults = defaults(prefix);
        return new QueueOptions(
                prefix,
                settings.duration("SEEN_FOR", defaults.seenFor),
                settings.number("QUEUE_MAX_DEPTH", Math.toIntExact(defaults.maxDepth), 1, Integer.MAX_VALUE),
                defaults.maxCrashes,
                settings.number("QUEUE_PARTITIONS", defaults.partitions, 0, MAX_PARTITIONS));
    }

    /** The same with another number of partitions. */
    public QueueOptions withPartitions(int partitions) {
        return new QueueOptions(prefix, seenFor, maxDepth, maxCrashes, partitions);
    }
}
