package dev.freshet.benchmarks;

import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** Reads of a dashboard over HTTP, and what became of them. */
final class Reads {
    private final School school;
    private final Dashboard dashboard;
    private final Map<String, Tally> views = new ConcurrentHashMap<>();
    private final AtomicInteger failed = new AtomicInteger();

    /** What became of those of one view. */
    static final class Tally {
        final AtomicLong reads = new AtomicLong();
        final AtomicLong hits = new AtomicLong();
        /** Nanoseconds of reads that were no hits, and of those that were. */
        final Histogram cold = new ConcurrentHistogram(3);

        final Histogram warm = new ConcurrentHistogram(3);
        volatile long loads;

        double hitRate() {
            return (double) hits.get() / Math.max(1, reads.get());
        }

        double loadsPerRead() {
            return (double) loads / Math.max(1, reads.get());
        }

        Histogram all() {
            var all = cold.copy();
            all.add(warm);
            return all;
        }
    }

    Reads(School school, Dashboard dashboard) {
        this.school = school;
        this.dashboard = dashboard;
    }

    Tally view(String name) {
        return views.computeIfAbsent(name, view -> new Tally());
    }

    SortedMap<String, Tally> byView() {
        return new TreeMap<>(views);
    }

    Histogram cold() {
        return together(tally -> tally.cold);
    }

    Histogram warm() {
        return together(tally -> tally.warm);
    }

    Histogram all() {
        return together(Tally::all);
    }

    private Histogram together(Function<Tally, Histogram> part) {
        var all = new Histogram(3);
        views.values().forEach(tally -> all.add(part.apply(tally)));
        return all;
    }

    /** Of all views together. */
    double hitRate() {
        return (double) sum(tally -> tally.hits.get()) / Math.max(1, count());
    }

    double loadsPerRead() {
        return (double) sum(tally -> tally.loads) / Math.max(1, count());
    }

    long count() {
        return sum(tally -> tally.reads.get());
    }

    private long sum(Function<Tally, Long> part) {
        return views.values().stream().mapToLong(part::apply).sum();
    }

    /** Those that got no value. */
    int failed() {
        return failed.get();
    }

    /** @param before what the dashboard had loaded when these reads began */
    void loadedSince(Map<String, Long> before) throws Exception {
        dashboard.loads().forEach((view, count) -> view(view).loads = count - before.getOrDefault(view, 0L));
    }

    /** @return the value; empty when the read failed */
    String look(School.Read read) {
        var tally = view(read.view().name());
        tally.reads.incrementAndGet();
        long start = System.nanoTime();
        try {
            var answer = school.get(dashboard.at(read.uri()), read.token());
            if (answer.statusCode() == 200) {
                boolean isHit =
                        answer.headers().firstValue("X-Cache").orElse("").equals("HIT");
                tally.hits.addAndGet(isHit ? 1 : 0);
                (isHit ? tally.warm : tally.cold).recordValue(System.nanoTime() - start);
                return answer.body();
            }
            return failed(read.uri() + " was answered " + answer.statusCode() + " " + answer.body());
        } catch (Exception e) {
            return failed(read.uri() + ": " + e);
        }
    }

    private String failed(String why) {
        if (failed.getAndIncrement() == 0) {
            System.err.println("a read failed: " + why);
        }
        return "";
    }

    /**
     * Nobody reads before there is something else to be read, or every look would be a load.
     *
     * @param newest the text of a later change, which hides this one
     * @return whether it was seen
     */
    boolean awaitSeen(School.Read read, String text, Supplier<String> newest, Duration longest) {
        long end = System.nanoTime() + longest.toNanos();
        while (System.nanoTime() < end) {
            if (dashboard.isOld(read, text) && dashboard.isOld(read, newest.get())) {
                LockSupport.parkNanos(2_000_000);
            } else {
                var value = look(read);
                if (value.contains(text) || value.contains(newest.get())) {
                    return true;
                }
            }
        }
        return false;
    }
}
