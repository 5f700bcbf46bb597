package dev.freshet.queue;

import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import java.time.Duration;

/**
 * How one queue behaves. All processes of a fleet use the same.
 *
 * @param prefix what every key begins with
 * @param seenFor how long a delivery is known at least, so that its second arrival is a duplicate
 * @param maxDepth how many jobs may be ready and waiting for a retry before new ones are refused; as many dead letters.
 *     Of several partitions each takes its share
 * @param maxBytes how many bytes the jobs may have that are neither done nor dead before new ones are refused. Of several
 *     partitions each takes its share
 * @param maxSeen how many deliveries are remembered before a window of {@code seenFor} ends early; twice as many are known
 *     at most. Of several partitions each takes its share
 * @param maxCrashes how many claims may die with a job in them before it is buried as poison
 * @param partitions how many there are; 0 takes the number that stands in Redis, and where none does yet, 1 on a single
 *     server and twice the masters on a cluster
 * @param waitReplicas how many replicas must have a delivery before it is accepted; 0 asks none
 * @param waitTimeout how long they are given
 */
public record QueueOptions(
        String prefix,
        Duration seenFor,
        long maxDepth,
        long maxBytes,
        long maxSeen,
        int maxCrashes,
        int partitions,
        int waitReplicas,
        Duration waitTimeout) {
    private static final int MAX_PARTITIONS = 256;

    /** @throws IllegalArgumentException when a number or the duration is not positive */
    public QueueOptions {
        if (seenFor.toMillis() < 1 || maxDepth < 1 || maxBytes < 1 || maxSeen < 1 || maxCrashes < 1) {
            throw new IllegalArgumentException("a queue's window, depth, bytes, seen ids and crashes must be positive");
        }
        if (waitReplicas < 0 || waitTimeout.toMillis() < 1) { // 0 would wait for ever
            throw new IllegalArgumentException("replicas to wait for must not be negative, and get 1 ms at least");
        }
        if (partitions < 0 || partitions > MAX_PARTITIONS) {
            throw new IllegalArgumentException("a queue has 1 to " + MAX_PARTITIONS + " partitions, was " + partitions);
        }
    }

    /** Three days, a million jobs, 1 GiB of them, 24 million ids, three crashes, as many partitions as there are, no wait for replicas. */
    public static QueueOptions defaults(String prefix) {
        return new QueueOptions(
                prefix, Duration.ofDays(3), 1_000_000, 1L << 30, 24_000_000, 3, 0, 0, Duration.ofMillis(250));
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
                settings.number("QUEUE_MAX_DEPTH", defaults.maxDepth, 1L, Integer.MAX_VALUE),
                settings.number("QUEUE_MAX_BYTES", defaults.maxBytes, 1L << 20, 1L << 40),
                settings.number("SEEN_MAX", defaults.maxSeen, 1_000L, 1_000_000_000L),
                defaults.maxCrashes,
                settings.number("QUEUE_PARTITIONS", defaults.partitions, 0, MAX_PARTITIONS),
                settings.number("QUEUE_WAIT_REPLICAS", defaults.waitReplicas, 0, 10),
                waitTimeout(settings, defaults.waitTimeout));
    }

    /** The same with another number of partitions. */
    public QueueOptions withPartitions(int partitions) {
        return new QueueOptions(
                prefix, seenFor, maxDepth, maxBytes, maxSeen, maxCrashes, partitions, waitReplicas, waitTimeout);
    }

    /** The same with another bound. */
    public QueueOptions withMaxDepth(long maxDepth) {
        return new QueueOptions(
                prefix, seenFor, maxDepth, maxBytes, maxSeen, maxCrashes, partitions, waitReplicas, waitTimeout);
    }

    /** The same with another bound of bytes. */
    public QueueOptions withMaxBytes(long maxBytes) {
        return new QueueOptions(
                prefix, seenFor, maxDepth, maxBytes, maxSeen, maxCrashes, partitions, waitReplicas, waitTimeout);
    }

    /** The same with another bound of remembered deliveries. */
    public QueueOptions withMaxSeen(long maxSeen) {
        return new QueueOptions(
                prefix, seenFor, maxDepth, maxBytes, maxSeen, maxCrashes, partitions, waitReplicas, waitTimeout);
    }

    /** The same with replicas to wait for. */
    public QueueOptions withReplicas(int replicas, Duration timeout) {
        return new QueueOptions(
                prefix, seenFor, maxDepth, maxBytes, maxSeen, maxCrashes, partitions, replicas, timeout);
    }

    private static Duration waitTimeout(Settings settings, Duration fallback) {
        var timeout = settings.duration("QUEUE_WAIT_TIMEOUT", fallback);
        if (timeout.toMillis() < 1) {
            throw new SettingException("QUEUE_WAIT_TIMEOUT must be at least 1ms; QUEUE_WAIT_REPLICAS=0 waits for none");
        }
        return timeout;
    }
}
