package dev.freshet.benchmarks;

import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/** Nanoseconds: for people, and until it is time. */
final class Times {
    private Times() {}

    /** @param due of {@link System#nanoTime} */
    static void sleepUntil(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    static double millis(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e6;
    }

    /** As JSON, both sides in milliseconds. */
    static String json(Histogram ours, Histogram plain) {
        return String.format(
                Locale.ROOT,
                "{\"p50\":%.1f,\"p99\":%.1f,\"reference_p50\":%.1f,\"reference_p99\":%.1f}",
                millis(ours, 50),
                millis(ours, 99),
                millis(plain, 50),
                millis(plain, 99));
    }
}
