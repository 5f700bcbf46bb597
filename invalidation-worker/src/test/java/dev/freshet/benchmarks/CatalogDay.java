package dev.freshet.benchmarks;

import static dev.freshet.benchmarks.Times.millis;
import static dev.freshet.benchmarks.Times.sleepUntil;

import dev.freshet.benchmarks.DayFile.Look;
import dev.freshet.benchmarks.DayFile.Writer;
import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.Serving;
import dev.freshet.catalog.Targets;
import dev.freshet.worker.dev.Stage;
import java.sql.SQLException;
import java.time.Duration;
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
import java.util.concurrent.locks.ReentrantLock;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Some of the day of any application, as its file says, against all of Freshet and against a TTL and a delete by key; beside
 * each target of its catalog what was measured.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class CatalogDay {
    private static final Duration LONGEST = Duration.ofMinutes(2);
    private static final Duration BURST = Duration.ofSeconds(3);
    private static final int BURST_READERS = 16;
    /** Texts that changes show by have four digits. */
    private static final int FIRST_CHANGE = 1_000;

    private final String name;
    private final DayFile day;
    private final int faster;
    private final Targets targets;
    private final Map<String, Duration> ttls = new TreeMap<>();
    private final Duration length;

    /** What a target came to; empty when this day cannot say. */
    record Verdict(String target, String wanted, String measured, Optional<Boolean> isMet) {
        String json() {
            return "\"%s\":{\"wanted\":\"%s\",\"measured\":\"%s\",\"met\":%s}"
                    .formatted(
                            target,
                            wanted,
                            measured,
                            isMet.map(Object::toString).orElse("null"));
        }
    }

    /** What one side came to. */
    static final class Side {
        final Reads reads;
        /** Nanoseconds that requests with changes took, until changes were seen, and until a session was found. */
        final Histogram written = new ConcurrentHistogram(3);

        final Histogram fresh = new ConcurrentHistogram(3);
        final Histogram sessions = new ConcurrentHistogram(3);
        final AtomicInteger unseen = new AtomicInteger();
        private final AtomicInteger failed = new AtomicInteger();
        double readsPerSecond;

        Side(Reads reads) {
            this.reads = reads;
        }

        /** Reads, changes and looks for sessions that failed. */
        int failed() {
            return reads.failed() + failed.get();
        }

        private void failed(String what, Exception why) {
            if (failed.getAndIncrement() == 0) {
                System.err.println(what + " failed: " + why);
            }
        }
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

    /** @param length of each side of it */
    static CatalogDay of(String name, Duration length) {
        var day = DayFile.read(name);
        return new CatalogDay(name, day, length, day.faster());
    }

    /** At another speed than its file says. */
    static CatalogDay of(String name, Duration length, int faster) {
        return new CatalogDay(name, DayFile.read(name), length, faster);
    }

    private CatalogDay(String name, DayFile day, Duration length, int faster) {
        this.name = name;
        this.day = day;
        this.length = length;
        this.faster = faster;
        var catalog = CatalogReader.read(name, Map.of());
        this.targets = catalog.targets();
        catalog.views().forEach((view, what) -> ttls.put(view, what.ttl().dividedBy(faster)));
    }

    /** Against a TTL and a delete by key; prints what came of both. */
    boolean compare() throws Exception {
        Side ours;
        long lost;
        try (var school = school(School.stage(name, 1, settings()))) {
            ours = ours(school);
            lost = lost(school, ours);
        }
        Side plain;
        try (var school = school(School.stage(name, 1, settings()))) {
            plain = plain(school);
        }
        return print(ours, plain, lost);
    }

    /** @param stage plays this catalog with these settings, and is closed with it */
    School school(Stage stage) throws SQLException {
        return new School(stage, day.setup());
    }

    /** For the processes. */
    Map<String, String> settings() {
        var settings = new TreeMap<String, String>();
        ttls.forEach((view, ttl) -> settings.put(Serving.variable(view), Math.max(1, ttl.toMillis()) + "ms"));
        return settings;
    }

    /** All of Freshet. */
    Side ours(School school) throws Exception {
        return replay(school, new Dashboard.Ours(school), (writer, drawn) -> {
            var route = writer.route();
            var body = DayFile.filled(Objects.requireNonNullElse(writer.body(), ""), drawn);
            if (route != null) {
                school.write(route, body);
            } else if (!body.isEmpty()) {
                school.deliver(
                        Objects.requireNonNull(writer.site()), Objects.requireNonNullElse(writer.topic(), ""), body);
            } else {
                school.execute(DayFile.filled(writer.sql(), drawn));
            }
        });
    }

    /** A TTL and a delete by key, without anything of Freshet's but its sessions. */
    Side plain(School school) throws Exception {
        school.withdraw(LONGEST);
        try (var dashboard = dashboard(school)) {
            return replay(school, dashboard, (writer, drawn) -> {
                school.execute(DayFile.filled(writer.sql(), drawn));
                dashboard.delete(writer.deletes().stream()
                        .map(look -> read(school, look, drawn))
                        .toList());
            });
        }
    }

    TtlAndDelete dashboard(School school) {
        return new TtlAndDelete(school, view -> Objects.requireNonNull(ttls.get(view)));
    }

    /** Changes that nobody saw, and jobs that are not done. */
    static long lost(School school, Side ours) throws InterruptedException {
        school.awaitDone(LONGEST);
        return ours.unseen.get() + school.status().missing() + school.status().dead();
    }

    private School.Read read(School school, Look look, Map<String, String> drawn) {
        return school.read(look.view(), look.query(drawn), day.as(look, drawn));
    }

    private School.Read read(School school, Random random) {
        var reader = day.reader(random);
        return read(school, reader.look(), DayFile.drawn(reader.draw(), random));
    }

    /** The same reads and changes at the same moments, whatever answers them; sessions are Freshet's on both sides. */
    private Side replay(School school, Dashboard dashboard, Write write) throws Exception {
        school.awaitDone(LONGEST); // what filling its tables has made old
        var random = new Random(1);
        var sessions = new ArrayList<String>();
        for (int i = 0; i < Objects.requireNonNullElse(day.sessions(), 0); i++) {
            sessions.add(school.signIn("owner" + i));
        }
        var first = new Side(new Reads(school, dashboard));
        var side = new Side(new Reads(school, dashboard));
        double hours = length.toMillis() * faster / 3_600_000.0;
        int reads = (int) Math.round(day.readsAnHour() * hours);
        int changes = (int) Math.round(day.changesAnHour() * hours);
        long start = System.nanoTime();
        Map<String, Long> before = Map.of();
        var shown = new ConcurrentHashMap<String, Shown>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0, change = 0; i < reads; i++) {
                sleepUntil(start + (long) (length.toNanos() * (double) i / reads));
                if (i == reads / 10) { // the caches are not empty any more
                    before = dashboard.loads();
                }
                var into = i < reads / 10 ? first : side;
                var read = read(school, random);
                var session = sessions.isEmpty() ? "" : sessions.get(random.nextInt(sessions.size()));
                threads.execute(() -> {
                    if (!session.isEmpty()) {
                        find(school, session, into);
                    }
                    into.reads.look(read);
                });
                if (change < changes * (double) i / reads) {
                    change++;
                    var writer = day.writer(random);
                    var known = Map.of("change", Integer.toString(FIRST_CHANGE + change), "id", "day-" + change);
                    var drawn = DayFile.drawn(writer.draw(), random, known);
                    threads.execute(() -> change(school, writer, drawn, write, into, shown));
                }
            }
        }
        side.reads.loadedSince(before);
        side.unseen.addAndGet(first.unseen.get());
        side.failed.addAndGet(first.failed());
        side.readsPerSecond = burst(school, new Reads(school, dashboard), side);
        return side;
    }

    private static void find(School school, String session, Side side) {
        long start = System.nanoTime();
        try {
            school.session(session);
            side.sessions.recordValue(System.nanoTime() - start);
        } catch (RuntimeException e) {
            side.failed("a look for a session", e);
        }
    }

    private void change(
            School school,
            Writer writer,
            Map<String, String> drawn,
            Write write,
            Side side,
            ConcurrentHashMap<String, Shown> all) {
        var shows = Optional.ofNullable(writer.shows());
        var read = shows.map(what -> read(school, what.look(), drawn));
        var text = shows.map(what -> DayFile.filled(what.text(), drawn)).orElse("");
        var shown = read.map(value -> all.computeIfAbsent(value.key(), any -> new Shown()))
                .orElseGet(Shown::new);
        long start = System.nanoTime();
        shown.turn.lock();
        try {
            shown.newest = text;
            long sent = System.nanoTime();
            write.make(writer, drawn);
            if (writer.body() != null) {
                side.written.recordValue(System.nanoTime() - sent);
            }
        } catch (Exception e) {
            side.failed("a change", e);
            return;
        } finally {
            shown.turn.unlock();
        }
        read.ifPresent(value -> {
            boolean isSeen = side.reads.awaitSeen(value, text, () -> shown.newest, LONGEST);
            side.unseen.addAndGet(isSeen ? 0 : 1);
            side.fresh.recordValue(System.nanoTime() - start);
        });
    }

    /**
     * As many reads of usual values as there are answers, for some seconds.
     *
     * @return how many a second
     */
    private double burst(School school, Reads reads, Side side) {
        long nanos = Math.min(BURST.toNanos(), length.toNanos() / 10);
        long end = System.nanoTime() + nanos;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < BURST_READERS; i++) {
                var random = new Random(i);
                threads.execute(() -> {
                    while (System.nanoTime() < end) {
                        reads.look(read(school, random));
                    }
                });
            }
        }
        side.failed.addAndGet(reads.failed());
        return reads.count() / (nanos / 1e9);
    }

    private boolean print(Side ours, Side plain, long lost) {
        System.out.println("  reads, hits, loads, p50 and p95 of reads in ms; Freshet and by TTL and delete");
        ours.reads.byView().forEach((view, tally) -> {
            var other = plain.reads.view(view);
            System.out.printf(
                    Locale.ROOT,
                    "    %-20s %,7d  %5.1f %% %5.1f %%  %,6d %,6d  %6.1f %6.1f  %6.1f %6.1f%n",
                    view,
                    tally.reads.get(),
                    100 * tally.hitRate(),
                    100 * other.hitRate(),
                    tally.loads,
                    other.loads,
                    millis(tally.all(), 50),
                    millis(tally.all(), 95),
                    millis(other.all(), 50),
                    millis(other.all(), 95));
        });
        System.out.printf(
                Locale.ROOT,
                "  a change until it is seen: %,d, p50 %.1f p99 %.1f ms; by TTL and delete p50 %.1f p99 %.1f ms%n",
                ours.fresh.getTotalCount(),
                millis(ours.fresh, 50),
                millis(ours.fresh, 99),
                millis(plain.fresh, 50),
                millis(plain.fresh, 99));
        System.out.printf(
                "  requests that failed: %d and %d; changes that nobody saw and jobs that are not done: %d%n",
                ours.failed(), plain.failed(), lost);
        var verdicts = verdicts(ours);
        System.out.println("  its targets: wanted, measured");
        for (var one : verdicts) {
            System.out.printf(
                    "    %-26s %-12s %-12s %s%n",
                    one.target,
                    one.wanted,
                    one.measured,
                    one.isMet.map(met -> met ? "yes" : "no").orElse("not measured here"));
        }
        var comparison = Comparison.ofCosts("day-" + name, "loads per 100 reads");
        comparison.add(100 * ours.reads.loadsPerRead(), 100 * plain.reads.loadsPerRead());
        boolean isMet = verdicts.stream().allMatch(one -> one.isMet.orElse(true));
        boolean isWhole = comparison
                .with("faster", Integer.toString(faster))
                .with("failed", "[%d,%d]".formatted(ours.failed(), plain.failed()))
                .with(
                        "hit_rate",
                        String.format(Locale.ROOT, "[%.3f,%.3f]", ours.reads.hitRate(), plain.reads.hitRate()))
                .with("fresh_ms", Times.json(ours.fresh, plain.fresh))
                .with(
                        "targets",
                        "{"
                                + String.join(
                                        ",",
                                        verdicts.stream().map(Verdict::json).toList()) + "}")
                .print("its targets", isMet, lost);
        return isWhole && ours.failed() == 0;
    }

    /** Each target of the catalog; p95 must keep a time. */
    List<Verdict> verdicts(Side ours) {
        var all = new ArrayList<Verdict>();
        targets.hitRate().ifPresent(rate -> all.add(atLeast("hitRate", rate, ours.reads.hitRate())));
        targets.views().forEach((view, expected) -> {
            var tally = ours.reads.view(view);
            boolean isRead = tally.reads.get() > 0;
            var target = "hitRate " + view;
            expected.hitRate()
                    .map(rate -> isRead ? atLeast(target, rate, tally.hitRate()) : unknown(target, rate.toString()))
                    .ifPresent(all::add);
            expected.read().ifPresent(time -> all.add(atMost("read " + view, time, tally.all())));
        });
        targets.hit().ifPresent(time -> all.add(atMost("hit", time, ours.reads.warm())));
        targets.read().ifPresent(time -> all.add(atMost("read", time, ours.reads.all())));
        targets.api().ifPresent(time -> {
            var requests = ours.reads.all();
            requests.add(ours.written);
            all.add(atMost("api", time, requests));
        });
        targets.session().ifPresent(time -> all.add(atMost("session", time, ours.sessions)));
        targets.queriesSaved().ifPresent(part -> all.add(atLeast("queriesSaved", part, 1 - ours.reads.loadsPerRead())));
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
        var most = wanted.toMillis() + " ms";
        if (measured.getTotalCount() == 0) {
            return unknown(target + ", p95", most);
        }
        double millis = millis(measured, 95);
        return new Verdict(
                target + ", p95",
                most,
                String.format(Locale.ROOT, "%.1f ms", millis),
                Optional.of(millis <= wanted.toMillis()));
    }

    private static Verdict unknown(String target, String wanted) {
        return new Verdict(target, wanted, "-", Optional.empty());
    }
}
