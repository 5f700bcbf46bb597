package dev.freshet.benchmarks;

import dev.freshet.benchmarks.DayFile.Writer;
import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.Targets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Some of the day of any application, as its file says, against all of Freshet and against a TTL and a delete by key; beside
 * each target of its catalog what was measured.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class CatalogDay {
    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final Duration BURST = Duration.ofSeconds(3);
    private static final int BURST_READERS = 16;
    /** Texts that changes show by have four digits. */
    private static final int FIRST_CHANGE = 1_000;

    private final String name;
    private final DayFile day;
    private final Targets targets;
    private final Map<String, Duration> ttls = new TreeMap<>();
    private final Duration length;

    /** What a target came to; empty when this day cannot say. */
    private record Verdict(String target, String wanted, String measured, Optional<Boolean> isMet) {
        String json() {
            return "\"%s\":{\"wanted\":\"%s\",\"measured\":\"%s\",\"met\":%s}"
                    .formatted(
                            target,
                            wanted,
                            measured,
                            isMet.map(Object::toString).orElse("null"));
        }
    }

    /** What one side came to, without the first tenth. */
    private static final class Side {
        final Map<String, Replay.Tally> views = new ConcurrentHashMap<>();
        final Histogram written = new ConcurrentHistogram(3);
        final Histogram fresh = new ConcurrentHistogram(3);
        final AtomicInteger failed = new AtomicInteger();
        final AtomicInteger unseen = new AtomicInteger();
        double readsPerSecond;

        Replay.Tally view(String view) {
            return views.computeIfAbsent(view, any -> new Replay.Tally());
        }

        long reads() {
            return views.values().stream().mapToLong(tally -> tally.reads.get()).sum();
        }

        double hitRate() {
            long hits =
                    views.values().stream().mapToLong(tally -> tally.hits.get()).sum();
            return (double) hits / Math.max(1, reads());
        }

        double loads() {
            long loads = views.values().stream().mapToLong(tally -> tally.loads).sum();
            return 100.0 * loads / Math.max(1, reads());
        }

        Histogram hits() {
            var all = new Histogram(3);
            views.values().forEach(tally -> all.add(tally.warm));
            return all;
        }

        Histogram all() {
            var all = hits();
            views.values().forEach(tally -> all.add(tally.cold));
            return all;
        }
    }

    private CatalogDay(String name, Duration length) {
        this.name = name;
        this.day = DayFile.read(name);
        this.length = length;
        var catalog = CatalogReader.read(name, Map.of());
        this.targets = catalog.targets();
        catalog.views().forEach((view, what) -> ttls.put(view, what.ttl().dividedBy(day.faster())));
    }

    /** @param length of each side of it */
    static boolean run(String name, Duration length) throws Exception {
        return new CatalogDay(name, length).compare();
    }

    private boolean compare() throws Exception {
        var settings = new TreeMap<String, String>();
        ttls.forEach((view, ttl) -> settings.put(variable(view), Math.max(1, ttl.toMillis()) + "ms"));
        Side ours;
        long lost;
        try (var school = new School(name, day.setup(), settings)) {
            ours = replay(school, new DayBenchmark.Ours(school), (writer, drawn) -> {
                var body = writer.body();
                if (body == null) {
                    school.execute(DayFile.filled(writer.sql(), drawn));
                } else {
                    school.deliver(
                            Objects.requireNonNull(writer.site()),
                            Objects.requireNonNullElse(writer.topic(), ""),
                            DayFile.filled(body, drawn));
                }
            });
            school.awaitDone(LONGEST);
            lost = ours.unseen.get()
                    + school.status().missing()
                    + school.status().dead();
        }
        Side plain;
        try (var school = new School(name, day.setup(), settings);
                var dashboard = new TtlAndDelete(school, view -> Objects.requireNonNull(ttls.get(view)))) {
            plain = replay(school, dashboard, (writer, drawn) -> {
                school.execute(DayFile.filled(writer.sql(), drawn));
                dashboard.delete(writer.deletes().stream()
                        .map(look -> school.read(look.view(), look.query(drawn)))
                        .toList());
            });
        }
        return print(ours, plain, lost);
    }

    /** What one value must show; the changes of one take turns, so that it is known which is the newest. */
    private static final class Shown {
        final ReentrantLock turn = new ReentrantLock();
        volatile String newest = "";
    }

    /** Makes a change. */
    private interface Write {
        void make(Writer writer, Map<String, String> drawn) throws Exception;
    }

    private static String variable(String view) {
        return "CACHE_TTL_"
                + view.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
                        .replace('-', '_')
                        .toUpperCase(Locale.ROOT);
    }

    /** The same reads and changes at the same moments, whatever answers them. */
    private Side replay(School school, Replay.Dashboard dashboard, Write write) throws Exception {
        var random = new Random(1);
        var side = new Side();
        double hours = length.toMillis() * day.faster() / 3_600_000.0;
        int reads = (int) Math.round(day.readsAnHour() * hours);
        int changes = (int) Math.round(day.changesAnHour() * hours);
        long start = System.nanoTime();
        Map<String, Long> before = Map.of();
        var shown = new ConcurrentHashMap<String, Shown>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            boolean counts = false;
            for (int i = 0, change = 0; i < reads; i++) {
                sleepUntil(start + (long) (length.toNanos() * (double) i / reads));
                if (!counts && i >= reads / 10) { // the caches are not empty any more
                    counts = true;
                    before = dashboard.loads();
                }
                var into = counts ? side : new Side();
                var reader = day.reader(random);
                var read = school.read(reader.view(), reader.look().query(DayFile.drawn(reader.draw(), random)));
                threads.execute(() -> look(school, dashboard, read, into));
                if (change < changes * (double) i / reads) {
                    change++;
                    var writer = day.writer(random);
                    var drawn = DayFile.drawn(writer.draw(), random);
                    drawn.put("change", Integer.toString(FIRST_CHANGE + change));
                    drawn.put("id", "day-" + change);
                    threads.execute(() -> change(school, dashboard, writer, drawn, write, into, shown));
                }
            }
        }
        for (var loads : dashboard.loads().entrySet()) {
            side.view(loads.getKey()).loads = loads.getValue() - before.getOrDefault(loads.getKey(), 0L);
        }
        side.readsPerSecond = burst(school, dashboard);
        return side;
    }

    /** @return the value; empty when the read failed */
    private static String look(School school, Replay.Dashboard dashboard, School.Read read, Side side) {
        var tally = side.view(read.view().name());
        tally.reads.incrementAndGet();
        long start = System.nanoTime();
        try {
            var answer = school.get(dashboard.at(read.uri()));
            if (answer.statusCode() == 200) {
                boolean isHit =
                        answer.headers().firstValue("X-Cache").orElse("").equals("HIT");
                tally.hits.addAndGet(isHit ? 1 : 0);
                (isHit ? tally.warm : tally.cold).recordValue(System.nanoTime() - start);
                return answer.body();
            }
            return failed(side, read.uri() + " was answered " + answer.statusCode() + " " + answer.body());
        } catch (Exception e) {
            return failed(side, read.uri() + ": " + e);
        }
    }

    private static String failed(Side side, String why) {
        if (side.failed.getAndIncrement() == 0) {
            System.err.println(why);
        }
        return "";
    }

    private static void change(
            School school,
            Replay.Dashboard dashboard,
            Writer writer,
            Map<String, String> drawn,
            Write write,
            Side side,
            Map<String, Shown> all) {
        var shows = writer.shows();
        var place = shows == null ? "" : shows.view() + "?" + shows.look().query(drawn);
        var shown = all.computeIfAbsent(place, any -> new Shown());
        var text = shows == null ? "" : DayFile.filled(shows.text(), drawn);
        long start = System.nanoTime();
        shown.turn.lock();
        try {
            drawn.put("now", Instant.now().toString());
            shown.newest = text;
            long sent = System.nanoTime();
            write.make(writer, drawn);
            side.written.recordValue(System.nanoTime() - sent);
        } catch (Exception e) {
            failed(side, "a change failed: " + e);
            return;
        } finally {
            shown.turn.unlock();
        }
        if (shows != null) {
            awaitSeen(school, dashboard, school.read(shows.view(), shows.look().query(drawn)), text, shown, side);
            side.fresh.recordValue(System.nanoTime() - start);
        }
    }

    /** Nobody reads before there is something else to be read, or every look would be a load. */
    private static void awaitSeen(
            School school, Replay.Dashboard dashboard, School.Read read, String text, Shown shown, Side side) {
        long end = System.nanoTime() + LONGEST.toNanos();
        while (System.nanoTime() < end) {
            if (dashboard.isOld(read, text) && dashboard.isOld(read, shown.newest)) {
                LockSupport.parkNanos(2_000_000);
            } else {
                var value = look(school, dashboard, read, side);
                if (value.contains(text) || value.contains(shown.newest)) {
                    return;
                }
            }
        }
        side.unseen.incrementAndGet();
    }

    /** As many reads of usual values as there are answers, for some seconds. */
    private double burst(School school, Replay.Dashboard dashboard) throws InterruptedException {
        var done = new AtomicLong();
        var side = new Side();
        long end = System.nanoTime() + BURST.toNanos();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < BURST_READERS; i++) {
                var random = new Random(i);
                threads.execute(() -> {
                    while (System.nanoTime() < end) {
                        var reader = day.reader(random);
                        var query = reader.look().query(DayFile.drawn(reader.draw(), random));
                        look(school, dashboard, school.read(reader.view(), query), side);
                        done.incrementAndGet();
                    }
                });
            }
        }
        return done.get() / (BURST.toMillis() / 1e3);
    }

    private boolean print(Side ours, Side plain, long lost) {
        System.out.println("  reads, hits, loads, p50 and p95 of reads in ms; Freshet and by TTL and delete");
        new TreeMap<>(ours.views).forEach((view, tally) -> {
            var other = plain.view(view);
            System.out.printf(
                    Locale.ROOT,
                    "    %-16s %,7d  %5.1f %% %5.1f %%  %,6d %,6d  %6.1f %6.1f  %6.1f %6.1f%n",
                    view,
                    tally.reads.get(),
                    100 * tally.hitRate(),
                    100 * other.hitRate(),
                    tally.loads,
                    other.loads,
                    millis(all(tally), 50),
                    millis(all(tally), 95),
                    millis(all(other), 50),
                    millis(all(other), 95));
        });
        System.out.printf(
                Locale.ROOT,
                "  a change until it is seen: %,d, p50 %.1f p99 %.1f ms; by TTL and delete p50 %.1f p99 %.1f ms%n",
                ours.fresh.getTotalCount(),
                millis(ours.fresh, 50),
                millis(ours.fresh, 99),
                millis(plain.fresh, 50),
                millis(plain.fresh, 99));
        var verdicts = verdicts(ours);
        System.out.println("  its targets: wanted, measured");
        for (var one : verdicts) {
            System.out.printf(
                    "    %-24s %-12s %-12s %s%n",
                    one.target,
                    one.wanted,
                    one.measured,
                    one.isMet.map(met -> met ? "yes" : "no").orElse("not measured here"));
        }
        var comparison = Comparison.ofCosts("day-" + name, "loads per 100 reads");
        comparison.add(ours.loads(), plain.loads());
        boolean isMet = verdicts.stream().allMatch(one -> one.isMet.orElse(true));
        boolean isWhole = comparison
                .with("faster", Integer.toString(day.faster()))
                .with("failed", "[%d,%d]".formatted(ours.failed.get(), plain.failed.get()))
                .with("hit_rate", String.format(Locale.ROOT, "[%.3f,%.3f]", ours.hitRate(), plain.hitRate()))
                .with("fresh_ms", times(ours.fresh, plain.fresh))
                .with(
                        "targets",
                        "{"
                                + String.join(
                                        ",",
                                        verdicts.stream().map(Verdict::json).toList()) + "}")
                .print("its targets", isMet, lost);
        return isWhole && ours.failed.get() == 0;
    }

    private List<Verdict> verdicts(Side ours) {
        var all = new ArrayList<Verdict>();
        targets.hitRate().ifPresent(rate -> all.add(atLeast("hitRate", rate, ours.hitRate())));
        targets.views()
                .forEach((view, rate) -> all.add(
                        ours.views.containsKey(view)
                                ? atLeast(
                                        "hitRate " + view, rate, ours.view(view).hitRate())
                                : new Verdict("hitRate " + view, rate.toString(), "-", Optional.empty())));
        targets.hit().ifPresent(time -> all.add(atMost("hit, p95", time, ours.hits())));
        targets.read().ifPresent(time -> all.add(atMost("read, p95", time, ours.all())));
        targets.api().ifPresent(time -> {
            var requests = ours.all();
            requests.add(ours.written);
            all.add(atMost("api, p95", time, requests));
        });
        targets.session()
                .ifPresent(time -> all.add(new Verdict("session", time.toMillis() + " ms", "-", Optional.empty())));
        targets.queriesSaved().ifPresent(part -> all.add(atLeast("queriesSaved", part, 1 - ours.loads() / 100)));
        targets.reads()
                .ifPresent(reads -> all.add(new Verdict(
                        "reads a second",
                        reads.toString(),
                        "%.0f".formatted(ours.readsPerSecond),
                        Optional.of(ours.readsPerSecond >= reads))));
        return all;
    }

    private static Verdict atLeast(String target, double wanted, double measured) {
        return new Verdict(
                target,
                Double.toString(wanted),
                String.format(Locale.ROOT, "%.3f", measured),
                Optional.of(measured >= wanted));
    }

    private static Verdict atMost(String target, Duration wanted, Histogram measured) {
        double millis = millis(measured, 95);
        return new Verdict(
                target,
                wanted.toMillis() + " ms",
                String.format(Locale.ROOT, "%.1f ms", millis),
                Optional.of(millis <= wanted.toMillis()));
    }

    private static Histogram all(Replay.Tally tally) {
        var all = new Histogram(3);
        all.add(tally.cold);
        all.add(tally.warm);
        return all;
    }

    private static double millis(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e6;
    }

    private static String times(Histogram ours, Histogram plain) {
        return String.format(
                Locale.ROOT,
                "{\"p50\":%.1f,\"p99\":%.1f,\"reference_p50\":%.1f,\"reference_p99\":%.1f}",
                millis(ours, 50),
                millis(ours, 99),
                millis(plain, 50),
                millis(plain, 99));
    }

    private static void sleepUntil(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
