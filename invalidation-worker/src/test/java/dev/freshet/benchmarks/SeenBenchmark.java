package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.RedisView;
import dev.freshet.model.Job;
import dev.freshet.queue.Claim;
import dev.freshet.queue.Enqueued;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** What remembering deliveries costs: Redis' memory with 1 to 10 million of them known, and the time of an enqueue. */
@SuppressWarnings("SystemOut") // it talks to a person
final class SeenBenchmark {
    private static final List<Long> SIZES = LongStream.of(10_000, 100_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000)
            .filter(size -> size <= Long.getLong("freshet.ids", 10_000_000))
            .boxed()
            .toList();
    private static final int ROUNDS = 500;
    private static final Duration LEASE = Duration.ofMinutes(1);

    private final RedisServer server;
    private final JobQueue queue;
    private long sent;

    private SeenBenchmark(RedisServer server) {
        this.server = server;
        this.queue = new JobQueue(server, QueueOptions.defaults("bench"));
    }

    static boolean run() {
        try (var redis = EmbeddedRedis.start(0, "maxmemory-policy noeviction");
                var server = new RedisServer("queue", redis.url(), Duration.ofSeconds(60))) {
            return new SeenBenchmark(server).measure();
        }
    }

    private boolean measure() {
        queue.partitions();
        long empty = RedisView.memory(server);
        var bytes = new ArrayList<String>();
        for (long size : SIZES) {
            while (sent < size) {
                enqueue(JobQueue.MAX_BATCH);
                finish();
            }
            double each = (double) (RedisView.memory(server) - empty) / size;
            var micros = IntStream.range(0, ROUNDS)
                    .mapToObj(round -> {
                        long start = System.nanoTime();
                        enqueue(1);
                        return (System.nanoTime() - start) / 1e3;
                    })
                    .toList();
            finish();
            System.out.printf(
                    Locale.ROOT,
                    "  %,10d ids: %6.1f MiB, %5.1f bytes each; an enqueue p50 %.0f us%n",
                    size,
                    each * size / (1 << 20),
                    each,
                    Comparison.median(micros));
            bytes.add("\"%d\":%.1f".formatted(size, each));
        }
        var audit = queue.audit();
        System.out.println("{\"benchmark\":\"seen\",\"bytes\":{" + String.join(",", bytes) + "},\"lost\":"
                + audit.missing() + "}");
        return audit.isClean();
    }

    private void enqueue(int count) {
        var jobs = IntStream.range(0, count)
                .mapToObj(i ->
                        Job.first("main:a.b:" + sent++, "main", "a.b", Instant.EPOCH, false, "", "{}".getBytes(UTF_8)))
                .toList();
        if (server.await(queue.enqueueAll(jobs)).stream().anyMatch(outcome -> outcome != Enqueued.ACCEPTED)) {
            throw new IllegalStateException("a new delivery was not accepted");
        }
    }

    private void finish() {
        while (queue.claim(JobQueue.MAX_BATCH, LEASE) instanceof Claim claim) {
            queue.settle(claim, List.of(), Map.of());
        }
    }
}
