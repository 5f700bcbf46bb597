package dev.freshet.worker.run;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.Event;
import dev.freshet.catalog.EventRule;
import dev.freshet.catalog.UnreadableException;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.queue.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The jobs of one claim as the catalog understands them.
 *
 * @param changes what is to be applied, in the order of the queue
 * @param unreadable jobs that no try can save
 * @param ignored those of topics that the catalog does not name
 */
record Batch(List<Change> changes, List<Verdict> unreadable, List<Job> ignored) {

    /** One job that the catalog has a rule for. */
    record Change(Job job, EventRule rule, Event event) {}

    static Batch of(Catalog catalog, List<Job> jobs, String worker, Instant now) {
        var changes = new ArrayList<Change>(jobs.size());
        var unreadable = new ArrayList<Verdict>();
        var ignored = new ArrayList<Job>();
        for (var job : jobs) {
            var rule = catalog.rule(job.topic(), job.site());
            if (rule.isEmpty()) {
                ignored.add(job);
                continue;
            }
            try {
                var event = rule.get().read(job.body(), job.receivedAt());
                changes.add(new Change(job, rule.get(), event));
            } catch (UnreadableException e) {
                unreadable.add(
                        new Verdict.Bury(job, new Attempt(now, worker, "decode", String.valueOf(e.getMessage()))));
            }
        }
        return new Batch(changes, unreadable, ignored);
    }
}
