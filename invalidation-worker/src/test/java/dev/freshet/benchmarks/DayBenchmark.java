package dev.freshet.benchmarks;

import dev.freshet.benchmarks.tools.Comparison;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * A whole day of TAFTA in two minutes, its TTLs as much shorter: its readers and its deliveries against all of Freshet, and
 * against what such dashboards do by themselves, a TTL and a delete by key. What is measured is how many reads are hits,
 * how many loads the database is asked for, and how long a change takes to be seen.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class DayBenchmark {
    private static final Duration DAY = Duration.ofSeconds(100);
    private static final long FASTER = Duration.ofDays(1).dividedBy(DAY);
    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final int IMPORTERS = 12;
    private static final int SAMPLE = 5;
    private static final int FIRST_IMPORTED = 1_000_000;
    private static final Instant START = Instant.parse("2026-02-01T10:00:00Z");
    private static final Map<String, Integer> TTL_SECONDS = Map.of(
            "enrollments", 300, "applicants", 300, "statistics", 600, "dashboard", 300, "cohort", 300, "user", 300);

    /** What answers readers and takes changes in. */
    interface Dashboard {
        /** @return the value and whether it was a hit */
        Answer read(School.Read read) throws Exception;

        /** Returns when the change is accepted. */
        void change(int number, int enrollment, int learner, Instant at, String percentage) throws Exception;

        /** @return keys loaded so far, by view */
        Map<String, Long> loads() throws Exception;
    }

    record Answer(String value, boolean isHit) {}

    /** What came of a day. */
    private record Outcome(
            Map<String, Long> reads, Map<String, Long> hits, Map<String, Long> loads, Histogram user, Histogram page) {
        long allReads() {
            return reads.values().stream().mapToLong(Long::longValue).sum();
        }

        long allLoads() {
            return loads.values().stream().mapToLong(Long::longValue).sum();
        }

        double hitRate(String view) {
            return (double) hits.getOrDefault(view, 0L) / Math.max(1, reads.getOrDefault(view, 0L));
        }
    }

    private final School school;
    private final Dashboard dashboard;
    private final Map<String, AtomicLong> reads = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> hits = new ConcurrentHashMap<>();
    private final Histogram user = new ConcurrentHistogram(3);
    private final Histogram page = new ConcurrentHistogram(3);
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger numbers = new AtomicInteger();

    private DayBenchmark(School school, Dashboard dashboard) {
        this.school = school;
        this.dashboard = dashboard;
    }

    static boolean run() throws Exception {
        var day = Day.of(1);
        var settings = new TreeMap<String, String>();
        TTL_SECONDS.forEach((view, seconds) ->
                settings.put("CACHE_TTL_" + view.toUpperCase(Locale.ROOT), seconds * 1_000L / FASTER + "ms"));
        long lost;
        Outcome ours;
        try (var school = new School(1, Day.LEARNERS, Day.COHORTS, settings)) {
            var run = new DayBenchmark(school, new Ours(school));
            ours = run.replay(day);
            school.awaitDone(LONGEST);
            lost = run.failed.get()
                    + school.status().missing()
                    + school.status().dead()
                    + missing(school);
        }
        Outcome naive;
        try (var school = new School(1, Day.LEARNERS, Day.COHORTS, settings);
                var plain = new TtlAndDelete(
                        school, view -> Duration.ofMillis(TTL_SECONDS.getOrDefault(view, 300) * 1_000L / FASTER))) {
            naive = new DayBenchmark(school, plain).replay(day);
        }
        return print(ours, naive, lost);
    }

    private static long missing(School school) throws Exception {
        return Day.IMPORTED - school.number("select count(*) from enrollments where id >= " + FIRST_IMPORTED);
    }

    private static boolean print(Outcome ours, Outcome naive, long lost) {
        var rates = new ArrayList<String>();
        for (var view : new TreeMap<>(ours.reads).keySet()) {
            System.out.printf(
                    Locale.ROOT,
                    "  %-12s %,6d reads; hits %.1f %%, by TTL and delete %.1f %%; loads %,d and %,d%n",
                    view,
                    ours.reads.getOrDefault(view, 0L),
                    100 * ours.hitRate(view),
                    100 * naive.hitRate(view),
                    ours.loads.getOrDefault(view, 0L),
                    naive.loads.getOrDefault(view, 0L));
            rates.add("\"%s\":[%.3f,%.3f]".formatted(view, ours.hitRate(view), naive.hitRate(view)));
        }
        print("a user", ours.user, naive.user);
        print("a page of enrollments", ours.page, naive.page);
        var comparison = Comparison.ofCosts("day", "loads per 100 reads");
        comparison.add(100.0 * ours.allLoads() / ours.allReads(), 100.0 * naive.allLoads() / naive.allReads());
        return comparison
                .with("hit_rates", "{" + String.join(",", rates) + "}")
                .with("fresh_user_ms", times(ours.user, naive.user))
                .with("fresh_page_ms", times(ours.page, naive.page))
                .print("at most 20 loads per 100 reads", comparison.ours() <= 20, lost);
    }

    private static void print(String what, Histogram ours, Histogram naive) {
        System.out.printf(
                Locale.ROOT,
                "  time to fresh of %s: p50 %.1f p99 %.1f ms; by TTL and delete p50 %.1f p99 %.1f ms%n",
                what,
                ours.getValueAtPercentile(50) / 1e6,
                ours.getValueAtPercentile(99) / 1e6,
                naive.getValueAtPercentile(50) / 1e6,
                naive.getValueAtPercentile(99) / 1e6);
    }

    private static String times(Histogram ours, Histogram naive) {
        return "{\"p50\":%.1f,\"p99\":%.1f,\"reference_p50\":%.1f,\"reference_p99\":%.1f}"
                .formatted(
                        ours.getValueAtPercentile(50) / 1e6,
                        ours.getValueAtPercentile(99) / 1e6,
                        naive.getValueAtPercentile(50) / 1e6,
                        naive.getValueAtPercentile(99) / 1e6);
    }

    private Outcome replay(Day day) throws Exception {
        for (var view : List.of("statistics", "dashboard")) {
            var unused = dashboard.read(school.read(view, ""));
        }
        var before = dashboard.loads();
        long start = System.nanoTime();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var step : day.steps()) {
                long due = start + Day.due(step, DAY);
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                threads.execute(() -> take(step, threads));
            }
        }
        var loads = dashboard.loads();
        before.forEach((view, count) -> loads.merge(view, -count, Long::sum));
        return new Outcome(counts(reads), counts(hits), loads, user, page);
    }

    private void take(Day.Step step, ExecutorService threads) {
        try {
            switch (step) {
                case Day.Look(var at, var view, var parameters) -> look(school.read(view, parameters));
                case Day.Change(var at, int learner) -> change(learner);
                case Day.Import(var at) -> importAll(threads);
            }
        } catch (Exception e) {
            if (failed.getAndIncrement() == 0) {
                System.err.println("failed: " + step + ": " + e);
            }
        }
    }

    private void look(School.Read read) throws Exception {
        var answer = dashboard.read(read);
        reads.computeIfAbsent(read.view().name(), view -> new AtomicLong()).incrementAndGet();
        hits.computeIfAbsent(read.view().name(), view -> new AtomicLong()).addAndGet(answer.isHit ? 1 : 0);
    }

    private void change(int learner) throws Exception {
        int number = numbers.incrementAndGet();
        var percentage = "0.%04d".formatted(1 + number % 9_000);
        long start = System.nanoTime();
        dashboard.change(number, learner, learner, START.plusMillis(number), percentage);
        if (number % SAMPLE == 0) {
            boolean isUser = number % (2 * SAMPLE) == 0;
            var read = isUser
                    ? school.read("user", "email=" + School.email(learner))
                    : school.read("enrollments", "cohortId=" + Day.cohort(learner) + "&page=" + Day.page(learner));
            while (System.nanoTime() - start < LONGEST.toNanos()
                    && !dashboard.read(read).value.contains(percentage)) {
                Thread.sleep(2);
            }
            (isUser ? user : page).recordValue(System.nanoTime() - start);
        }
    }

    private void importAll(ExecutorService threads) throws Exception {
        var next = new AtomicInteger();
        var clients = threads.invokeAll(Collections.nCopies(IMPORTERS, (Callable<Void>) () -> {
            for (int i = next.getAndIncrement(); i < Day.IMPORTED; i = next.getAndIncrement()) {
                int number = FIRST_IMPORTED + i;
                dashboard.change(number, number, 1 + i % Day.LEARNERS, START.plusMillis(i), "0.0");
            }
            return null;
        }));
        for (var client : clients) {
            client.get();
        }
    }

    private static Map<String, Long> counts(Map<String, AtomicLong> counters) {
        var counts = new TreeMap<String, Long>();
        counters.forEach((view, count) -> counts.put(view, count.get()));
        return counts;
    }

    /** All of Freshet, over HTTP. */
    private record Ours(School school) implements Dashboard {
        @Override
        public Answer read(School.Read read) throws IOException, InterruptedException {
            var answer = school.get(read);
            if (answer.statusCode() != 200) {
                throw new IllegalStateException("a read was answered " + answer.statusCode() + " " + answer.body());
            }
            return new Answer(
                    answer.body(),
                    answer.headers().firstValue("X-Cache").orElse("").equals("HIT"));
        }

        @Override
        public void change(int number, int enrollment, int learner, Instant at, String percentage)
                throws IOException, InterruptedException {
            HttpRequest delivery = school.progress(number, enrollment, learner, at, percentage);
            school.send(delivery);
        }

        @Override
        public Map<String, Long> loads() throws IOException, InterruptedException {
            return school.metric("freshet_cache_loads_total", "view");
        }
    }
}
