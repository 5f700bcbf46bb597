package dev.freshet.queue;

/** What became of a delivery that was offered to the queue. */
public enum Enqueued {
    /** It is in the queue. */
    ACCEPTED,
    /** It was accepted before, perhaps by the same call, sent again after its answer was lost. */
    DUPLICATE,
    /** The queue is at its bound; nothing was kept of it. */
    FULL
}
