package dev.freshet.queue;

/** What became of a delivery that was offered to the queue. */
public enum Enqueued {
    /** It is in the queue. */
    ACCEPTED,
    /** It was accepted before, perhaps by the same call, sent again after its answer was lost. */
    DUPLICATE,
    /**
     * It is in the queue, now or before, but fewer replicas than asked for are known to have it: it may be lost with its
     * master. To be offered again.
     */
    AT_RISK,
    /** The queue is at its bound; nothing was kept of it. */
    FULL
}
