package dev.freshet.benchmarks.queue;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.redis.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How the cost of a job grows: with the depth of the queue, its bytes, the tags of an event, the partitions and the
 * workers. One line of JSON for each point, to be plotted.
 */
@SuppressWarnings("SystemOut") // it talks to a person
public final class ScaleBenchmark {
    private static final int JOBS = Integer.getInteger("freshet.jobs", 50_000);
    private static final List<Integer> DEPTHS = List.of(100, 1_000, 10_000, 100_000, 1_000_000);
    private static final List<Integer> BYTES = List.of(512, 2_048, 8_192, 65_536);
    private static final List<Integer> TAGS = List.of(1, 10, 100);
    private static final List<Integer> PARTITIONS = List.of(4, 16);
    private static final List<Integer> WORKERS = List.of(2, 4);
    private static final int MOST_DEPTH = Integer.getInteger("freshet.depth", 1_000_000);
    private static final long MOST_BYTES = 400L << 20;
    private static final int REPEATS = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private long lost;

    private ScaleBenchmark() {}

    public static boolean run() throws Exception {
        var scale = new ScaleBenchmark();
        scale.fleet(1, 1, 3, fleet -> {
            for (int depth : DEPTHS) {
                if (depth <= MOST_DEPTH) {
                    fleet.point("depth", depth, depth, 0);
                }
            }
            for (int bytes : BYTES) {
                fleet.point("bytes", bytes, (int) Math.min(JOBS, MOST_BYTES / bytes), bytes);
            }
        });
        for (int tags : TAGS) {
            scale.fleet(1, 1, tags, fleet -> fleet.point("tags", tags, JOBS, 0));
        }
        for (int partitions : PARTITIONS) {
            scale.fleet(1, partitions, 3, fleet -> fleet.point("partitions", partitions, JOBS, 0));
        }
        for (int workers : WORKERS) {
            scale.fleet(workers, 1, 3, fleet -> fleet.point("workers", workers, JOBS, 0));
        }
        System.out.printf(Locale.ROOT, "{\"name\":\"scale\",\"lost\":%d}%n", scale.lost);
        return scale.lost == 0;
    }

    private interface Points {
        void measure(Fleet fleet) throws Exception;
    }

    private void fleet(int workers, int partitions, int tags, Points points) throws Exception {
        try (var redis = Mode.current().redis();
                var server = new RedisServer("queue", redis.url(), Duration.ofSeconds(30));
                var processes =
                        new Workers(redis, workers, tags, Map.of("QUEUE_PARTITIONS", Integer.toString(partitions)))) {
            var fleet = new Fleet(new Backlog(server, partitions));
            fleet.warmUp();
            points.measure(fleet);
            lost += fleet.lost;
            processes.requireAlive();
        }
    }

    /** Some workers, and what is put before them. */
    private static final class Fleet {
        private final Backlog backlog;
        private long lost;

        Fleet(Backlog backlog) {
            this.backlog = backlog;
        }

        void warmUp() throws InterruptedException {
            run(JOBS, 0);
            run(JOBS, 0);
        }

        void point(String by, int value, int jobs, int bytes) throws InterruptedException {
            var rates = new ArrayList<Double>();
            for (int i = 0; i < (jobs > 2 * JOBS ? 1 : REPEATS); i++) {
                rates.add(run(jobs, bytes));
            }
            double perSecond = Comparison.median(rates);
            System.out.printf(
                    Locale.ROOT,
                    "{\"benchmark\":\"scale\",\"by\":\"%s\",\"value\":%d,\"jobs\":%d,\"perSecond\":%.0f,"
                            + "\"microsPerJob\":%.2f}%n",
                    by,
                    value,
                    jobs,
                    perSecond,
                    1e6 / perSecond);
        }

        private double run(int jobs, int bytes) throws InterruptedException {
            backlog.fill(
                    jobs,
                    number -> bytes == 0
                            ? Bodies.job(number)
                            : Bodies.job(number, Bodies.TOPIC, Bodies.body(number, bytes)));
            long start = backlog.release();
            long end = backlog.awaitDone(jobs, PATIENCE);
            lost += backlog.lost(jobs);
            return jobs / ((end - start) / 1e9);
        }
    }
}
