package dev.freshet.benchmarks.ingest;

import dev.freshet.benchmarks.tools.BrokenOffException;
import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.benchmarks.tools.Programs;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.testing.RedisProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * From the start of the webhook service's process to its first accepted delivery, against a bare Javalin's first answer,
 * and against one that also verifies and pushes into Redis: each with a cache of its classes, as the image has one, and
 * each without.
 */
@SuppressWarnings("SystemOut") // it talks to a person
public final class StartBenchmark {
    private static final int ROUNDS = Integer.getInteger("freshet.rounds", 7);

    private final Deliveries deliveries = new Deliveries();
    private final Map<String, String> addresses;
    private final int redis;

    private StartBenchmark(URI redis, URI database) throws IOException {
        this.redis = redis.getPort();
        this.addresses = Map.of("REDIS_QUEUE_URL", redis.toString(), "DATABASE_URL", database.toString());
    }

    public static boolean run() throws Exception {
        if (Runtime.version().feature() < 25) {
            throw new BrokenOffException("start needs a JDK 25, as the image has it");
        }
        try (var redis = Mode.current().redis();
                var database = EmbeddedDatabase.start(0)) {
            return new StartBenchmark(redis.url(), database.url()).compare();
        }
    }

    /** Milliseconds of one start. */
    private interface Timed {
        double millis(List<String> options) throws IOException, InterruptedException;
    }

    private boolean compare() throws IOException, InterruptedException {
        var folder = Files.createDirectories(Mode.folder().resolve("start"));
        var rehearsed = rehearsed(folder);
        var bare = folder.resolve("javalin.aot");
        var pushing = folder.resolve("pushing.aot");
        javalin(List.of("-XX:AOTCacheOutput=" + bare));
        pushing(List.of("-XX:AOTCacheOutput=" + pushing));
        var caches = List.of(cache(rehearsed), cache(bare), cache(pushing));
        var none = List.of(List.<String>of(), List.<String>of(), List.<String>of());

        var comparison = Comparison.ofCosts("start", "ms");
        var limits = new ArrayList<Double>();
        var without = new ArrayList<Double>();
        var limitsWithout = new ArrayList<Double>();
        for (int i = 0; i < ROUNDS; i++) {
            var cached = round(i, caches);
            comparison.add(cached.get(0), cached.get(1));
            limits.add(cached.get(2) / cached.get(1));
            var plain = round(i, none);
            without.add(plain.get(0) / plain.get(1));
            limitsWithout.add(plain.get(2) / plain.get(1));
            System.out.printf(
                    Locale.ROOT,
                    "  ours %,.0f ms, javalin %,.0f, one that pushes %,.0f; without a cache of classes %,.0f, %,.0f, %,.0f%n",
                    cached.get(0),
                    cached.get(1),
                    cached.get(2),
                    plain.get(0),
                    plain.get(1),
                    plain.get(2));
        }
        return comparison
                .with("limit", figure(limits))
                .with("ratio_without", figure(without))
                .with("limit_without", figure(limitsWithout))
                .print("at most 1.3", comparison.ratio() <= 1.3, 0);
    }

    /** Ours, the bare one and the one that pushes, in turns. */
    private List<Double> round(int number, List<List<String>> options) throws IOException, InterruptedException {
        var starts = List.<Timed>of(this::freshet, this::javalin, this::pushing);
        var millis = new ArrayList<>(List.of(0.0, 0.0, 0.0));
        for (int i = 0; i < starts.size(); i++) {
            int next = (number + i) % starts.size();
            millis.set(next, starts.get(next).millis(options.get(next)));
        }
        return millis;
    }

    /** The cache that the image would have, made by the same script. */
    private static Path rehearsed(Path folder) throws IOException, InterruptedException {
        var module = Mode.home().resolve("webhook-ingest");
        var java = Path.of(System.getProperty("java.home"), "bin");
        var environment = Map.of(
                "INGEST_PORT",
                String.valueOf(RedisProcess.freePort()),
                "PATH",
                java + ":" + System.getenv().getOrDefault("PATH", "/usr/bin:/bin"));
        var log = folder.resolve("rehearse.log");
        var script = Programs.start(
                folder,
                log,
                environment,
                "bash",
                module.resolve("rehearse").toString(),
                module.resolve("target/app").toString(),
                folder.toString());
        if (!script.waitFor(2, TimeUnit.MINUTES) || script.exitValue() != 0) {
            Programs.kill(script);
            throw new BrokenOffException("the rehearsal failed; " + Programs.tail(log));
        }
        return folder.resolve("classes.aot");
    }

    private static List<String> cache(Path file) {
        return List.of("-XX:AOTCache=" + file, "-XX:AOTMode=on"); // it ends where that cannot be used
    }

    private double freshet(List<String> options) throws IOException, InterruptedException {
        return millis(() -> Target.freshet("start-freshet", options, addresses));
    }

    private double javalin(List<String> options) throws IOException, InterruptedException {
        return millis(() -> Target.packedJavalin("start-javalin", options));
    }

    private double pushing(List<String> options) throws IOException, InterruptedException {
        return millis(() -> Target.packedJavalin("start-pushing", options, redis));
    }

    /** A process that is to be timed. */
    private interface Start {
        Target process() throws IOException;
    }

    private double millis(Start start) throws IOException, InterruptedException {
        var request = deliveries.next(1)[0];
        long begin = System.nanoTime();
        try (var process = start.process()) {
            process.awaitAccepted(request);
            return (System.nanoTime() - begin) / 1e6;
        }
    }

    private static String figure(List<Double> ratios) {
        return "%.3f".formatted(Comparison.median(ratios));
    }
}
