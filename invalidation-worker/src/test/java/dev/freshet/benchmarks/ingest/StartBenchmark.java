package dev.freshet.benchmarks.ingest;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.testing.EmbeddedDatabase;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** From the start of the webhook service's process to its first accepted delivery, against a bare Javalin's first answer. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class StartBenchmark {
    private static final int ROUNDS = 9;

    private StartBenchmark() {}

    /** A process that is to be timed. */
    private interface Start {
        Target process() throws IOException;
    }

    public static boolean run() throws Exception {
        var deliveries = new Deliveries();
        var comparison = Comparison.ofCosts("start", "ms");
        try (var redis = Mode.current().redis();
                var database = EmbeddedDatabase.start(0)) {
            var addresses = Map.of(
                    "REDIS_QUEUE_URL", redis.url().toString(),
                    "DATABASE_URL", database.url().toString());
            Start ours = () -> Target.freshet("start-freshet", List.of(), addresses);
            Start bare = () -> Target.bareJavalin("start-javalin");
            millis(ours, deliveries); // so that the files lie in memory
            millis(bare, deliveries);
            for (int i = 0; i < ROUNDS; i++) {
                boolean oursFirst = i % 2 == 0;
                double first = millis(oursFirst ? ours : bare, deliveries);
                double second = millis(oursFirst ? bare : ours, deliveries);
                comparison.add(oursFirst ? first : second, oursFirst ? second : first);
                System.out.printf(
                        Locale.ROOT,
                        "  ours %,.0f ms, javalin %,.0f ms%n",
                        oursFirst ? first : second,
                        oursFirst ? second : first);
            }
        }
        return comparison.print("at most 1.3", comparison.ratio() <= 1.3, 0);
    }

    private static double millis(Start start, Deliveries deliveries) throws IOException, InterruptedException {
        var request = deliveries.next(1)[0];
        long begin = System.nanoTime();
        try (var process = start.process()) {
            process.awaitAccepted(request);
            return (System.nanoTime() - begin) / 1e6;
        }
    }
}
