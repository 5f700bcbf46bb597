package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.redis.ScriptRunner;
import dev.freshet.settings.SettingException;
import io.lettuce.core.RedisException;
import io.lettuce.core.SetArgs;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The parts of a queue, each of which lies on one server of a cluster. How many there are is asked of Redis at the first
 * call: processes that disagree would not find each other's jobs, nor know each other's duplicates.
 */
final class Partitions {
    private final ScriptRunner redis;
    private final QueueOptions options;
    private volatile List<Partition> known = List.of();

    Partitions(ScriptRunner redis, QueueOptions options) {
        this.redis = redis;
        this.options = options;
    }

    /**
     * All of them, in order.
     *
     * @throws SettingException when another number was asked for than there are
     */
    List<Partition> all() {
        return known.isEmpty() ? open(redis.await(recorded())) : known;
    }

    /** All of them, in order; none before somebody has asked. */
    List<Partition> known() {
        return known;
    }

    /** As {@link #all}, without waiting for the answer. */
    CompletionStage<List<Partition>> whenKnown() {
        return known.isEmpty() ? recorded().thenApply(this::open) : CompletableFuture.completedStage(known);
    }

    /** See {@link JobQueue#keyOf}. */
    String keyOf(String jobId) {
        var all = known;
        return all.isEmpty()
                ? QueueKeys.partitions(options.prefix())
                : of(all, jobId).keys().ready;
    }

    /** The one that a job belongs to, wherever it stands. */
    static Partition of(List<Partition> all, String jobId) {
        return all.size() == 1 ? all.getFirst() : all.get(Digest.of(jobId).spread() % all.size());
    }

    /** What belongs to which of them, in the order given. */
    static <T> Map<Partition, List<T>> group(List<Partition> all, Collection<T> parts, Function<T, String> jobId) {
        return parts.stream().collect(Collectors.groupingBy(part -> of(all, jobId.apply(part))));
    }

    /**
     * Those of the asked in which a claim would find something. One that does not answer holds up no other.
     *
     * @throws RedisException when none of them answers
     */
    static List<Partition> withWork(ScriptRunner redis, List<Partition> asked) {
        var answers = asked.stream().map(Partition::hasWork).toList();
        var found = new ArrayList<Partition>();
        var failures = new ArrayList<RedisException>();
        for (int i = 0; i < asked.size(); i++) {
            try {
                if (redis.await(answers.get(i))) {
                    found.add(asked.get(i));
                }
            } catch (RedisException e) {
                failures.add(e);
            }
        }
        if (failures.size() == asked.size()) {
            throw failures.getFirst();
        }
        return found;
    }

    /** The number that stands in Redis, written there if none did. */
    private CompletionStage<Integer> recorded() {
        var key = QueueKeys.partitions(options.prefix());
        return redis.send(key, commands -> {
                    int wanted = options.partitions() > 0 ? options.partitions() : usual();
                    var unused = commands.set(key, argument(wanted), SetArgs.Builder.nx());
                    return commands.get(key);
                })
                .thenApply(number -> Integer.valueOf(new String(number, UTF_8)));
    }

    private int usual() {
        int masters = redis.server().masters();
        return redis.server().isCluster() ? 2 * masters : 1;
    }

    /** Opens them once, whoever else has asked meanwhile. */
    private synchronized List<Partition> open(int recorded) {
        if (options.partitions() > 0 && options.partitions() != recorded) {
            throw new SettingException("QUEUE_PARTITIONS is " + options.partitions() + ", but the queue in Redis has "
                    + recorded + ": leave it unset or set it to " + recorded
                    + " in all processes. To change the number,"
                    + " let the queue run empty, replay or discard its dead letters, stop all processes, and delete "
                    + QueueKeys.partitions(options.prefix()) + " in Redis");
        }
        if (known.isEmpty()) {
            known = IntStream.range(0, recorded)
                    .mapToObj(number -> new Partition(redis, options, number, recorded))
                    .toList();
        }
        return known;
    }
}
