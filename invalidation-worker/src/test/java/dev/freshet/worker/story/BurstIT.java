package dev.freshet.worker.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A whole cohort moves on at once: thousands of changes become a handful of loads and calls, and none is lost. */
class BurstIT {
    private static final int DELIVERIES = 10_000;
    private static final int LEARNERS = 2_000;
    private static final int CLIENTS = 24;
    private static final int FIRST_ID = 1_000_000;
    private static final Instant START = Instant.parse("2026-02-01T10:00:00Z");

    /** One key each, so that the loads of a view are the loads of its key. */
    private static final List<String> HOT = List.of(
            "statistics", "dashboard", "cohort?cohortId=3", "enrollments?cohortId=3", "user?email=burst7@example.com");

    @Test
    @SuppressWarnings("SystemOut") // figures are worth a line
    void tenThousandDeliveriesCostTenCallsOfAnInstanceAndTenLoadsOfAKey() throws Exception {
        try (var tafta = new Tafta(2, Map.of())) {
            tafta.execute("""
                    insert into applicants (email, name, cohort_id, status)
                    select format('burst%%s@example.com', n), 'Burst', 3, 'approved' from generate_series(0, %d) n
                    """.formatted(LEARNERS - 1));
            HOT.forEach(text -> tafta.get(tafta.read(text)));
            var loadsBefore = loads(tafta);

            long start = System.nanoTime();
            sendAll(tafta);
            double sending = seconds(start);
            await().atMost(Duration.ofSeconds(60)).until(() -> tafta.queue().inFlight() == 0);
            double applying = seconds(start);
            await().atMost(Duration.ofSeconds(60)).until(() -> isWarm(tafta));
            tafta.awaitQuiet();

            var calls = tafta.frontEnds().stream().map(it -> it.received()).toList();
            var loads = loads(tafta);
            loads.replaceAll((view, n) -> n - loadsBefore.getOrDefault(view, 0L));
            System.out.printf(
                    "burst: %,d deliveries accepted in %.1f s (%,.0f/s), applied after %.1f s, calls %s, loads %s%n",
                    DELIVERIES, sending, DELIVERIES / sending, applying, calls, loads);

            // ten where it takes seconds; a slow machine's changes keep coming, with one call more every five seconds,
            // and what was told longer ago than the longest render is told again meanwhile, each by itself
            int news = 7 + (int) Math.ceil(Math.max(0, applying - 11) / 5);
            int most = applying < 8 ? 10 : 2 * news;
            assertThat(calls).allSatisfy(n -> assertThat(n).isBetween(2, most));
            assertThat(loads).containsOnlyKeys("statistics", "dashboard", "cohort", "enrollments", "user");
            assertThat(loads.values()).allSatisfy(n -> assertThat(n).isBetween(1L, (long) most));
            expectNothingLost(tafta);
            expectEveryoneWasTold(tafta);
        }
    }

    private static void expectNothingLost(Tafta tafta) {
        var queue = tafta.queue();
        assertThat(queue.count("accepted")).isEqualTo(DELIVERIES);
        assertThat(queue.count("done")).isEqualTo(DELIVERIES);
        assertThat(queue.dead()).isZero();
        assertThat(queue.missing()).isZero();
        assertThat(tafta.holds(
                        "(select count(*) = %d and min(percentage_completed) = 0.5 and max(percentage_completed) = 0.5"
                                        .formatted(LEARNERS)
                                + " from enrollments where id >= " + FIRST_ID + ")"))
                .as("the newest of each learner's five deliveries won")
                .isTrue();
        for (var text : HOT) {
            var read = tafta.read(text);
            assertThat(tafta.get(read).body()).as(text).isEqualTo(tafta.truth(read));
        }
    }

    private static void expectEveryoneWasTold(Tafta tafta) {
        for (var instance : tafta.frontEnds()) {
            assertThat(instance.tags())
                    .hasSize(LEARNERS + 4)
                    .contains("enrollments", "statistics", "dashboard", "cohort:3", "user:burst7@example.com");
            assertThat(instance.paths()).containsExactly("/dashboard", "/dashboard/3");
        }
    }

    /** As fast as they are accepted: each client sends its next one when its last one is answered. */
    private static void sendAll(Tafta tafta) throws Exception {
        var next = new AtomicInteger();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<Void>>();
            for (int client = 0; client < CLIENTS; client++) {
                tasks.add(() -> {
                    for (int i = next.getAndIncrement(); i < DELIVERIES; i = next.getAndIncrement()) {
                        var answer = tafta.webhook("enrollment.progress", START.plusMillis(i), payload(i));
                        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                    }
                    return null;
                });
            }
            for (var sent : clients.invokeAll(tasks)) {
                sent.get();
            }
        }
    }

    private static String payload(int i) {
        int learner = i % LEARNERS;
        return """
                {"id":%d,"course_id":4,"course":{"id":4,"name":"Sample Course"},"percentage_completed":"0.%d",\
                "started_at":"2018-01-26T22:17:01.891Z","completed_at":null,"free_trial":false,\
                "user":{"email":"burst%d@example.com","first_name":"Burst","id":%d,"last_name":"Sample"}}""".formatted(FIRST_ID + learner, i / LEARNERS + 1, learner, learner);
    }

    /** Whether what was read before lies in the cache again, loaded by nobody's read. */
    private static boolean isWarm(Tafta tafta) {
        return HOT.stream().allMatch(text -> tafta.loadedAt(tafta.read(text)).isPresent());
    }

    private static Map<String, Long> loads(Tafta tafta) {
        return tafta.metric("freshet_cache_loads_total", "view");
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
