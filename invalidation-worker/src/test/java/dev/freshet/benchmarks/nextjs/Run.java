package dev.freshet.benchmarks.nextjs;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * What the scenarios of one version share.
 *
 * @param source where every instance reads
 * @param counters the newest value of each cohort, by number; they only grow
 */
record Run(Site site, Services services, Source source, AtomicIntegerArray counters) {

    /** A new value for a cohort, not sent yet. */
    int next(int cohort) {
        return counters.incrementAndGet(cohort);
    }

    /** Tells of a new value of a cohort, and returns it. */
    int send(Freshet freshet, int cohort) {
        int value = next(cohort);
        freshet.send(cohort, value);
        return value;
    }

    /** The newest value of a cohort. */
    int current(int cohort) {
        return counters.get(cohort);
    }
}
