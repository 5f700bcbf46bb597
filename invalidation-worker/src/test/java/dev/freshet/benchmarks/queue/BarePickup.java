package dev.freshet.benchmarks.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The least that can be between who enqueues and who works: LPUSH, and a BRPOP that waits for it, from the same schedule. No
 * job is claimed, none comes back when its worker dies.
 */
final class BarePickup implements AutoCloseable {
    private static final byte[] LIST = "bare:pickup".getBytes(UTF_8);
    private static final double LONGEST = 30;

    private final RedisClient client;
    private final StatefulRedisConnection<byte[], byte[]> pushing;
    private final StatefulRedisConnection<byte[], byte[]> waiting;

    BarePickup(URI redis) {
        client = RedisClient.create(RedisURI.create(redis));
        pushing = client.connect(ByteArrayCodec.INSTANCE);
        waiting = client.connect(ByteArrayCodec.INSTANCE);
    }

    /** @return microseconds of each, in the order of their coming */
    List<Double> pickUp(int jobs, int perSecond) throws InterruptedException {
        long start = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        var due = new long[jobs];
        for (int i = 0; i < jobs; i++) {
            due[i] = start + i * TimeUnit.SECONDS.toNanos(1) / perSecond;
        }
        var micros = new ArrayList<Double>();
        var worker = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < jobs; i++) {
                KeyValue<byte[], byte[]> job = waiting.sync().brpop(LONGEST, LIST);
                micros.add(job == null ? LONGEST * 1e6 : (System.nanoTime() - due[i]) / 1e3);
            }
        });
        for (int i = 0; i < jobs; i++) {
            PickupBenchmark.await(due[i]);
            var unused = pushing.async().lpush(LIST, Bodies.body(i));
        }
        worker.join();
        return micros;
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
