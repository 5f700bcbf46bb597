package dev.freshet.benchmarks.ingest;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.benchmarks.tools.Npm;
import dev.freshet.benchmarks.tools.Programs;
import dev.freshet.benchmarks.tools.RedisView;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.RedisProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Signed deliveries over 32 connections to the webhook service as it is shipped, each answered once it is in the queue,
 * against a bare Javalin that reads the same requests, and against Express that verifies and pushes them. The limit is what
 * a bare Javalin comes to that verifies and pushes what it has not seen before as well, and does nothing else.
 */
@SuppressWarnings("SystemOut") // it talks to a person
public final class IngestBenchmark {
    private static final int CONNECTIONS = 32;
    private static final int WARM_UP = 100_000;
    private static final int DELIVERIES = 60_000;
    private static final int OF_EXPRESS = 12_000;
    private static final int ROUNDS = Integer.getInteger("freshet.rounds", 7);
    private static final int PER_SECOND = 4_000;
    private static final Duration PACED = Duration.ofSeconds(10);

    private final Deliveries deliveries = new Deliveries();
    private final Side ours;
    private final Side bare;
    /** The least that must be done. */
    private final Side least;

    private final Optional<Load> express;
    private final Queue queue;
    private final List<Double> overExpress = new ArrayList<>();
    private final List<Double> limits = new ArrayList<>();
    private long lost;

    private IngestBenchmark(Side ours, Side bare, Side least, Optional<Load> express, Queue queue) throws IOException {
        this.ours = ours;
        this.bare = bare;
        this.least = least;
        this.express = express;
        this.queue = queue;
    }

    /** One of the servers that are compared. */
    private record Side(String name, boolean isOurs, Target target, Load load) {
        static Side of(String name, boolean isOurs, Target target, byte[] first)
                throws IOException, InterruptedException {
            target.awaitAccepted(first);
            return new Side(name, isOurs, target, new Load(target.port(), CONNECTIONS));
        }
    }

    /** What is in Redis. */
    private record Queue(RedisServer server, JobQueue jobs) {
        /** How many jobs are ready; then none is. */
        long empty() {
            long ready = jobs.status().ready();
            server.await(server.session("bench").commands().flushall());
            return ready;
        }

        Duration cpu() {
            return RedisView.cpu(server);
        }
    }

    /** @return whether every delivery that was answered with 200 is in the queue */
    public static boolean run() throws Exception {
        var deliveries = new Deliveries();
        try (var redis = Mode.current().redis();
                var database = EmbeddedDatabase.start(0);
                var server = new RedisServer("queue", redis.url(), Duration.ofSeconds(10));
                var freshet = Target.freshet(
                        "ingest-freshet",
                        List.of(),
                        Map.of(
                                "REDIS_QUEUE_URL", redis.url().toString(),
                                "DATABASE_URL", database.url().toString()));
                var javalin = Target.bareJavalin("ingest-javalin");
                var pushing = Target.bareJavalin("ingest-pushing", redis.port())) {
            var express = express(redis);
            try {
                var queue = new Queue(server, new JobQueue(server, QueueOptions.defaults("bench")));
                var ours = Side.of("freshet", true, freshet, deliveries.next(1)[0]);
                var bare = Side.of("javalin", false, javalin, deliveries.next(1)[0]);
                var least = Side.of(
                        "javalin that verifies and pushes",
                        false,
                        pushing,
                        deliveries.next(1)[0]);
                try (var load = ours.load;
                        var other = bare.load;
                        var another = least.load;
                        var third = express == null ? null : new Load(express.port, CONNECTIONS)) {
                    return new IngestBenchmark(ours, bare, least, Optional.ofNullable(third), queue).compare();
                }
            } finally {
                if (express != null) {
                    Programs.kill(express.process);
                }
            }
        }
    }

    private record Express(Process process, int port) {}

    private static @Nullable Express express(EmbeddedRedis redis) throws IOException, InterruptedException {
        var script = Npm.install("express.mjs", Map.of("express", "5.3.0", "ioredis", "5.8.2"));
        if (script.isEmpty()) {
            return null;
        }
        int port = RedisProcess.freePort();
        var process = Programs.start(
                Mode.folder(),
                Mode.folder().resolve("express.log"),
                Map.of("NODE_ENV", "production"),
                "node",
                script.map(Path::toString).get(),
                String.valueOf(port),
                String.valueOf(redis.port()),
                Deliveries.SECRET);
        var first = new Deliveries().next(1);
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (System.nanoTime() - end < 0) {
            try (var load = new Load(port, 1)) {
                if (load.send(first).accepted() == 1) {
                    return new Express(process, port);
                }
            } catch (IOException e) {
                Thread.sleep(Duration.ofMillis(20)); // not there yet
            }
        }
        System.out.println("  express: missing, it does not start; "
                + Programs.tail(Mode.folder().resolve("express.log")));
        Programs.kill(process);
        return null;
    }

