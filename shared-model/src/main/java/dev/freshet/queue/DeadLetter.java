package dev.freshet.queue;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import java.time.Instant;

/**
 * A job that was given up, untouched.
 *
 * @param job with all its failed tries, the last one included; without its body unless that was read
 * @param at when it was buried, by Redis' clock
 * @param bodySize bytes of the body, read or not
 * @param body where it is
 */
public record DeadLetter(Job job, Instant at, long bodySize, Body body) {

    /** Where a letter's body is. */
    public enum Body {
        /** In the job, as it came. */
        READ,
        /** In Redis; {@link DeadLetters#find} reads it. */
        IN_REDIS,
        /** In PostgreSQL, where {@link DeadLetters#find} reads it if it may. */
        MOVED
    }

    /** The try after which it was given up. */
    public Attempt last() {
        return job.attempts().getLast();
    }

    public boolean isWhole() {
        return body == Body.READ;
    }
}
