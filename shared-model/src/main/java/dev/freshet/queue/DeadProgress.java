package dev.freshet.queue;

import java.util.List;

/** Whoever watches while dead letters are replayed or discarded, a few at a time. */
public interface DeadProgress {
    /** Nobody. */
    DeadProgress NONE = new DeadProgress() {};

    /** Asked before each few; false ends the call, and what was done stays done. */
    default boolean goesOn() {
        return true;
    }

    /** These are about to be dealt with; one that changes at this moment may be named again, or stay. */
    default void begins(List<String> jobIds) {}

    /** These were dealt with. Here they have no bodies. */
    default void done(List<DeadLetter> letters) {}

    /** The queue holds as many bytes as replays may fill it with: letters of this partition stay for a later call. */
    default void full() {}

    /** This one was left as it is: its body stands in PostgreSQL, and cannot be had from there. */
    default void bodyMissing(String jobId) {}
}