    private boolean compare() throws IOException {
        long idle = ours.target.residentKib() >> 10;
        warmUp();
        var comparison = Comparison.ofRates("ingest", "deliveries/s");
        for (int i = 0; i < ROUNDS; i++) {
            boolean oursFirst = i % 2 == 0;
            var first = round(oursFirst ? ours : bare);
            var second = round(oursFirst ? bare : ours);
            var our = oursFirst ? first : second;
            double reference = oursFirst ? second : first;
            comparison.add(our, reference);
            limits.add(round(least) / reference);
            if (express.isPresent()) {
                double theirs = express.get().send(deliveries.next(OF_EXPRESS)).perSecond();
                System.out.printf(Locale.ROOT, "  express %,.0f/s%n", theirs);
                overExpress.add(our / theirs);
                queue.empty();
            }
        }
        double times = overExpress.isEmpty() ? Double.NaN : Comparison.median(overExpress);
        paced(bare);
        var paced = paced(ours);
        return comparison
                .with("express_ratio", overExpress.isEmpty() ? "\"missing\"" : "%.2f".formatted(times))
                .with("limit", "%.3f".formatted(Comparison.median(limits)))
                .with("allocated_bytes", String.valueOf(allocated(ours)))
                .with("idle_mib", Long.toString(idle))
                .with("loaded_mib", Long.toString(ours.target.residentKib() >> 10))
                .with("rate", String.valueOf(PER_SECOND))
                .with("p50_us", "%.0f".formatted(paced.micros(50)))
                .with("p99_us", "%.0f".formatted(paced.micros(99)))
                .with("p999_us", "%.0f".formatted(paced.micros(99.9)))
                .print("at least 0.7, and 5 times Express", comparison.ratio() >= 0.7 && times >= 5, lost);
    }

    private void warmUp() throws IOException {
        for (int sent = 0; sent < WARM_UP; sent += DELIVERIES / 2) {
            var some = deliveries.next(DELIVERIES / 2);
            ours.load.send(some);
            bare.load.send(some);
            least.load.send(some);
            queue.empty();
        }
        if (express.isPresent()) {
            express.get().send(deliveries.next(OF_EXPRESS));
            queue.empty();
        }
    }

    private double round(Side side) throws IOException {
        var some = deliveries.next(DELIVERIES);
        var cpu = side.target.cpu();
        var redis = queue.cpu();
        var round = side.load.send(some);
        System.out.printf(
                Locale.ROOT,
                "  %s %,.0f/s, p50 %.0f us, p99 %.0f us; CPU of each: server %.1f us, Redis %.1f us, load %.1f us%n",
                side.name,
                round.perSecond(),
                round.micros(50),
                round.micros(99),
                each(side.target.cpu().minus(cpu)),
                each(queue.cpu().minus(redis)),
                each(round.cpu()));
        check(side, round);
        return round.perSecond();
    }

    /** Latency at a steady rate, where a stall makes those wait that come after it. */
    private Load.Round paced(Side side) throws IOException {
        var round = side.load.send(deliveries.next((int) (PER_SECOND * PACED.toSeconds())), PER_SECOND);
        System.out.printf(
                Locale.ROOT,
                "  %s at %,d/s: p50 %.0f us, p99 %.0f us, p99.9 %.0f us%n",
                side.name,
                PER_SECOND,
                round.micros(50),
                round.micros(99),
                round.micros(99.9));
        check(side, round);
        return round;
    }

    private void check(Side side, Load.Round round) {
        lost += round.refused();
        long queued = queue.empty();
        if (side.isOurs) {
            lost += Math.abs(round.accepted() - queued);
        }
    }

    private static double each(Duration cpu) {
        return cpu.toNanos() / 1e3 / DELIVERIES;
    }

    /** Of each delivery, on the average of one more round. */
    private long allocated(Side side) throws IOException {
        long before = side.target.allocated();
        side.load.send(deliveries.next(DELIVERIES));
        long bytes = side.target.allocated() - before;
        queue.empty();
        System.out.printf(Locale.ROOT, "  %s allocates %,d bytes for each%n", side.name, bytes / DELIVERIES);
        return bytes / DELIVERIES;
    }
}
