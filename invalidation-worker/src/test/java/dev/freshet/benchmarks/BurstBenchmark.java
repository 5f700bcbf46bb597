package dev.freshet.benchmarks;

import dev.freshet.benchmarks.tools.Comparison;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ten thousand deliveries of one cohort, as fast as they are accepted: how often an instance of the front end is called,
 * and a hot key loaded, until all have settled. Against one call and one load for each delivery.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class BurstBenchmark {
    private static final int DELIVERIES = 10_000;
    private static final int LEARNERS = 2_000;
    private static final int CLIENTS = 24;
    private static final int ROUNDS = 3;
    private static final int MOST = 10;
    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final Instant START = Instant.parse("2026-02-01T10:00:00Z");

    /** One key each, so that the loads of a view are the loads of its key. */
    private static final Map<String, String> HOT = Map.of(
            "statistics",
            "",
            "dashboard",
            "",
            "cohort",
            "cohortId=1",
            "enrollments",
            "cohortId=1",
            "user",
            "email=" + School.email(7));

    private BurstBenchmark() {}

    static boolean run() throws Exception {
        var comparison = Comparison.ofCosts("burst", "calls or loads, whichever is more");
        var calls = new ArrayList<Integer>();
        var loads = new ArrayList<Long>();
        long lost = 0;
        for (int round = -1; round < ROUNDS; round++) { // the first one warms up
            try (var school = new School(2, LEARNERS, 1, Map.of())) {
                for (var view : HOT.entrySet()) {
                    var unused = school.get(school.read(view.getKey(), view.getValue()));
                }
                var before = school.metric("freshet_cache_loads_total", "view");
                double seconds = send(school);
                school.awaitDone(LONGEST);
                awaitSettled(school);
                int called = school.frontEnds().stream()
                        .mapToInt(it -> it.received())
                        .max()
                        .orElseThrow();
                var loaded = school.metric("freshet_cache_loads_total", "view");
                before.forEach((view, count) -> loaded.merge(view, -count, Long::sum));
                long most = Collections.max(loaded.values());
                lost += DELIVERIES - school.status().count("done");
                lost += LEARNERS - school.number("select count(*) from enrollments where percentage_completed = 0.5");
                if (round >= 0) {
                    calls.add(called);
                    loads.add(most);
                    comparison.add((double) Math.max(called, most), DELIVERIES);
                }
                System.out.printf(
                        Locale.ROOT,
                        "  accepted in %.1f s (%,.0f/s); calls of an instance %d, loads %s%n",
                        seconds,
                        DELIVERIES / seconds,
                        called,
                        loaded);
            }
        }
        boolean isReached = Collections.max(calls) <= MOST && Collections.max(loads) <= MOST;
        return comparison
                .with("calls", calls.toString())
                .with("loads", loads.toString())
                .print("at most 10 calls and 10 loads", isReached, lost);
    }

    /** @return how many seconds it took until all were accepted */
    private static double send(School school) throws Exception {
        var requests = new ArrayList<java.net.http.HttpRequest>();
        for (int i = 0; i < DELIVERIES; i++) {
            requests.add(school.progress(
                    i, 1 + i % LEARNERS, 1 + i % LEARNERS, START.plusMillis(i), "0." + (1 + i / LEARNERS)));
        }
        var next = new AtomicInteger();
        long start = System.nanoTime();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = Collections.nCopies(CLIENTS, (Callable<Void>) () -> {
                for (int i = next.getAndIncrement(); i < DELIVERIES; i = next.getAndIncrement()) {
                    school.send(requests.get(i));
                }
                return null;
            });
            for (var sent : clients.invokeAll(tasks)) {
                sent.get();
            }
        }
        return (System.nanoTime() - start) / 1e9;
    }

    /** Until nothing is called or loaded any more: longer than the longest pause between two of either. */
    private static void awaitSettled(School school) throws Exception {
        var last = List.<Object>of();
        long since = System.nanoTime();
        while (System.nanoTime() - since < Duration.ofSeconds(12).toNanos()) {
            var now = List.<Object>of(
                    school.frontEnds().stream().map(it -> it.received()).toList(),
                    school.metric("freshet_cache_loads_total", "view"));
            if (!now.equals(last)) {
                last = now;
                since = System.nanoTime();
            }
            Thread.sleep(250);
        }
    }
}
