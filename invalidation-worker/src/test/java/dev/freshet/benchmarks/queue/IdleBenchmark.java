package dev.freshet.benchmarks.queue;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.benchmarks.tools.RedisView;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** How much an idle worker asks of the queue's Redis, with one partition and with several. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class IdleBenchmark {
    private static final Duration SETTLE = Duration.ofSeconds(5);
    private static final Duration TIME = Duration.ofSeconds(Integer.getInteger("freshet.seconds", 60));
    private static final int PARTITIONS = 4;
    private static final double MOST = 2;

    private IdleBenchmark() {}

    public static boolean run() throws Exception {
        var one = listen(1);
        var many = listen(PARTITIONS);
        var comparison = Comparison.ofCosts("idle", "commands/s per partition");
        comparison.add(one.perSecond, MOST);
        return comparison
                .with("within_scripts", "%.2f".formatted(one.withScripts))
                .with("of_" + PARTITIONS + "_partitions", "%.2f".formatted(many.perSecond))
                .with("resident_mib", "%d".formatted(one.residentMib))
                .print("at most " + (int) MOST, one.perSecond <= MOST && many.perSecond <= MOST, 0);
    }

    private record Idle(double perSecond, double withScripts, long residentMib) {}

    /** The cache has a Redis of its own, as it should. */
    private static Idle listen(int partitions) throws Exception {
        try (var redis = Mode.current().redis();
                var cache = Mode.current().redis();
                var workers = new Workers(
                        redis.url(),
                        1,
                        1,
                        1,
                        Map.of(
                                "QUEUE_PARTITIONS",
                                Integer.toString(partitions),
                                "REDIS_CACHE_URL",
                                cache.url().toString()))) {
            Thread.sleep(SETTLE);
            var commands = RedisView.commands(redis.port(), TIME);
            double all = (double) TIME.toSeconds() * partitions;
            var idle = new Idle(commands.sent() / all, commands.all() / all, workers.residentKib() >> 10);
            System.out.printf(
                    Locale.ROOT,
                    "  %d partitions: %.2f commands/s of each, %.2f with those within scripts; %d MiB resident%n",
                    partitions,
                    idle.perSecond,
                    idle.withScripts,
                    idle.residentMib);
            workers.requireAlive();
            return idle;
        }
    }
}
