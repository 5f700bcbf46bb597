package dev.freshet.benchmarks.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import io.lettuce.core.KeyValue;
import io.lettuce.core.LMoveArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** The least that can be between who enqueues and who works, from the same schedule. */
final class BarePickup implements AutoCloseable {
    private static final byte[] LIST = "bare:pickup".getBytes(UTF_8);
    private static final String KEPT = "kept";
    private static final byte[] READY = (KEPT + ":{q:0}:ready").getBytes(UTF_8);
    private static final byte[] MINE = (KEPT + ":{q:0}:mine").getBytes(UTF_8);
    private static final byte[] DEADLINES = (KEPT + ":{q:0}:deadlines").getBytes(UTF_8);
    private static final double LONGEST = 30;

    private final RedisClient client;
    private final StatefulRedisConnection<byte[], byte[]> pushing;
    private final StatefulRedisConnection<byte[], byte[]> waiting;
    private final RedisServer server;
    private final JobQueue queue;
    private long sent;

    /** How a job comes into a worker's hand. */
    private interface Take {
        /** @return false when none came */
        boolean one(RedisCommands<byte[], byte[]> redis);
    }

    BarePickup(URI redis) {
        client = RedisClient.create(RedisURI.create(redis));
        pushing = client.connect(ByteArrayCodec.INSTANCE);
        waiting = client.connect(ByteArrayCodec.INSTANCE);
        server = new RedisServer("kept", redis, Duration.ofSeconds(10));
        queue = new JobQueue(server, QueueOptions.defaults(KEPT).withPartitions(1));
    }

    /**
     * LPUSH, and a BRPOP that waits for it: no job is claimed, none comes back when its worker dies.
     *
     * @return microseconds of each, in the order of their coming
     */
    List<Double> pickUp(int jobs, int perSecond) throws InterruptedException {
        return pickUp(
                jobs,
                perSecond,
                number -> {
                    var unused = pushing.async().lpush(LIST, Bodies.body(number));
                },
                redis -> {
                    KeyValue<byte[], byte[]> job = redis.brpop(LONGEST, LIST);
                    return job != null;
                });
    }

    /**
     * A job is enqueued once, whoever sends it twice, and moved to a list of its worker's that somebody gives back at its
     * deadline: only then is it in hand.
     *
     * @return microseconds of each, in the order of their coming
     */
    List<Double> pickUpKept(int jobs, int perSecond) throws InterruptedException {
        return pickUp(
                jobs,
                perSecond,
                number -> {
                    var unused = queue.enqueue(Bodies.job(sent++));
                },
                redis -> {
                    var job = redis.blmove(READY, MINE, LMoveArgs.Builder.rightLeft(), LONGEST);
                    redis.zadd(DEADLINES, System.currentTimeMillis() + 30_000.0, MINE);
                    return job != null;
                });
    }

    private List<Double> pickUp(int jobs, int perSecond, LongConsumer push, Take take) throws InterruptedException {
        long start = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        var due = new long[jobs];
        for (int i = 0; i < jobs; i++) {
            due[i] = start + i * TimeUnit.SECONDS.toNanos(1) / perSecond;
        }
        var micros = new ArrayList<Double>();
        var worker = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < jobs; i++) {
                micros.add(take.one(waiting.sync()) ? (System.nanoTime() - due[i]) / 1e3 : LONGEST * 1e6);
            }
        });
        for (int i = 0; i < jobs; i++) {
            PickupBenchmark.await(due[i]);
            push.accept(i);
        }
        worker.join();
        return micros;
    }

    @Override
    public void close() {
        server.close();
        client.shutdown();
    }
}
