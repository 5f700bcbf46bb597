package dev.freshet.queue;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import java.time.Duration;

/** What becomes of a claimed job that is not done. */
public sealed interface Verdict {

    /** The job as it was claimed. */
    Job job();

    /** What failed; the queue adds it to the job's attempts. */
    Attempt attempt();

    /**
     * The job is tried again.
     *
     * @param after how long from now at least
     */
    record Retry(Job job, Attempt attempt, Duration after) implements Verdict {}

    /** The job becomes a dead letter. */
    record Bury(Job job, Attempt attempt) implements Verdict {}
}
