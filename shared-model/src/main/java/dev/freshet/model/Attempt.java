package dev.freshet.model;

import java.time.Instant;

/**
 * One failed try at a job.
 *
 * @param at when it failed
 * @param worker which worker process tried
 * @param step where it failed: {@code decode}, {@code apply}, {@code invalidate}, {@code crash}; or
 *     {@link #REPLAY}, which is no failure but the mark of a new beginning
 * @param error class and message of the error; never the body
 */
public record Attempt(Instant at, String worker, String step, String error) {
    public static final String REPLAY = "replay";

    boolean isReplay() {
        return step.equals(REPLAY);
    }
}
