package dev.freshet.benchmarks.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Job;
import dev.freshet.queue.Enqueued;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.LongStream;

/**
 * Jobs that are enqueued where no worker looks, and then put before the workers at one moment: the keys of one prefix are
 * renamed to those of the other.
 */
final class Backlog implements AutoCloseable {
    /** The prefix that the workers know. */
    static final String PREFIX = "bench";

    private static final String ASIDE = "aside";
    private static final Duration LOOK = Duration.ofMillis(1);

    private final RedisServer server;
    private final JobQueue queue;
    private final int partitions;
    private long sent;

    Backlog(RedisServer server, int partitions) {
        this.server = server;
        this.partitions = partitions;
        this.queue = new JobQueue(
                server,
                QueueOptions.defaults(ASIDE)
                        .withPartitions(partitions)
                        .withMaxDepth(Integer.MAX_VALUE)
                        .withMaxBytes(Long.MAX_VALUE / 2));
    }

    /** How many jobs were enqueued so far; the next one has this number. */
    long sent() {
        return sent;
    }

    void fill(int jobs) {
        fill(jobs, Bodies::job);
    }

    void fill(int jobs, LongFunction<Job> job) {
        for (int left = jobs; left > 0; ) {
            int some = Math.min(left, 500);
            var page = LongStream.range(sent, sent + some).mapToObj(job).toList();
            var outcomes = server.await(queue.enqueueAll(page));
            if (!outcomes.stream().allMatch(Enqueued.ACCEPTED::equals)) {
                throw new IllegalStateException("a new job was not accepted: " + outcomes.getFirst());
            }
            sent += some;
            left -= some;
        }
    }

    /** Puts them before the workers. @return the nano time at which they stood there, at the latest */
    long release() {
        for (int i = 0; i < partitions; i++) {
            var commands = server.session(key(PREFIX, i, "ready")).commands();
            var unused = commands.multi();
            for (var part : List.of("counts", "window", "ready")) {
                var unusedAnswer = commands.rename(key(ASIDE, i, part), key(PREFIX, i, part));
            }
            server.await(commands.exec());
        }
        return System.nanoTime();
    }

    /** Only the list, for a client that knows no more of it. @return its key */
    String releaseAsList() {
        var list = "plain:ready";
        var commands = server.session().commands();
        server.await(commands.rename(key(ASIDE, 0, "ready"), list));
        forget();
        return list;
    }

    /** Where the jobs stand that are not released. */
    JobQueue aside() {
        return queue;
    }

    /** What was counted of jobs that are not released. */
    void forget() {
        server.await(server.session().commands().unlink(key(ASIDE, 0, "counts"), key(ASIDE, 0, "window")));
    }

    /** Waits until so many of those released last are done. @return the nano time of it */
    long awaitDone(long jobs, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (count("done") < jobs) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("only " + count("done") + " of " + jobs + " jobs are done");
            }
            Thread.sleep(LOOK);
        }
        return System.nanoTime();
    }

    /** How many of the jobs released last are not done, whatever else became of them. */
    long lost(long jobs) {
        return Math.abs(jobs - count("accepted")) + Math.abs(jobs - count("done")) + count("dead");
    }

    private long count(String name) {
        var counts = new long[partitions];
        for (int i = 0; i < partitions; i++) {
            var key = key(PREFIX, i, "counts");
            var found = server.await(server.session(key).commands().hget(key, name));
            counts[i] = found == null ? 0 : Long.parseLong(new String(found, UTF_8));
        }
        return Arrays.stream(counts).sum();
    }

    private static String key(String prefix, int partition, String part) {
        return prefix + ":{q:" + partition + "}:" + part;
    }

    @Override
    public void close() {
        server.close();
    }
}
