package dev.freshet.queue;

/** What a worker got when it asked for jobs. */
public sealed interface ClaimResult permits Claim, ClaimResult.Nothing, ClaimResult.Paused {

    /** No job is ready; {@link JobQueue#awaitWork} tells when there is one. */
    record Nothing() implements ClaimResult {}

    /**
     * Somebody paused the queue. There may be jobs, so {@link JobQueue#awaitWork} would not wait.
     *
     * @param reason as it was given
     */
    record Paused(String reason) implements ClaimResult {}
}
