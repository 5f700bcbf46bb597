package dev.freshet.benchmarks.queue;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.queue.Claim;
import dev.freshet.queue.ClaimResult;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * From when a job is due to be enqueued until one of two idle workers has it in hand, twenty in a second. The workers are
 * the loop of a worker process, {@code claim}, {@code awaitWork} and a thread for each claim, without what it does with
 * jobs. Measured from a fixed schedule: a stall counts for all that it delays.
 */
@SuppressWarnings("SystemOut") // it talks to a person
public final class PickupBenchmark {
    private static final int PER_SECOND = 20;
    private static final int JOBS = Integer.getInteger("freshet.jobs", 400);
    private static final int ROUNDS = Integer.getInteger("freshet.rounds", 4);
    private static final int WORKERS = 2;
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration WAIT = Duration.ofSeconds(5);
    private static final long SPIN = TimeUnit.MILLISECONDS.toNanos(3);

    private PickupBenchmark() {}

    public static boolean run() throws Exception {
        try (var redis = Mode.current().redis();
                var server = new RedisServer("queue", redis.url(), Duration.ofSeconds(10));
                var fleet = new Fleet(redis.url());
                var bare = new BarePickup(redis.url())) {
            var bullMq = BullMq.on(redis.port());
            var queue = new JobQueue(server, options());
            fleet.pickUp(queue, 100); // warm now
            bare.pickUp(100, PER_SECOND);
            bare.pickUpKept(100, PER_SECOND);
            var p50 = Comparison.ofCosts("pickup", "us p50");
            var p99 = Comparison.ofCosts("pickup-p99", "us p99");
            var all = new ArrayList<Double>();
            var limits50 = new ArrayList<Double>();
            var limits99 = new ArrayList<Double>();
            var kept50 = new ArrayList<Double>();
            for (int i = 0; i < ROUNDS; i++) {
                boolean oursFirst = i % 2 == 0;
                List<Double> theirs =
                        oursFirst || bullMq.isEmpty() ? List.of() : bullMq.get().pickup(JOBS, PER_SECOND);
                var ours = fleet.pickUp(queue, JOBS);
                if (oursFirst && bullMq.isPresent()) {
                    theirs = bullMq.get().pickup(JOBS, PER_SECOND);
                }
                var least = bare.pickUp(JOBS, PER_SECOND);
                var kept = bare.pickUpKept(JOBS, PER_SECOND);
                all.addAll(ours);
                add(p50, ours, theirs, 50);
                add(p99, ours, theirs, 99);
                if (!theirs.isEmpty()) {
                    limits50.add(Comparison.percentile(least, 50) / Comparison.percentile(theirs, 50));
                    kept50.add(Comparison.percentile(kept, 50) / Comparison.percentile(theirs, 50));
                    limits99.add(Comparison.percentile(least, 99) / Comparison.percentile(theirs, 99));
                }
                System.out.printf(
                        Locale.ROOT,
                        "  ours p50 %.0f us, p99 %.0f us; LPUSH and BRPOP p50 %.0f us, p99 %.0f us, once and for sure p50 %.0f us;"
                                + " BullMQ %s%n",
                        Comparison.percentile(ours, 50),
                        Comparison.percentile(ours, 99),
                        Comparison.percentile(least, 50),
                        Comparison.percentile(least, 99),
                        Comparison.percentile(kept, 50),
                        theirs.isEmpty()
                                ? "missing"
                                : "p50 %.0f us, p99 %.0f us"
                                        .formatted(
                                                Comparison.percentile(theirs, 50), Comparison.percentile(theirs, 99)));
            }
            if (!limits50.isEmpty()) {
                p50.with("limit", "%.3f".formatted(Comparison.median(limits50)))
                        .with("limit_kept", "%.3f".formatted(Comparison.median(kept50)));
                p99.with("limit", "%.3f".formatted(Comparison.median(limits99)));
            }
            p50.with("p999", "%.0f".formatted(Comparison.percentile(all, 99.9)));
            boolean whole = p50.print("at most 0.5", p50.ratio() <= 0.5, fleet.lost());
            return p99.print("at most 0.5", p99.ratio() <= 0.5, fleet.lost()) && whole;
        }
    }

    private static void add(Comparison comparison, List<Double> ours, List<Double> theirs, double percent) {
        double our = Comparison.percentile(ours, percent);
        if (theirs.isEmpty()) {
            comparison.add(our);
        } else {
            comparison.add(our, Comparison.percentile(theirs, percent));
        }
    }

    /** Returns at this nano time, without the delay of a timer. */
    static void await(long at) {
        LockSupport.parkNanos(at - System.nanoTime() - SPIN);
        while (System.nanoTime() - at < 0) {
            Thread.onSpinWait();
        }
    }

    private static QueueOptions options() {
        return QueueOptions.defaults(Backlog.PREFIX).withPartitions(1);
    }

    /** Workers with a connection each, that have nothing to do but to wait. */
    private static final class Fleet implements AutoCloseable {
        private final ConcurrentMap<String, Long> due = new ConcurrentHashMap<>();
        private final ConcurrentMap<String, Double> micros = new ConcurrentHashMap<>();
        private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        private final List<RedisServer> servers;
        private final List<Thread> loops = new ArrayList<>();
        private volatile CountDownLatch left = new CountDownLatch(0);
        private volatile boolean closed;
        private long sent;
        private long lost;

        Fleet(URI url) {
            servers = IntStream.range(0, WORKERS)
                    .mapToObj(i -> new RedisServer("worker-" + i, url, Duration.ofSeconds(10)))
                    .toList();
            for (var server : servers) {
                var queue = new JobQueue(server, options());
                loops.add(Thread.ofVirtual().name("worker").start(() -> work(queue)));
            }
        }

        private void work(JobQueue queue) {
            while (!closed) {
                switch (queue.claim(500, LEASE)) {
                    case Claim claim -> threads.execute(() -> take(queue, claim));
                    case ClaimResult.Nothing() -> queue.awaitWork(WAIT);
                    case ClaimResult.Paused(var reason) -> throw new IllegalStateException(reason);
                }
            }
        }

        private void take(JobQueue queue, Claim claim) {
            long now = System.nanoTime();
            for (var job : claim.jobs()) {
                micros.put(job.id(), (now - due.getOrDefault(job.id(), now)) / 1e3);
                left.countDown();
            }
            queue.settle(claim, List.of(), Map.of());
        }

        /** @return microseconds of each */
        List<Double> pickUp(JobQueue queue, int jobs) throws InterruptedException {
            due.clear();
            micros.clear();
            left = new CountDownLatch(jobs);
            long start = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
            for (int i = 0; i < jobs; i++) {
                long at = start + i * TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
                await(at);
                var job = Bodies.job(sent++);
                due.put(job.id(), at);
                var unused = queue.enqueue(job);
            }
            if (!left.await(30, TimeUnit.SECONDS)) {
                lost += left.getCount();
            }
            return List.copyOf(micros.values());
        }

        long lost() {
            return lost;
        }

        @Override
        public void close() throws InterruptedException {
            closed = true;
            for (var loop : loops) {
                loop.join();
            }
            threads.close();
            servers.forEach(RedisServer::close);
        }
    }
}
