package dev.freshet.queue;

import java.time.Instant;
import java.util.OptionalLong;

/**
 * What somebody did with dead letters.
 *
 * @param at when it began, by the clock of whoever did it
 * @param by who: a user and a host
 * @param name {@code replay} or {@code discard}
 * @param which the letters as they were asked for
 * @param letters how many there were; empty while it goes on, and for ever when it was killed
 */
public record DeadAction(Instant at, String by, String name, String which, OptionalLong letters) {

    /** The same, ended. */
    public DeadAction ended(long count) {
        return new DeadAction(at, by, name, which, OptionalLong.of(count));
    }
}
