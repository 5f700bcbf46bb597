package dev.freshet.queue;

/** How far a job is that somebody waits for. */
public enum Awaited {
    /** Not tried yet, or being tried for the first time. */
    QUEUED,
    /** Tried at least once, and to be tried again. */
    RETRIED,
    /** A dead letter. */
    DEAD,
    /** Done or discarded, or never in this queue. */
    SETTLED
}
