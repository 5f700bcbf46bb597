package dev.freshet.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * A day of TAFTA, made from a seed: who reads what, what Thinkific delivers, and when, as parts of the day from 0 to 1. Few
 * cohorts and learners are looked at by most (Zipf); at class times a cohort's learners move on all at once; at noon
 * enrollments are imported.
 */
record Day(List<Step> steps) {
    static final int COHORTS = 40;
    static final int LEARNERS = 5_000;
    static final int IMPORTED = 50_000;
    private static final int READS = 30_000;
    private static final int CHANGES = 3_000;
    private static final int CLASSES = 6;
    private static final int IN_CLASS = 150;
    private static final int PAGE = 50;
    private static final double CLASS_LENGTH = 5 / (24 * 60.0);
    private static final double NOON = 0.5;

    /** Something that happens, at this part of the day. */
    sealed interface Step {
        double at();
    }

    /** @param parameters as in a request */
    record Look(double at, String view, String parameters) implements Step {}

    /** A learner goes on. */
    record Change(double at, int learner) implements Step {}

    record Import(double at) implements Step {}

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
            int at = java.util.Arrays.binarySearch(sums, random.nextDouble() * sums[sums.length - 1]);
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
            double start = (8 + 2 * i + random.nextDouble()) / 24;
            int cohort = cohorts.next(random);
            for (int j = 0; j < IN_CLASS; j++) {
                int learner = COHORTS * random.nextInt(LEARNERS / COHORTS) + cohort - 1;
                steps.add(new Change(start + random.nextDouble() * CLASS_LENGTH, Math.max(1, learner)));
                steps.add(new Look(start + random.nextDouble() * CLASS_LENGTH, "cohort", "cohortId=" + cohort));
            }
        }
        steps.add(new Import(NOON));
        steps.sort(Comparator.comparingDouble(Step::at));
        return new Day(List.copyOf(steps));
    }

    /** When it is due in a day that is over so soon. */
    static long due(Step step, Duration day) {
        return (long) (step.at() * day.toNanos());
    }

    /** The cohort that {@link School} puts a learner in. */
    static int cohort(int learner) {
        return 1 + learner % COHORTS;
    }

    /** The page of the cohort's enrollments that a learner is on, before the import. */
    static int page(int learner) {
        return 1 + (learner - 1) / COHORTS / PAGE;
    }

    private static Look look(double at, Random random, Zipf cohorts, Zipf learners) {
        int kind = random.nextInt(100);
        if (kind < 20) {
            return new Look(at, "dashboard", "");
        } else if (kind < 35) {
            return new Look(at, "statistics", "");
        } else if (kind < 60) {
            int page = Math.min(3, 1 + random.nextInt(4) / 2);
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
        double hour = when < 75
                ? 8 + 10 * random.nextDouble()
                : when < 93 ? 18 + 5 * random.nextDouble() : 24 * random.nextDouble();
        return hour / 24;
    }
}
