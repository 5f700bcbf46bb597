package dev.freshet.worker.run;

import dev.freshet.model.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Exponential backoff with full jitter, and two budgets: a job that spent either is buried.
 *
 * @param attempts tries in all, the first one included
 * @param budget the longest time from accepting or replaying a delivery to its last try
 * @param base the longest wait before the second try; doubles with each try
 * @param cap the longest wait before any try
 * @see <a href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential Backoff And
 *     Jitter</a>
 */
public record RetryPolicy(int attempts, Duration budget, Duration base, Duration cap) {
    private static final int MAX_DOUBLINGS = 20;

    /** @return how long to wait before the next try of a job that has just failed; empty when a budget is spent */
    Optional<Duration> next(Job job, Instant now, RandomGenerator random) {
        if (job.attempt() >= attempts || now.isAfter(job.triedSince().plus(budget))) {
            return Optional.empty();
        }
        long ceiling = Math.min(cap.toMillis(), base.toMillis() << Math.min(job.attempt() - 1, MAX_DOUBLINGS));
        return Optional.of(Duration.ofMillis(random.nextLong(ceiling + 1)));
    }
}
