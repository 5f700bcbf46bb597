package dev.freshet.benchmarks;

import dev.freshet.benchmarks.Day.Part;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** Drives a dashboard through the parts of a day, over HTTP, and writes down what came of it. */
final class Replay {
    /** Of changes, one in so many is looked at before and until it is seen after. */
    private static final int SAMPLE = 2;

    private static final int FIRST_IMPORTED = 1_000_000;
    private static final Instant START = Instant.parse("2026-02-01T10:00:00Z");

    /** What answers readers and takes changes in. */
    interface Dashboard {
        /** Where it takes a request that is meant for Freshet. */
        URI at(URI freshet);

        /** Whether a value is there that lacks a text, without reading it as a reader does. */
        boolean isOld(School.Read read, String text);

        /** @return values loaded so far, by view */
        Map<String, Long> loads() throws Exception;
    }

    /** What became of the reads of one view in one part of the day. */
    static final class Tally {
        final AtomicLong reads = new AtomicLong();
        final AtomicLong hits = new AtomicLong();
        final AtomicLong failed = new AtomicLong();
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
    }

    /** What one part of the day came to. */
    static final class Outcome {
        final Map<String, Tally> views = new ConcurrentHashMap<>();
        /** Nanoseconds from a change until a reader has it. */
        final Histogram user = new ConcurrentHistogram(3);

        final Histogram page = new ConcurrentHistogram(3);

        Tally view(String name) {
            return views.computeIfAbsent(name, view -> new Tally());
        }

        SortedMap<String, Tally> byView() {
            return new TreeMap<>(views);
        }

        Histogram cold() {
            var all = new Histogram(3);
            views.values().forEach(tally -> all.add(tally.cold));
            return all;
        }

        Histogram warm() {
            var all = new Histogram(3);
            views.values().forEach(tally -> all.add(tally.warm));
            return all;
        }
    }

    private final School school;
    private final Dashboard dashboard;
    private final Duration longest;
    private final Map<Part, Outcome> outcomes = new EnumMap<>(Part.class);
    private final AtomicInteger numbers = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    /** Of each learner the numbers of the changes that were sent, and of the last one that was accepted. */
    private final Map<Integer, Integer> sent = new ConcurrentHashMap<>();

    private final Map<Integer, Integer> taken = new ConcurrentHashMap<>();

    /** @param longest until a change that is not seen is given up */
    Replay(School school, Dashboard dashboard, Duration longest) {
        this.school = school;
        this.dashboard = dashboard;
        this.longest = longest;
        for (var part : Part.values()) {
            outcomes.put(part, new Outcome());
        }
    }

    /** @param hour how long an hour of the day is to take */
    void run(Day day, Duration hour) throws Exception {
        long start = System.nanoTime();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var part : Part.values()) {
                var outcome = of(part);
                var before = dashboard.loads();
                for (var step : day.steps().stream().filter(part::contains).toList()) {
                    sleepUntil(start + (long) ((step.at() - Part.WARM_UP.from) * hour.toNanos()));
                    threads.execute(() -> take(step, outcome));
                }
                sleepUntil(start + (long) ((part.to - Part.WARM_UP.from) * hour.toNanos()));
                dashboard
                        .loads()
                        .forEach((view, count) -> outcome.view(view).loads = count - before.getOrDefault(view, 0L));
            }
        }
    }

    Outcome of(Part part) {
        return Objects.requireNonNull(outcomes.get(part));
    }

    /** Deliveries that were not accepted. */
    int refused() {
        return refused.get();
    }

    /** Reads that got no value, in all parts of the day. */
    long failed() {
        return outcomes.values().stream()
                .flatMap(outcome -> outcome.views.values().stream())
                .mapToLong(tally -> tally.failed.get())
                .sum();
    }

    /** Deliveries that were accepted and are not what the database says. */
    long lost() throws Exception {
        long imported = school.number("select count(*) from enrollments where id >= " + FIRST_IMPORTED);
        var last = taken.entrySet().stream()
                .map(e -> "(%d,%s)".formatted(e.getKey(), percentage(e.getValue())))
                .collect(Collectors.joining(","));
        long older = last.isEmpty()
                ? 0
                : school.number("select count(*) from (values " + last + ") v(id, p) join enrollments e using (id)"
                        + " where e.percentage_completed <> v.p");
        return accepted.get() - imported + older;
    }

    private void take(Day.Step step, Outcome outcome) {
        switch (step) {
            case Day.Look(var at, var view, var parameters) -> look(school.read(view, parameters), outcome);
            case Day.Change(var at, int learner) -> change(learner, outcome);
            case Day.Enroll(var at, int index, int learner) -> {
                int number = FIRST_IMPORTED + index;
                if (isAccepted(number, number, learner, "0.0")) {
                    accepted.incrementAndGet();
                }
            }
        }
    }

    private void change(int learner, Outcome outcome) {
        int number = numbers.incrementAndGet();
        boolean isSample = number % SAMPLE == 0;
        boolean isUser = number % (2 * SAMPLE) == 0;
        var read = isUser
                ? school.read("user", "email=" + School.email(learner))
                : school.read("enrollments", "cohortId=" + Day.cohort(learner) + "&page=" + Day.page(learner));
        if (isSample) {
            look(read, outcome);
        }
        sent.merge(learner, number, Math::max);
        long start = System.nanoTime();
        if (isAccepted(number, learner, learner, percentage(number))) {
            taken.merge(learner, number, Math::max);
            if (isSample) {
                awaitSeen(read, learner, number, start, outcome);
                (isUser ? outcome.user : outcome.page).recordValue(System.nanoTime() - start);
            }
        }
    }

    /** Nobody reads before there is something else to be read, or every look would be a load. */
    private void awaitSeen(School.Read read, int learner, int number, long start, Outcome outcome) {
        boolean isSeen = false;
        while (!isSeen && System.nanoTime() - start < longest.toNanos()) {
            if (dashboard.isOld(read, percentage(number)) && dashboard.isOld(read, newest(learner, number))) {
                LockSupport.parkNanos(2_000_000);
            } else {
                var value = look(read, outcome);
                isSeen = value.contains(percentage(number)) || value.contains(newest(learner, number));
            }
        }
    }

    /** Another change may have followed, and hides this one. */
    private String newest(int learner, int number) {
        return percentage(sent.getOrDefault(learner, number));
    }

    /** @return the value; empty when the read failed */
    private String look(School.Read read, Outcome outcome) {
        var tally = outcome.view(read.view().name());
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
            return failed(tally, read.uri() + " was answered " + answer.statusCode() + " " + answer.body());
        } catch (Exception e) {
            return failed(tally, read.uri() + ": " + e);
        }
    }

    private static String failed(Tally tally, String why) {
        if (tally.failed.getAndIncrement() == 0) {
            System.err.println("a read failed: " + why);
        }
        return "";
    }

    private boolean isAccepted(int number, int enrollment, int learner, String percentage) {
        var delivery = school.progress(number, enrollment, learner, START.plusMillis(number), percentage);
        try {
            school.send(delivery, dashboard.at(delivery.uri()));
            return true;
        } catch (Exception e) {
            if (refused.getAndIncrement() == 0) {
                System.err.println("a delivery was not accepted: " + e);
            }
            return false;
        }
    }

    private static String percentage(int number) {
        return "0.%04d".formatted(1 + number % 9_000);
    }

    private static void sleepUntil(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
