package dev.freshet.benchmarks.nextjs;

import dev.freshet.benchmarks.tools.BrokenOffException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits that end: with what was waited for, or with a {@link BrokenOffException}. */
final class Await {
    /** Much longer than anything takes on a machine that is alive. */
    static final Duration DEADLINE = Duration.ofMinutes(2);

    private static final long STEP_MILLIS = 5;

    private Await() {}

    /** @param what completes the sentence: waited in vain until … */
    static void until(BooleanSupplier condition, String what) throws InterruptedException {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new BrokenOffException("waited in vain until " + what);
            }
            Thread.sleep(STEP_MILLIS);
        }
    }

    static void latch(CountDownLatch latch, String what) throws InterruptedException {
        if (!latch.await(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
            throw new BrokenOffException("waited in vain until " + what);
        }
    }
}
