package dev.freshet.benchmarks;

import static dev.freshet.benchmarks.Times.millis;

import com.sun.management.OperatingSystemMXBean;
import dev.freshet.benchmarks.Day.Part;
import dev.freshet.benchmarks.tools.Comparison;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * Two hours of a day of TAFTA, faster than they were and the TTLs as much shorter: its readers and its deliveries against all
 * of Freshet, and against what such dashboards do by themselves, a TTL and a delete by key. What is measured is how many
 * reads are hits, how many loads the database is asked for, how long hits and others take, and how long a change takes
 * to be seen. The rest of the day is taken to be like the hour without the import.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class DayBenchmark {
    /** Freshet rests for 0.2 to 5 s between re-warms and tells readers by the second, whatever the speed: faster is worse. */
    private static final int FASTER = 15;

    /** Of each side of the day of a catalog. */
    private static final int SECONDS = 100;

    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final Map<String, Integer> TTL_SECONDS = Map.of(
            "enrollments", 300, "applicants", 300, "statistics", 600, "dashboard", 300, "cohort", 300, "user", 300);

    /**
     * One side of it.
     *
     * @param busy how much of the machine's processors was in use, by this and by whatever else it does
     */
    private record Side(Replay replay, double busy) {
        Replay.Outcome of(Part part) {
            return replay.of(part);
        }
    }

    private final Day day = Day.of(1);
    private final int faster;

    private DayBenchmark(int faster) {
        this.faster = faster;
    }

    /** @param words how many times as fast as the day it is; or {@code --catalog NAME}, and for how many seconds */
    static boolean run(List<String> words) throws Exception {
        if (words.size() > 1 && words.getFirst().equals("--catalog")) {
            int seconds = words.size() > 2 ? Integer.parseInt(words.get(2)) : SECONDS;
            return CatalogDay.of(words.get(1), Duration.ofSeconds(seconds)).compare();
        }
        return new DayBenchmark(words.isEmpty() ? FASTER : Integer.parseInt(words.getFirst())).compare();
    }

    private boolean compare() throws Exception {
        var settings = new TreeMap<String, String>();
        TTL_SECONDS
                .keySet()
                .forEach(view -> settings.put(
                        "CACHE_TTL_" + view.toUpperCase(Locale.ROOT), ttl(view).toMillis() + "ms"));
        Side ours;
        long lost;
        try (var school = new School(1, Day.LEARNERS, Day.COHORTS, settings)) {
            ours = run(school, new Dashboard.Ours(school));
            school.awaitDone(LONGEST);
            lost = ours.replay.lost()
                    + school.status().missing()
                    + school.status().dead();
        }
        Side plain;
        try (var school = new School(1, Day.LEARNERS, Day.COHORTS, settings);
                var dashboard = new TtlAndDelete(school, this::ttl)) {
            school.withdraw(LONGEST);
            plain = run(school, dashboard);
        }
        return print(ours, plain, lost);
    }

    private Duration ttl(String view) {
        return Duration.ofMillis(TTL_SECONDS.getOrDefault(view, 300) * 1_000L / faster);
    }

    private Side run(School school, Dashboard dashboard) throws Exception {
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var replay = new Replay(school, dashboard, LONGEST);
        var unused = system.getCpuLoad(); // the next one is of the time since
        replay.run(day, Duration.ofHours(1).dividedBy(faster));
        return new Side(replay, system.getCpuLoad());
    }

    private boolean print(Side ours, Side plain, long lost) {
        System.out.printf(
                Locale.ROOT,
                "  %d times as fast; processors busy %.0f %% and %.0f %%; reads failed %d and %d; refused %d and %d%n",
                faster,
                100 * ours.busy,
                100 * plain.busy,
                ours.replay.failed(),
                plain.replay.failed(),
                ours.replay.refused(),
                plain.replay.refused());
        var rates = new ArrayList<String>();
        for (var part : List.of(Part.USUAL, Part.IMPORT)) {
            print(part, ours.of(part), plain.of(part));
        }
        var views = ours.of(Part.USUAL).reads.byView().keySet();
        System.out.println("  the whole day: hits and loads per 100 reads, Freshet and by TTL and delete");
        for (var view : views) {
            System.out.printf(
                    Locale.ROOT,
                    "    %-12s %5.1f %% %5.1f %%  %6.1f %6.1f%n",
                    view,
                    100 * hitRate(ours, view),
                    100 * hitRate(plain, view),
                    loads(ours, view),
                    loads(plain, view));
            rates.add("\"%s\":[%.3f,%.3f]".formatted(view, hitRate(ours, view), hitRate(plain, view)));
        }
        var comparison = Comparison.ofCosts("day", "loads per 100 reads");
        comparison.add(loads(ours), loads(plain));
        boolean isWhole = comparison
                .with("faster", Integer.toString(faster))
                .with("failed_reads", "[%d,%d]".formatted(ours.replay.failed(), plain.replay.failed()))
                .with("hit_rates", "{" + String.join(",", rates) + "}")
                .with("usual", json(ours.of(Part.USUAL), plain.of(Part.USUAL)))
                .with("import", json(ours.of(Part.IMPORT), plain.of(Part.IMPORT)))
                .print("at most 20 loads per 100 reads", comparison.ours() <= 20, lost);
        return isWhole && ours.replay.failed() == 0;
    }

    private static void print(Part part, Replay.Outcome ours, Replay.Outcome plain) {
        System.out.printf(
                "  %s: reads, hits, loads, p50 and p99 of other reads in ms; Freshet and by TTL and delete%n",
                part == Part.USUAL ? "an hour" : "the import");
        ours.reads.byView().forEach((view, tally) -> {
            var other = plain.reads.view(view);
            System.out.printf(
                    Locale.ROOT,
                    "    %-12s %,6d  %5.1f %% %5.1f %%  %,6d %,6d  %6.1f %7.1f  %6.1f %7.1f%n",
                    view,
                    tally.reads.get(),
                    100 * tally.hitRate(),
                    100 * other.hitRate(),
                    tally.loads,
                    other.loads,
                    millis(tally.cold, 50),
                    millis(tally.cold, 99),
                    millis(other.cold, 50),
                    millis(other.cold, 99));
        });
        print("reads that were hits", ours.reads.warm(), plain.reads.warm());
        print("reads that were not", ours.reads.cold(), plain.reads.cold());
        print("time to fresh of a user", ours.user, plain.user);
        print("time to fresh of a page of enrollments", ours.page, plain.page);
    }

    private static void print(String what, Histogram ours, Histogram plain) {
        System.out.printf(
                Locale.ROOT,
                "    %s: %,d, p50 %.1f p99 %.1f ms; by TTL and delete %,d, p50 %.1f p99 %.1f ms%n",
                what,
                ours.getTotalCount(),
                millis(ours, 50),
                millis(ours, 99),
                plain.getTotalCount(),
                millis(plain, 50),
                millis(plain, 99));
    }

    private static String json(Replay.Outcome ours, Replay.Outcome plain) {
        return "{\"warm_ms\":%s,\"cold_ms\":%s,\"fresh_user_ms\":%s,\"fresh_page_ms\":%s}"
                .formatted(
                        Times.json(ours.reads.warm(), plain.reads.warm()),
                        Times.json(ours.reads.cold(), plain.reads.cold()),
                        Times.json(ours.user, plain.user),
                        Times.json(ours.page, plain.page));
    }

    private double hitRate(Side side, String view) {
        return ofDay(
                view,
                side.of(Part.USUAL).reads.view(view).hitRate(),
                side.of(Part.IMPORT).reads.view(view).hitRate());
    }

    /** Per 100 reads. */
    private double loads(Side side, String view) {
        return 100
                * ofDay(
                        view,
                        side.of(Part.USUAL).reads.view(view).loadsPerRead(),
                        side.of(Part.IMPORT).reads.view(view).loadsPerRead());
    }

    /** Per 100 reads of any view. */
    private double loads(Side side) {
        var reads = day.reads();
        long all = reads.values().stream().mapToLong(Long::longValue).sum();
        return reads.entrySet().stream()
                .mapToDouble(e -> loads(side, e.getKey()) * e.getValue() / all)
                .sum();
    }

    /** A figure of the day from one of an hour and one of the import, by how many of its reads fall into the import. */
    private double ofDay(String view, double usual, double imports) {
        double part = day.imported(view);
        return (1 - part) * usual + part * imports;
    }
}
