package dev.freshet.worker.run;

import dev.freshet.queue.JobQueue;
import io.lettuce.core.RedisException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * Ends the claims of workers that stopped renewing their leases. While Redis was away nobody could renew one, so that
 * after an outage everybody first gets the time to do so: a pause of the whole fleet condemns nobody.
 */
final class Reaper {
    private final JobQueue queue;
    private final Duration mercy;
    private final Clock clock;
    private Instant notBefore = Instant.MIN;

    Reaper(JobQueue queue, Duration lease, Clock clock) {
        this.queue = queue;
        this.mercy = lease.dividedBy(2);
        this.clock = clock;
    }

    /**
     * @return how many jobs became suspects
     * @throws RedisException when the queue is away
     */
    int runOnce() {
        try {
            var expired = queue.expiredClaims();
            return clock.instant().isBefore(notBefore)
                    ? 0
                    : expired.stream().mapToInt(queue::reap).sum();
        } catch (RedisException e) {
            notBefore = clock.instant().plus(mercy);
            throw e;
        }
    }
}
