package dev.freshet.worker.run;

import dev.freshet.model.Job;
import dev.freshet.queue.JobQueue;
import io.lettuce.core.RedisException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * Lets time pass in the queue, in one call: retries become due, replays are let in, and the claims of workers that stopped
 * renewing their leases end. While Redis was away nobody could renew one, so that after an outage everybody first gets the
 * time to do so: a pause of the whole fleet condemns nobody.
 */
final class Ticker {
    private static final int MAX_RELEASED = 500;

    private final JobQueue queue;
    private final Duration mercy;
    private final Consumer<Job> burial;
    private final Clock clock;
    private Instant notBefore = Instant.MIN;

    /** @param burial is told of a job before it is buried, and keeps it from that by throwing */
    Ticker(JobQueue queue, Duration lease, Consumer<Job> burial, Clock clock) {
        this.queue = queue;
        this.mercy = lease.dividedBy(2);
        this.burial = burial;
        this.clock = clock;
    }

    /**
     * @return how many jobs became suspects
     * @throws RedisException when the queue is away
     */
    int runOnce() {
        try {
            var expired = queue.tick(MAX_RELEASED).expired();
            return clock.instant().isBefore(notBefore)
                    ? 0
                    : expired.stream()
                            .mapToInt(claim -> queue.reap(claim, burial))
                            .sum();
        } catch (RedisException e) {
            notBefore = clock.instant().plus(mercy);
            throw e;
        }
    }
}
