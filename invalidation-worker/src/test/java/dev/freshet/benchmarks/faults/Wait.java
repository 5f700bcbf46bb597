package dev.freshet.benchmarks.faults;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for what comes sooner or later. */
final class Wait {
    private static final Duration LOOK = Duration.ofMillis(50);

    private Wait() {}

    /** @throws IllegalStateException when it did not come */
    static void until(Duration most, BooleanSupplier condition) {
        if (!reached(most, condition)) {
            throw new IllegalStateException("waited in vain for " + most);
        }
    }

    /** @return whether it came */
    static boolean reached(Duration most, BooleanSupplier condition) {
        long deadline = System.nanoTime() + most.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            try {
                Thread.sleep(LOOK);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }
}
