package dev.freshet.worker.run;

import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import dev.freshet.db.Spill;
import dev.freshet.db.Spill.Page;
import dev.freshet.db.Spill.Row;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.queue.Enqueued;
import dev.freshet.queue.JobCodec;
import dev.freshet.queue.JobFormatException;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueuePolicy;
import dev.freshet.redis.RedisServer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves what ingest has spilled into the queue, in the order in which it came, once the queue's Redis is there. Of a whole
 * fleet one does so at a time. It is worse to lose a row than to enqueue it twice: the second time it is a duplicate.
 */
final class Drainer {
    private static final Logger log = LoggerFactory.getLogger(Drainer.class);

    private final String name;
    private final Spill spill;
    private final JobQueue queue;
    private final RedisServer server;
    private final Clock clock;
    private final Counter drained;
    private int left;

    Drainer(String name, Spill spill, JobQueue queue, RedisServer server, Clock clock, MeterRegistry metrics) {
        this.name = name;
        this.spill = spill;
        this.queue = queue;
        this.server = server;
        this.clock = clock;
        this.drained = Counter.builder("freshet_drained_total")
                .description("spilled deliveries that were moved into the queue")
                .register(metrics);
    }

    /**
     * Moves all there is, page by page; what cannot go now holds up nothing behind it.
     *
     * @return how many left the spill
     * @throws OutageException when PostgreSQL is away
     * @throws io.lettuce.core.RedisException when the queue is away
     * @throws dev.freshet.settings.SettingException when the queue's Redis may evict what would be moved there
     */
    int runOnce() {
        if (!server.isConnected()) {
            return 0;
        }
        int moved = 0;
        try {
            if (spill.isEmpty()) {
                left = 0;
                return 0;
            }
            QueuePolicy.check(server);
            var run = new Run();
            var page = new Page(0, 0, 0);
            do {
                var next = spill.drain(page.last(), run::enqueue);
                if (next.isEmpty()) {
                    break; // another process drains
                }
                page = next.get();
                moved += page.queued();
            } while (page.rows() > 0 && !run.isFull);
            report(moved, run);
            return moved;
        } catch (SQLException e) {
            if (Database.classify(e) == Failure.OUTAGE) {
                throw new OutageException("postgresql", false, e);
            }
            throw new IllegalStateException("cannot drain the spill: " + e.getMessage(), e);
        } finally {
            drained.increment(moved);
        }
    }

    /** What stays is said when it changes, not every second. */
    private void report(int moved, Run run) {
        if (moved > 0 || run.left != left) {
            log.info(
                    "drained deliveries={} left={}{}",
                    moved,
                    run.left,
                    run.cause.isEmpty() ? "" : " cause=" + run.cause);
        }
        left = run.left;
    }

    /** One walk through the spill. */
    private final class Run {
        private int left;
        private boolean isFull;
        private String cause = "";

        List<Row> enqueue(List<Row> rows) {
            var moved = new ArrayList<Row>();
            var legible = new ArrayList<Offer>();
            for (var row : rows) {
                switch (read(row)) {
                    case Content.Legible(var job) -> legible.add(new Offer(row, job));
                    case Content.Illegible(var job, var why) -> {
                        if (isThere(server.await(queue.enqueueDead(job, why)))) {
                            moved.add(row);
                        } else {
                            cause = "there are too many dead letters";
                        }
                    }
                    case Content.Newer() -> cause = "a newer worker can read them, update this one";
                }
            }
            moved.addAll(enqueueAll(legible));
            left += rows.size() - moved.size();
            return moved;
        }

        private List<Row> enqueueAll(List<Offer> offers) {
            if (offers.isEmpty()) {
                return List.of();
            }
            var outcomes = server.await(
                    queue.enqueueAll(offers.stream().map(Offer::job).toList()));
            if (outcomes.contains(Enqueued.FULL)) {
                isFull = true;
                cause = "the queue is full";
            } else if (outcomes.contains(Enqueued.AT_RISK)) {
                cause = "too few replicas have them";
            }
            return IntStream.range(0, offers.size())
                    .filter(i -> isThere(outcomes.get(i)))
                    .mapToObj(i -> offers.get(i).row())
                    .toList();
        }
    }

    /** What too few replicas have stays in the spill, so that a failover which loses it is healed. */
    private static boolean isThere(Enqueued outcome) {
        return switch (outcome) {
            case ACCEPTED, DUPLICATE -> true;
            case AT_RISK, FULL -> false;
        };
    }

    private record Offer(Row row, Job job) {}

    private sealed interface Content {
        record Legible(Job job) implements Content {}

        /** Signed but not to be read; or bytes that are no job at all. */
        record Illegible(Job job, Attempt why) implements Content {}

        /** For a process of a later version. */
        record Newer() implements Content {}
    }

    /** What ingest could not read has a failed try behind it; all other spilled jobs were never tried. */
    private Content read(Row row) {
        try {
            var job = JobCodec.decode(row.job());
            return job.attempts().isEmpty()
                    ? new Content.Legible(job)
                    : new Content.Illegible(untried(job), job.attempts().getLast());
        } catch (JobFormatException e) {
            if (e.isNewer()) {
                return new Content.Newer();
            }
            var now = clock.instant();
            var why = new Attempt(now, name, "decode", String.valueOf(e.getMessage()));
            return new Content.Illegible(JobCodec.unreadable(row.job(), now), why);
        }
    }

    private static Job untried(Job job) {
        return Job.first(job.id(), job.site(), job.topic(), job.receivedAt(), job.awaited(), job.trace(), job.body());
    }
}
