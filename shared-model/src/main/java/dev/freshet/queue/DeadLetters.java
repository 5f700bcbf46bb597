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
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The jobs that were given up. They stay until somebody replays or discards them. Calls throw
 * {@link io.lettuce.core.RedisException} when Redis is away, and {@link dev.freshet.settings.SettingException} when the
 * queue there has another number of partitions.
 */
public final class DeadLetters {
    /** How many replayed jobs a second are let back into the queue when nothing else is asked for. */
    public static final int DEFAULT_RATE = 100;

    private static final int CHUNK = 100;

    private final Partitions partitions;
    private final Actions actions;
    private final Optional<BodyStore> store;

    public DeadLetters(RedisServer server, QueueOptions options) {
        this(new ScriptRunner(server), options, Optional.empty());
    }

    /** @param store where bodies may have been moved to */
    public DeadLetters(RedisServer server, QueueOptions options, BodyStore store) {
        this(new ScriptRunner(server), options, Optional.of(store));
    }

    DeadLetters(ScriptRunner redis, QueueOptions options) {
        this(redis, options, Optional.empty());
    }

    DeadLetters(ScriptRunner redis, QueueOptions options, Optional<BodyStore> store) {
        this.partitions = new Partitions(redis, options);
        this.actions = new Actions(redis, options.prefix());
        this.store = store;
    }

    /**
     * The letters that match, the latest first, without their bodies.
     *
     * @param offset how many of them to leave out
     * @param limit how many to return at most
     */
    public List<DeadLetter> list(DeadFilter filter, int offset, int limit) {
        var heads = new PriorityQueue<Next>(
                Comparator.comparing((Next next) -> next.letter.at()).reversed());
        for (var partition : partitions.all()) {
            var letters = partition.letters().find(filter, true).map(Head::letter);
            Next.of(letters.iterator()).ifPresent(heads::add);
        }
        var found = new ArrayList<DeadLetter>();
        int skip = offset;
        for (var next = heads.poll(); next != null && found.size() < limit; next = heads.poll()) {
            if (skip-- <= 0) {
                found.add(next.letter);
            }
            Next.of(next.rest).ifPresent(heads::add);
        }
        return found;
    }

    /** Gives all that match to somebody, without their bodies, in no order, a few of them at a time. */
    public void each(DeadFilter filter, Consumer<List<DeadLetter>> reader) {
        eachHead(
                filter,
                (letters, heads) ->
                        reader.accept(heads.stream().map(Head::letter).toList()));
    }

    /** As {@link #each}, with their bodies as far as these can be had. */
    public void eachWhole(DeadFilter filter, Consumer<DeadLetter> reader) {
        eachHead(filter, (letters, heads) -> letters.eachWhole(heads, store, reader));
    }

    /** The letter of this job, with its body if that can be had; empty when there is none. */
    public Optional<DeadLetter> find(String jobId) {
        var letters = Partitions.of(partitions.all(), jobId).letters();
        return letters.whole(letters.heads(List.of(jobId)), store).stream().findFirst();
    }

    /**
     * Sends letters back to be done again, with all tries open to them.
     *
     * @param rate how many jobs a second are let into the queue, shared evenly by the partitions that these jobs belong
     *     to; the last call's counts for all that wait
     * @return how many of them there were
     */
    public int replay(Collection<String> jobIds, double rate, DeadProgress progress) {
        requireRate(rate);
        var parts = Partitions.group(partitions.all(), jobIds, Function.identity());
        double share = rate / Math.max(1, parts.size());
        return parts.entrySet().stream()
                .mapToInt(part -> part.getKey().letters().replay(part.getValue(), share, store, progress))
                .sum();
    }

    /** As {@link #replay(Collection, double, DeadProgress)}, watched by nobody. */
    public int replay(Collection<String> jobIds, double rate) {
        return replay(jobIds, rate, DeadProgress.NONE);
    }

    /** Replays all that match and were buried before the call. Broken off, it is finished by calling it again. */
    public int replayAll(DeadFilter filter, double rate, DeadProgress progress) {
        requireRate(rate);
        var all = partitions.all();
        double share = rate / all.size();
        return all.stream()
                .mapToInt(partition -> partition.letters().replayAll(filter, share, store, progress))
                .sum();
    }

    /** As {@link #replayAll(DeadFilter, double, DeadProgress)}, watched by nobody. */
    public int replayAll(DeadFilter filter, double rate) {
        return replayAll(filter, rate, DeadProgress.NONE);
    }

    /**
     * Forgets letters for good.
     *
     * @return how many of them there were
     */
    public int discard(Collection<String> jobIds, DeadProgress progress) {
        return Partitions.group(partitions.all(), jobIds, Function.identity()).entrySet().stream()
                .mapToInt(part -> part.getKey().letters().discard(part.getValue(), store, progress))
                .sum();
    }

    /** As {@link #discard(Collection, DeadProgress)}, watched by nobody. */
    public int discard(Collection<String> jobIds) {
        return discard(jobIds, DeadProgress.NONE);
    }

    /** Forgets all that match and were buried before the call. */
    public int discardAll(DeadFilter filter, DeadProgress progress) {
        return partitions.all().stream()
                .mapToInt(partition -> partition.letters().discardAll(filter, store, progress))
                .sum();
    }

    /** Notes that somebody begins to change dead letters, or, with a number, how many were changed. */
    public void note(DeadAction action) {
        actions.note(action);
    }

    /** The latest actions first, at most so many; no more than {@value Actions#MOST} are kept. */
    public List<DeadAction> actions(int most) {
        return actions.latest(most);
    }

    private interface HeadReader {
        void accept(Letters letters, List<Head> heads);
    }

    private void eachHead(DeadFilter filter, HeadReader reader) {
        for (var partition : partitions.all()) {
            var letters = partition.letters();
            var heads = letters.find(filter, false).iterator();
            while (heads.hasNext()) {
                var some = new ArrayList<Head>();
                while (heads.hasNext() && some.size() < CHUNK) {
                    some.add(heads.next());
                }
                reader.accept(letters, some);
            }
        }
    }

    private static void requireRate(double rate) {
        if (!(rate > 0)) {
            throw new IllegalArgumentException("a replay's rate must be more than 0 jobs a second, was " + rate);
        }
    }

    /** The next letter of a partition, and those that follow. */
    private record Next(DeadLetter letter, Iterator<DeadLetter> rest) {
        static Optional<Next> of(Iterator<DeadLetter> letters) {
            return letters.hasNext() ? Optional.of(new Next(letters.next(), letters)) : Optional.empty();
        }
    }
}
