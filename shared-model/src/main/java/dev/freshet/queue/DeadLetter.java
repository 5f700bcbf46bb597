package dev.freshet.queue;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import java.time.Instant;

/**
 * A job that was given up, untouched.
 *
 * @param job with all its failed tries, the last one included
 * @param at when it was buried, by Redis' clock
 */
public record DeadLetter(Job job, Instant at) {

    /** The try after which it was given up. */
    public Attempt last() {
        return job.attempts().getLast();
    }
}
