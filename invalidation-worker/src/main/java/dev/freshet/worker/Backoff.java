package dev.freshet.worker;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential backoff with equal jitter: each pause is between a half and the whole of one that doubles with each failure.
 *
 * @param first the longest pause after the first failure
 * @param last the longest pause after any
 * @see <a href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential Backoff And
 *     Jitter</a>
 */
public record Backoff(Duration first, Duration last) {
    private static final int MOST_DOUBLINGS = 20;

    /** @param failures in a row, at least 1 */
    public Duration after(int failures, RandomGenerator random) {
        long doubled = first.toMillis() << Math.min(failures - 1, MOST_DOUBLINGS);
        long whole = Math.min(doubled, last.toMillis());
        return Duration.ofMillis(random.nextLong(whole / 2, whole + 1));
    }
}
