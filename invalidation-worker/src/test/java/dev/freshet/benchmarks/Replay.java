package dev.freshet.benchmarks;

import static dev.freshet.benchmarks.Times.sleepUntil;

import dev.freshet.benchmarks.Day.Part;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** Drives a dashboard through the parts of a day, over HTTP, and writes down what came of it. */
final class Replay {
    /** Of changes, one in so many is looked at before and until it is seen after. */
    private static final int SAMPLE = 2;

    private static final int FIRST_IMPORTED = 1_000_000;
    private static final Instant START = Instant.parse("2026-02-01T10:00:00Z");

    /** What one part of the day came to. */
    static final class Outcome {
        final Reads reads;
        /** Nanoseconds from a change until a reader has it. */
        final Histogram user = new ConcurrentHistogram(3);

        final Histogram page = new ConcurrentHistogram(3);

        Outcome(Reads reads) {
            this.reads = reads;
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
            outcomes.put(part, new Outcome(new Reads(school, dashboard)));
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
                outcome.reads.loadedSince(before);
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
                .mapToLong(outcome -> outcome.reads.failed())
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
            case Day.Look(var at, var view, var parameters) -> outcome.reads.look(school.read(view, parameters));
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
            outcome.reads.look(read);
        }
        sent.merge(learner, number, Math::max);
        long start = System.nanoTime();
        if (isAccepted(number, learner, learner, percentage(number))) {
            taken.merge(learner, number, Math::max);
            if (isSample) {
                outcome.reads.awaitSeen(read, percentage(number), () -> newest(learner, number), longest);
                (isUser ? outcome.user : outcome.page).recordValue(System.nanoTime() - start);
            }
        }
    }

    /** Another change may have followed, and hides this one. */
    private String newest(int learner, int number) {
        return percentage(sent.getOrDefault(learner, number));
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
}
