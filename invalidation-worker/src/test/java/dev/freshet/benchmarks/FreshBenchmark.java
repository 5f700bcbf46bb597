package dev.freshet.benchmarks;

import static dev.freshet.benchmarks.Times.millis;
import static dev.freshet.benchmarks.Times.sleepUntil;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Query;
import java.net.http.HttpRequest;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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
    private static final int WARM_UP = 3;
    private static final int ROUNDS = 5;
    private static final int REFERENCES = 3_000;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Instant START = Instant.parse("2026-02-01T10:00:00Z");

    /** A change on its way. */
    private record Awaited(School.Read read, String text, long due) {
        String email() {
            return Objects.requireNonNull(read.values().get("email"));
        }
    }

    /** What the changes go through. */
    private interface Way {
        HttpRequest through(HttpRequest delivery);

        /** The values that the changes are to be seen in, as text. */
        List<String> look(List<Awaited> open);
    }

    private final School school;
    private final Way ours = new Ours();
    private final Way bare;
    private final Way kept;
    private final List<School.Read> reads = new ArrayList<>();
    private final Queue<Awaited> awaited = new ConcurrentLinkedQueue<>();
    private int sent;
    private long left;

    private FreshBenchmark(School school, Chain bare, Chain kept) {
        this.school = school;
        this.bare = new Least(bare);
        this.kept = new Least(kept);
        for (int learner = 1; learner <= LEARNERS; learner++) {
            reads.add(school.read("user", "email=" + School.email(learner)));
        }
    }

    static boolean run() throws Exception {
        // the chains change rows and tell nobody, which an audit would rightly report
        try (var school = new School(1, LEARNERS, COHORTS, Map.of("WORKER_AUDIT_INTERVAL", "0s"));
                var bare = new BareChain(school);
                var kept = new KeptChain(school, school.cache)) {
            return new FreshBenchmark(school, bare, kept).compare();
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
            var unusedOurs = through(ours);
            var unusedBare = through(bare);
            var unusedKept = through(kept);
            var unusedReference = reference();
        }
        left = 0;
        var comparison = Comparison.ofCosts("fresh", "ms at p99");
        var p50 = Comparison.ofCosts("fresh-p50", "ms at p50");
        var all = new Histogram(3);
        var references = new Histogram(3);
        var bares = new ArrayList<Double>();
        var limits = new ArrayList<Double>();
        for (int round = 0; round < ROUNDS; round++) {
            var reference = reference();
            var our = through(ours);
            var keptOnly = through(kept);
            var least = through(bare);
            comparison.add(millis(our, 99), millis(reference, 99));
            p50.add(millis(our, 50), millis(reference, 50));
            limits.add(millis(keptOnly, 99) / millis(reference, 99));
            bares.add(millis(least, 99) / millis(reference, 99));
            all.add(our);
            references.add(reference);
            System.out.printf(
                    Locale.ROOT,
                    "  ours p50 %.2f p99 %.2f p99.9 %.2f ms; the promises alone p50 %.2f p99 %.2f ms;"
                            + " the least on that way p50 %.2f p99 %.2f ms; three round trips and the query p50 %.2f p99 %.2f ms%n",
                    millis(our, 50),
                    millis(our, 99),
                    millis(our, 99.9),
                    millis(keptOnly, 50),
                    millis(keptOnly, 99),
                    millis(least, 50),
                    millis(least, 99),
                    millis(reference, 50),
                    millis(reference, 99));
        }
        school.awaitDone(PATIENCE);
        long lost = school.status().missing() + school.status().dead();
        var committed = stage("applied - received");
        var invalidated = stage("fresh - applied");
        System.out.printf(
                Locale.ROOT,
                "  of ours from accepted to committed p50 %.1f p99 %.1f ms, from there to invalidated p50 %.1f p99 %.1f ms%n",
                committed.get(0),
                committed.get(1),
                invalidated.get(0),
                invalidated.get(1));
        boolean wholeP50 = p50.print("at most 10", p50.ratio() <= 10, lost);
        boolean whole = comparison
                .with("limit", "%.3f".formatted(Comparison.median(limits)))
                .with("bare", "%.3f".formatted(Comparison.median(bares)))
                .with("p50", "%.3f".formatted(millis(all, 50)))
                .with("p99", "%.3f".formatted(millis(all, 99)))
                .with("p999", "%.3f".formatted(millis(all, 99.9)))
                .with("reference_p50", "%.3f".formatted(millis(references, 50)))
                .with("committed_ms", committed.toString())
                .with("invalidated_ms", invalidated.toString())
                .with("per_second", Integer.toString(PER_SECOND))
                .with("left_to_readers", Long.toString(left))
                .print("p99 at most 10", comparison.ratio() <= 10, lost);
        return whole && wholeP50;
    }

    /** How long a stage took the deliveries that were applied, as the ledger has it: p50 and p99 in milliseconds. */
    private List<Double> stage(String difference) throws SQLException {
        var times = new ArrayList<Double>();
        for (var fraction : List.of("0.5", "0.99")) {
            times.add(school.number("select (1000000 * percentile_disc(" + fraction
                            + ") within group (order by extract(" + "epoch from " + difference
                            + ")))::bigint from freshet.deliveries where outcome = 'applied'")
                    / 1e3);
        }
        return times;
    }

    private Histogram through(Way way) throws Exception {
        int count = PER_SECOND * SECONDS;
        var requests = new ArrayList<HttpRequest>();
        var changes = new ArrayList<Awaited>();
        long gap = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
        long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1_500); // they are prepared before
        for (int i = 0; i < count; i++, sent++) {
            int learner = 1 + sent % LEARNERS;
            var percentage = "0.%04d".formatted(1 + sent % 9_000);
            requests.add(way.through(school.progress(sent, learner, learner, START.plusMillis(sent), percentage)));
            changes.add(new Awaited(reads.get(learner - 1), ": " + percentage, start + i * gap));
        }
        var histogram = new Histogram(3);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var watching = threads.submit(() -> watch(way, count, histogram));
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
    private void watch(Way way, int count, Histogram histogram) {
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
            var found = way.look(open);
            long now = System.nanoTime();
            var still = new ArrayList<Awaited>();
            for (int i = 0; i < open.size(); i++) {
                var one = open.get(i);
                if (found.get(i).contains(one.text)) {
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

    /** All of Freshet. */
    private final class Ours implements Way {
        @Override
        public HttpRequest through(HttpRequest delivery) {
            return delivery;
        }

        @Override
        public List<String> look(List<Awaited> open) {
            var keys = open.stream()
                    .map(one -> one.read.view().key(one.read.values()))
                    .toList();
            var tags = open.stream()
                    .map(one -> one.read.view().tags(one.read.values()))
                    .toList();
            return school.cache.readAll(keys, tags).stream()
                    .map(entry -> entry.map(found -> new String(found.content(), UTF_8))
                            .orElse(""))
                    .toList();
        }
    }

    /** What stands in the way of any such system here. */
    private record Least(Chain chain) implements Way {
        @Override
        public HttpRequest through(HttpRequest delivery) {
            return HttpRequest.newBuilder(delivery, (name, value) -> true)
                    .uri(chain.uri())
                    .build();
        }

        @Override
        public List<String> look(List<Awaited> open) {
            return chain.look(open.stream().map(Awaited::email).toList());
        }
    }

    private Histogram reference() throws Exception {
        var histogram = new Histogram(3);
        var rows = (Source.Rows) reads.getFirst().view().source();
        var query = new Query(rows.sql());
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
                var json = query.json(connection, rows.kind(), List.of(values)).getFirst();
                server.await(commands.set("reference:value", json));
                histogram.recordValue(System.nanoTime() - start);
            }
        }
        return histogram;
    }
}
