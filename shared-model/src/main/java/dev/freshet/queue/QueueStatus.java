package dev.freshet.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * One moment of a queue.
 *
 * @param ready jobs to do
 * @param claimed jobs that workers hold
 * @param suspect jobs whose claim died, to be claimed one at a time
 * @param retry jobs that wait for their next try
 * @param replay dead letters on their way back
 * @param dead dead letters
 * @param bytes of all jobs that are neither done nor dead
 * @param seen deliveries that would be known if they came again, at most
 * @param counts {@code accepted}, {@code done}, {@code dead}, {@code discarded} and the workers' own tallies; a counter
 *     that never moved is missing
 * @param oldestAge how long ago the next ready job was received; empty when none is ready
 * @param paused why no job is claimed; empty when the queue is not paused
 */
public record QueueStatus(
        long ready,
        long claimed,
        long suspect,
        long retry,
        long replay,
        long dead,
        long bytes,
        long seen,
        Map<String, Long> counts,
        Optional<Duration> oldestAge,
        Optional<String> paused) {

    /** The counter of {@link #bytes}, beside those of jobs. */
    static final String BYTES = "bytes";

    public QueueStatus {
        counts = Map.copyOf(counts);
    }

    /** A counter, 0 when it never moved. */
    public long count(String name) {
        return counts.getOrDefault(name, 0L);
    }

    /** Jobs that are neither done nor dead nor discarded. */
    public long inFlight() {
        return ready + claimed + suspect + retry + replay;
    }

    /** Accepted jobs that are in no place: 0, or something was lost (positive) or is in two places (negative). */
    public long missing() {
        return count("accepted") - inFlight() - dead - count("done") - count("discarded");
    }

    /** All partitions as one. */
    public static QueueStatus sum(List<QueueStatus> partitions) {
        var counts = new HashMap<String, Long>();
        partitions.forEach(one -> one.counts.forEach((name, count) -> counts.merge(name, count, Long::sum)));
        return new QueueStatus(
                sum(partitions, QueueStatus::ready),
                sum(partitions, QueueStatus::claimed),
                sum(partitions, QueueStatus::suspect),
                sum(partitions, QueueStatus::retry),
                sum(partitions, QueueStatus::replay),
                sum(partitions, QueueStatus::dead),
                sum(partitions, QueueStatus::bytes),
                sum(partitions, QueueStatus::seen),
                counts,
                partitions.stream().flatMap(one -> one.oldestAge.stream()).max(Comparator.naturalOrder()),
                partitions.stream().flatMap(one -> one.paused.stream()).findFirst());
    }

    private static long sum(List<QueueStatus> partitions, ToLongFunction<QueueStatus> place) {
        return partitions.stream().mapToLong(place).sum();
    }

    /** Reads what {@code status.lua} returns. */
    static QueueStatus read(List<Object> answer) {
        var counts = new HashMap<String, Long>();
        var pairs = (List<?>) answer.get(6);
        for (int i = 0; i < pairs.size(); i += 2) {
            counts.put(text(pairs.get(i)), Long.valueOf(text(pairs.get(i + 1))));
        }
        long bytes = Objects.requireNonNullElse(counts.remove(BYTES), 0L);
        var now = Instant.ofEpochMilli((Long) answer.get(7));
        return new QueueStatus(
                (Long) answer.get(0),
                (Long) answer.get(1),
                (Long) answer.get(2),
                (Long) answer.get(3),
                (Long) answer.get(4),
                (Long) answer.get(5),
                Math.max(0, bytes), // jobs of an older process leave uncounted
                (Long) answer.get(10),
                counts,
                Optional.ofNullable((byte[]) answer.get(8)).flatMap(header -> age(header, now)),
                Optional.ofNullable((byte[]) answer.get(9)).map(QueueStatus::text));
    }

    private static Optional<Duration> age(byte[] header, Instant now) {
        try {
            var age = Duration.between(JobCodec.decode(header).receivedAt(), now);
            return Optional.of(age.isNegative() ? Duration.ZERO : age);
        } catch (JobFormatException e) {
            return Optional.empty(); // a newer process knows
        }
    }

    private static String text(Object bytes) {
        return new String((byte[]) bytes, UTF_8);
    }
}
