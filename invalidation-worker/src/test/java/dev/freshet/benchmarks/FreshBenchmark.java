package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.db.Query;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * From the moment a delivery's POST was due until the re-warmed value that shows its change can be read from the cache, at
 * 500 deliveries a second; nobody but the worker loads. Against three round trips to Redis and the value's own query, one
 * after the other.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class FreshBenchmark {
    private static final int PER_SECOND = 500;
    private static final int SECONDS = 10;
    private static final int LEARNERS = 2_000;
    private static final int COHORTS = 20;
    private static final int WARM_UP = 4;
    private static final int ROUNDS = 5;
    private static final int REFERENCES = 3_000;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Instant START = Instant.parse("2026-02-01T10:00:00Z");

    /** A change on its way. */
    private record Awaited(School.Read read, String text, long due) {}

    private final School school;
    private final List<School.Read> reads = new ArrayList<>();
    private final Queue<Awaited> awaited = new ConcurrentLinkedQueue<>();
    private int sent;
    private long left;

    private FreshBenchmark(School school) {
        this.school = school;
        for (int learner = 1; learner <= LEARNERS; learner++) {
            reads.add(school.read("user", "email=" + School.email(learner)));
        }
    }

    static boolean run() throws Exception {
        try (var school = new School(1, LEARNERS, COHORTS, Map.of())) {
            return new FreshBenchmark(school).compare();
        }
    }

    private boolean compare() throws Exception {
        for (var read : reads) {
            var unused = school.get(read);
        }
        for (var view : List.of("statistics", "dashboard")) {
            var unused = school.get(school.read(view, ""));
        }
        for (int i = 0; i < WARM_UP; i++) {
            var unusedOurs = ours();
            var unusedReference = reference();
        }
        left = 0;
        var comparison = Comparison.ofCosts("fresh", "ms at p99");
        var all = new Histogram(3);
        var references = new Histogram(3);
        for (int round = 0; round < ROUNDS; round++) {
            var reference = reference();
            var ours = ours();
            comparison.add(millis(ours, 99), millis(reference, 99));
            all.add(ours);
            references.add(reference);
            System.out.printf(
                    Locale.ROOT,
                    "  ours p50 %.2f p99 %.2f p99.9 %.2f ms; three round trips and the query p50 %.2f p99 %.2f ms%n",
                    millis(ours, 50),
                    millis(ours, 99),
                    millis(ours, 99.9),
                    millis(reference, 50),
                    millis(reference, 99));
        }
        school.awaitDone(PATIENCE);
        long lost = school.status().missing() + school.status().dead();
        return comparison
                .with("p50", "%.3f".formatted(millis(all, 50)))
                .with("p99", "%.3f".formatted(millis(all, 99)))
                .with("p999", "%.3f".formatted(millis(all, 99.9)))
                .with("reference_p50", "%.3f".formatted(millis(references, 50)))
                .with("per_second", Integer.toString(PER_SECOND))
                .with("left_to_readers", Long.toString(left))
                .print("p99 at most 10", comparison.ratio() <= 10, lost);
    }

    private Histogram ours() throws Exception {
        int count = PER_SECOND * SECONDS;
        var requests = new ArrayList<HttpRequest>();
        var changes = new ArrayList<Awaited>();
        long gap = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
        long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1_500); // they are prepared before
        for (int i = 0; i < count; i++, sent++) {
            int learner = 1 + sent % LEARNERS;
            var percentage = "0.%04d".formatted(1 + sent % 9_000);
            requests.add(school.progress(sent, learner, learner, START.plusMillis(sent), percentage));
            changes.add(new Awaited(reads.get(learner - 1), ": " + percentage, start + i * gap));
        }
        var histogram = new Histogram(3);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var watching = threads.submit(() -> watch(count, histogram));
            for (int i = 0; i < count; i++) {
                var request = requests.get(i);
                sleepUntil(changes.get(i).due);
                awaited.add(changes.get(i));
                threads.execute(() -> post(request));
            }
            watching.get();
        }
        return histogram;
    }

    private void post(HttpRequest request) {
        try {
            school.send(request);
        } catch (Exception e) {
            System.err.println("not accepted: " + e);
        }
    }

    /** Looks for all changes that are on their way again and again, in one round trip. */
    private void watch(int count, Histogram histogram) {
        var open = new ArrayList<Awaited>();
        int seen = 0;
        while (seen < count) {
            for (var next = awaited.poll(); next != null; next = awaited.poll()) {
                open.add(next);
            }
            if (open.isEmpty()) {
                LockSupport.parkNanos(200_000);
                continue;
            }
            var found = school.cache.readAll(
                    open.stream()
                            .map(one -> one.read.view().key(one.read.values()))
                            .toList(),
                    open.stream()
                            .map(one -> one.read.view().tags(one.read.values()))
                            .toList());
            long now = System.nanoTime();
            var still = new ArrayList<Awaited>();
            for (int i = 0; i < open.size(); i++) {
                var one = open.get(i);
                boolean isFresh = found.get(i)
                        .map(entry -> new String(entry.content(), UTF_8).contains(one.text))
                        .orElse(false);
                if (isFresh) {
                    histogram.recordValue(now - one.due);
                } else if (now - one.due > PATIENCE.toNanos()) {
                    histogram.recordValue(now - one.due);
                    left++;
                } else {
                    still.add(one);
                }
            }
            seen += open.size() - still.size();
            open = still;
            LockSupport.parkNanos(500_000);
        }
    }

    private Histogram reference() throws Exception {
        var histogram = new Histogram(3);
        var query = new Query(reads.getFirst().view().sql());
        var server = school.cacheServer();
        try (var connection = school.database.connection()) {
            for (int i = 0; i < REFERENCES; i++) {
                var read = reads.get(i % LEARNERS);
                long start = System.nanoTime();
                var commands = server.session().commands();
                server.await(
                        commands.lpush("reference:queue", read.uri().toString().getBytes(UTF_8)));
                server.await(commands.rpop("reference:queue"));
                Map<String, @Nullable String> values = new HashMap<>(read.values());
                var json = query.json(connection, read.view().kind(), List.of(values))
                        .getFirst();
                server.await(commands.set("reference:value", json));
                histogram.recordValue(System.nanoTime() - start);
            }
        }
        return histogram;
    }

    private static void sleepUntil(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static double millis(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e6;
    }
}
