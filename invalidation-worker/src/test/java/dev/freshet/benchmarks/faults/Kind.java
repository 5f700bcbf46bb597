package dev.freshet.benchmarks.faults;

import java.util.List;
import java.util.SplittableRandom;

/**
 * A way in which something breaks.
 *
 * @param name such as {@code worker-kill}
 * @param targets what it may befall, one of which is drawn; two faults never befall the same thing at the same time
 * @param fault breaks it and mends it
 */
record Kind(String name, List<String> targets, Fault fault) {
    /** Breaks something and mends it again. */
    @FunctionalInterface
    interface Fault {
        /**
         * Returns when nothing is broken any more, so that all that is left is for Freshet to recover.
         *
         * @return what happened, for people
         */
        String befall(Scene scene) throws Exception;
    }

    /**
     * Where a fault happens.
     *
     * @param target one of the kind's
     * @param random the fault's own, so that it does the same in a second run of the seed
     */
    record Scene(Stack stack, Senders senders, Ledger ledger, String target, SplittableRandom random) {
        Stack.Worker worker() {
            return stack.workers.stream()
                    .filter(worker -> worker.jvm().name().equals(target))
                    .findFirst()
                    .orElseThrow();
        }

        Site site() {
            return stack.sites.stream()
                    .filter(site -> site.name().equals(target))
                    .findFirst()
                    .orElseThrow();
        }

        /** Lets time go by. */
        void rest(int leastMillis, int mostMillis) throws InterruptedException {
            Thread.sleep(random.nextInt(leastMillis, mostMillis + 1));
        }

        <T> T anyOf(List<T> some) {
            return some.get(random.nextInt(some.size()));
        }
    }
}
