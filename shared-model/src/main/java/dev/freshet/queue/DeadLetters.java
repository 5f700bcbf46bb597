package dev.freshet.queue;

import dev.freshet.redis.RedisServer;
import dev.freshet.redis.ScriptRunner;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Function;

/**
 * The jobs that were given up. They stay until somebody replays or discards them. Calls throw
 * {@link io.lettuce.core.RedisException} when Redis is away, and {@link dev.freshet.settings.SettingException} when the
 * queue there has another number of partitions.
 */
public final class DeadLetters {
    /** How many replayed jobs a second are let back into the queue when nothing else is asked for. */
    public static final int DEFAULT_RATE = 100;

    private final Partitions partitions;

    public DeadLetters(RedisServer server, QueueOptions options) {
        this(new ScriptRunner(server), options);
    }

    DeadLetters(ScriptRunner redis, QueueOptions options) {
        this.partitions = new Partitions(redis, options);
    }

    /**
     * The letters that match, the latest first.
     *
     * @param offset how many of them to leave out
     * @param limit how many to return at most
     */
    public List<DeadLetter> list(DeadFilter filter, int offset, int limit) {
        var heads = new PriorityQueue<Head>(
                Comparator.comparing((Head head) -> head.letter.at()).reversed());
        for (var partition : partitions.all()) {
            Head.of(partition.letters().latestFirst().iterator()).ifPresent(heads::add);
        }
        var found = new ArrayList<DeadLetter>();
        int skip = offset;
        for (var head = heads.poll(); head != null && found.size() < limit; head = heads.poll()) {
            if (filter.matches(head.letter) && skip-- <= 0) {
                found.add(head.letter);
            }
            Head.of(head.rest).ifPresent(heads::add);
        }
        return found;
    }

    /** Empty when there is no letter of this job. */
    public Optional<DeadLetter> find(String jobId) {
        return Partitions.of(partitions.all(), jobId).letters().find(jobId);
    }

    /**
     * Sends letters back to be done again, with all tries open to them.
     *
     * @param rate how many jobs a second are let into the queue, shared evenly by the partitions that these jobs belong
     *     to; the last call's counts for all that wait
     * @return how many of them there were
     */
    public int replay(Collection<String> jobIds, int rate) {
        requireRate(rate);
        var parts = Partitions.group(partitions.all(), jobIds, Function.identity());
        double share = (double) rate / Math.max(1, parts.size());
        int replayed = 0;
        for (var part : parts.entrySet()) {
            replayed += part.getKey().letters().replay(part.getValue(), share);
        }
        return replayed;
    }

    /** Replays all that match and were buried before the call. Broken off, it is finished by calling it again. */
    public int replayAll(DeadFilter filter, int rate) {
        requireRate(rate);
        var all = partitions.all();
        double share = (double) rate / all.size();
        return all.stream()
                .mapToInt(partition -> partition.letters().replayAll(filter, share))
                .sum();
    }

    /**
     * Forgets letters for good.
     *
     * @return how many of them there were
     */
    public int discard(Collection<String> jobIds) {
        int discarded = 0;
        for (var part :
                Partitions.group(partitions.all(), jobIds, Function.identity()).entrySet()) {
            discarded += part.getKey().letters().discard(part.getValue());
        }
        return discarded;
    }

    private static void requireRate(int rate) {
        if (rate < 1) {
            throw new IllegalArgumentException("a replay's rate must be at least 1 job a second, was " + rate);
        }
    }

    /** The next letter of a partition, and those that follow. */
    private record Head(DeadLetter letter, Iterator<DeadLetter> rest) {
        static Optional<Head> of(Iterator<DeadLetter> letters) {
            return letters.hasNext() ? Optional.of(new Head(letters.next(), letters)) : Optional.empty();
        }
    }
}
