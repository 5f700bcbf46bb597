package dev.freshet.benchmarks.queue;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Curves;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedCluster;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How the cost of a job grows: with the depth of the queue, its bytes, the tags of an event, the views of the catalog, the
 * partitions and the workers, on one Redis and on a cluster.
 */
public final class QueueScale {
    private static final int JOBS = Integer.getInteger("freshet.jobs", 50_000);
    private static final List<Integer> DEPTHS = List.of(1, 10, 100, 1_000, 10_000, 100_000, 1_000_000);
    private static final List<Integer> BYTES = List.of(512, 2_048, 8_192, 65_536);
    private static final List<Integer> TAGS = List.of(1, 3, 10, 30, 100);
    private static final List<Integer> VIEWS = List.of(10, 100, 1_000);
    private static final List<Integer> PARTITIONS = List.of(1, 4, 16);
    private static final List<Integer> WORKERS = List.of(1, 2, 4);
    private static final int MOST_DEPTH = Integer.getInteger("freshet.depth", 1_000_000);
    private static final long MOST_BYTES = 400L << 20;
    private static final int REPEATS = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Curves curves;
    private long lost;

    private QueueScale(Curves curves) {
        this.curves = curves;
    }

    /** @return how many jobs were lost */
    public static long measure(Curves curves) throws Exception {
        var scale = new QueueScale(curves);
        scale.onOne(new Size(1, 1, 3, 1), fleet -> {
            for (int depth : DEPTHS) {
                if (depth <= MOST_DEPTH) {
                    fleet.point("depth", "queue", depth, depth, 0);
                }
            }
            for (int bytes : BYTES) {
                fleet.point("bytes", "queue", bytes, (int) Math.min(JOBS, MOST_BYTES / bytes), bytes);
            }
        });
        for (int tags : TAGS) {
            scale.onOne(new Size(1, 1, tags, 1), fleet -> fleet.point("tags of an event", "queue", tags));
        }
        for (int views : VIEWS) {
            scale.onOne(new Size(1, 1, 3, views), fleet -> fleet.point("views of the catalog", "queue", views));
        }
        for (int partitions : PARTITIONS) {
            scale.onOne(new Size(1, partitions, 3, 1), fleet -> fleet.point("partitions", "queue", partitions));
        }
        for (int workers : WORKERS) {
            scale.onOne(new Size(workers, 1, 3, 1), fleet -> fleet.point("processes", "queue", workers));
        }
        for (int workers : WORKERS) {
            try (var cluster = EmbeddedCluster.start(
                    "appendonly yes", "appendfsync " + Mode.current().fsync())) {
                scale.fleet(
                        cluster.url(),
                        new Size(workers, 3, 3, 1),
                        fleet -> fleet.point("processes", "queue on a cluster of three", workers));
            }
        }
        return scale.lost;
    }

    private interface Points {
        void measure(Fleet fleet) throws Exception;
    }

    /** What there is of each. */
    private record Size(int workers, int partitions, int tags, int views) {}

    private void onOne(Size size, Points points) throws Exception {
        try (var redis = Mode.current().redis()) {
            fleet(redis.url(), size, points);
        }
    }

    private void fleet(URI redis, Size size, Points points) throws Exception {
        var settings = Map.of("QUEUE_PARTITIONS", Integer.toString(size.partitions));
        try (var server = new RedisServer("queue", redis, Duration.ofSeconds(30));
                var processes = new Workers(redis, size.workers, size.tags, size.views, settings)) {
            var fleet = new Fleet(new Backlog(server, size.partitions));
            fleet.warmUp();
            points.measure(fleet);
            lost += fleet.lost;
            processes.requireAlive();
        }
    }

    /** Some workers, and what is put before them. */
    private final class Fleet {
        private final Backlog backlog;
        private long lost;

        Fleet(Backlog backlog) {
            this.backlog = backlog;
        }

        void warmUp() throws InterruptedException {
            run(JOBS, 0);
            run(JOBS, 0);
        }

        void point(String by, String what, int value) throws InterruptedException {
            point(by, what, value, JOBS, 0);
        }

        void point(String by, String what, int value, int jobs, int bytes) throws InterruptedException {
            var micros = new ArrayList<Double>();
            for (int i = 0; i < (jobs > 2 * JOBS ? 1 : REPEATS); i++) {
                micros.add(run(jobs, bytes));
            }
            curves.add(by, what, value, Comparison.median(micros));
        }

        /** @return microseconds for each job */
        private double run(int jobs, int bytes) throws InterruptedException {
            backlog.fill(
                    jobs,
                    number -> bytes == 0
                            ? Bodies.job(number)
                            : Bodies.job(number, Bodies.TOPIC, Bodies.body(number, bytes)));
            long start = backlog.release();
            long end = backlog.awaitDone(jobs, PATIENCE);
            lost += backlog.lost(jobs);
            return (end - start) / 1e3 / jobs;
        }
    }
}
