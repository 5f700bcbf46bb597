package dev.freshet.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A day of TAFTA, made from a seed: who reads what, what Thinkific delivers, and when, in hours from 0 to 24. Few cohorts
 * and learners are looked at by most (Zipf); at class times a cohort's learners move on all at once; from noon on
 * enrollments are imported, as many a minute as TAFTA lets webhooks in.
 */
record Day(List<Step> steps) {
    static final int COHORTS = 40;
    static final int LEARNERS = 5_000;
    /** So many that a TTL alone comes to about the hit rates that TAFTA names. */
    private static final int READS = 300_000;

    private static final int CHANGES = 3_000;
    private static final int FIRST_CLASS = 8;
    private static final int CLASSES = 10;
    private static final int IN_CLASS = 150;
    private static final double CLASS_LENGTH = 5 / 60.0;
    private static final int IMPORTED = 50_000;
    private static final int IMPORTED_PER_MINUTE = 1_000;
    private static final double NOON = 12;
    private static final int PAGE = 50;

    /** What is replayed of it, one after the other. In hours. */
    enum Part {
        WARM_UP(NOON - 1 - 1 / 6.0, NOON - 1),
        /** As most of the day is, with a class in it. */
        USUAL(NOON - 1, NOON),
        /** With a class in it, too. */
        IMPORT(NOON, NOON + IMPORTED / (60.0 * IMPORTED_PER_MINUTE));

        final double from;
        final double to;

        Part(double from, double to) {
            this.from = from;
            this.to = to;
        }

        boolean contains(Step step) {
            return step.at() >= from && step.at() < to;
        }
    }

    /** Something that happens, at this hour. */
    sealed interface Step {
        double at();
    }

    /** @param parameters as in a request */
    record Look(double at, String view, String parameters) implements Step {}

    /** A learner goes on. */
    record Change(double at, int learner) implements Step {}

    /** @param index from 0 on, among all that are imported */
    record Enroll(double at, int index, int learner) implements Step {}

    /** Chances that fall as 1/rank. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Zipf(double[] sums) {
        static Zipf of(int count) {
            var sums = new double[count];
            double sum = 0;
            for (int i = 0; i < count; i++) {
                sum += 1.0 / (i + 1);
                sums[i] = sum;
            }
            return new Zipf(sums);
        }

        /** @return from 1 on */
        int next(Random random) {
            int at = Arrays.binarySearch(sums, random.nextDouble() * sums[sums.length - 1]);
            return 1 + Math.min(sums.length - 1, at < 0 ? -at - 1 : at);
        }
    }

    static Day of(long seed) {
        var random = new Random(seed);
        var cohorts = Zipf.of(COHORTS);
        var learners = Zipf.of(LEARNERS);
        var steps = new ArrayList<Step>();
        for (int i = 0; i < READS; i++) {
            steps.add(look(hour(random), random, cohorts, learners));
        }
        for (int i = 0; i < CHANGES; i++) {
            steps.add(new Change(hour(random), learners.next(random)));
        }
        for (int i = 0; i < CLASSES; i++) {
            double start = FIRST_CLASS + i + 0.25;
            int cohort = cohorts.next(random);
            for (int j = 0; j < IN_CLASS; j++) {
                int learner = COHORTS * random.nextInt(LEARNERS / COHORTS) + cohort - 1;
                steps.add(new Change(start + random.nextDouble() * CLASS_LENGTH, Math.max(1, learner)));
                steps.add(new Look(start + random.nextDouble() * CLASS_LENGTH, "cohort", "cohortId=" + cohort));
            }
        }
        for (int i = 0; i < IMPORTED; i++) {
            steps.add(new Enroll(NOON + i / (60.0 * IMPORTED_PER_MINUTE), i, 1 + i % LEARNERS));
        }
        steps.sort(Comparator.comparingDouble(Step::at));
        return new Day(List.copyOf(steps));
    }

    /** The cohort that {@link School} puts a learner in. */
    static int cohort(int learner) {
        return 1 + learner % COHORTS;
    }

    /** The page of the cohort's enrollments that a learner is on. What is imported comes behind it. */
    static int page(int learner) {
        return 1 + (learner - 1) / COHORTS / PAGE;
    }

    /** How much of the day's reads of a view fall into the import. */
    double imported(String view) {
        var looks = steps.stream()
                .filter(step -> step instanceof Look look && look.view.equals(view))
                .toList();
        return (double) looks.stream().filter(Part.IMPORT::contains).count() / Math.max(1, looks.size());
    }

    /** How many reads of each view the day has. */
    Map<String, Long> reads() {
        return steps.stream()
                .flatMap(step -> step instanceof Look look ? Stream.of(look.view) : Stream.of())
                .collect(Collectors.groupingBy(view -> view, Collectors.counting()));
    }

    private static Look look(double at, Random random, Zipf cohorts, Zipf learners) {
        int kind = random.nextInt(100);
        if (kind < 20) {
            return new Look(at, "dashboard", "");
        } else if (kind < 35) {
            return new Look(at, "statistics", "");
        } else if (kind < 60) {
            int which = random.nextInt(20);
            int page = which < 12 ? 1 : which < 17 ? 2 : 3;
            return new Look(at, "enrollments", "cohortId=" + cohorts.next(random) + "&page=" + page);
        } else if (kind < 75) {
            var status = random.nextBoolean() ? "any" : "approved";
            return new Look(at, "applicants", "cohortId=" + Math.min(10, cohorts.next(random)) + "&status=" + status);
        } else if (kind < 88) {
            return new Look(at, "cohort", "cohortId=" + cohorts.next(random));
        }
        return new Look(at, "user", "email=" + School.email(learners.next(random)));
    }

    /** Most of it happens from eight to six, some in the evening, little at night. */
    private static double hour(Random random) {
        int when = random.nextInt(100);
        return when < 75
                ? 8 + 10 * random.nextDouble()
                : when < 93 ? 18 + 5 * random.nextDouble() : 24 * random.nextDouble();
    }
}
