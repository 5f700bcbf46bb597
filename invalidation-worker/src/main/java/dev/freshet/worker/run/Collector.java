package dev.freshet.worker.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.capture.Outbox;
import dev.freshet.capture.Outbox.Row;
import dev.freshet.catalog.TableChange;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import dev.freshet.model.Job;
import dev.freshet.model.Sha256;
import dev.freshet.queue.Enqueued;
import dev.freshet.queue.JobQueue;
import dev.freshet.redis.RedisServer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Moves what triggers wrote down into the queue, merged by table. Of a whole fleet one does so at a time. It is worse to
 * lose a row than to enqueue it twice: invalidating twice is harmless.
 */
final class Collector {
    /** Most sets of values of one job. */
    private static final int MOST_SETS = 500;
    /** A job holds no more once it has so many characters. */
    private static final int ENOUGH = 64 << 10;

    private final Outbox outbox;
    private final JobQueue queue;
    private final RedisServer server;
    private final Counter collected;

    Collector(Outbox outbox, JobQueue queue, RedisServer server, MeterRegistry metrics) {
        this.outbox = outbox;
        this.queue = queue;
        this.server = server;
        this.collected = counter(metrics, "collected");
    }

    /** @param outcome {@code collected} by row of the outbox, {@code everything} by time that all had to be invalidated */
    static Counter counter(MeterRegistry metrics, String outcome) {
        return Counter.builder("freshet_captured_total")
                .description("captured changes by what became of them")
                .tag("outcome", outcome)
                .register(metrics);
    }

    /**
     * Moves all there is, page by page, until the queue takes no more.
     *
     * @return how many rows left the outbox
     * @throws OutageException when PostgreSQL is away
     * @throws io.lettuce.core.RedisException when the queue is away
     */
    int runOnce() {
        if (!server.isConnected()) {
            return 0;
        }
        int all = 0;
        try {
            if (outbox.isEmpty()) {
                return 0;
            }
            int page;
            do {
                page = outbox.collect(this::enqueue);
                all += page;
            } while (page > 0);
            return all;
        } catch (SQLException e) {
            if (Database.classify(e) == Failure.OUTAGE) {
                throw new OutageException("postgresql", false, e);
            }
            throw new IllegalStateException("cannot collect captured changes: " + e.getMessage(), e);
        } finally {
            collected.increment(all);
        }
    }

    /** Of a table whose jobs are not all there no row is. */
    private List<Row> enqueue(List<Row> rows) {
        var bySource = new LinkedHashMap<String, List<Row>>();
        rows.forEach(row -> bySource.computeIfAbsent(row.source(), source -> new ArrayList<>())
                .add(row));
        var enqueued = new ArrayList<Row>();
        for (var same : bySource.values()) {
            if (!areThere(jobs(same))) {
                break;
            }
            enqueued.addAll(same);
        }
        return enqueued;
    }

    private boolean areThere(List<Job> jobs) {
        for (int from = 0; from < jobs.size(); from += MOST_SETS) {
            var part = jobs.subList(from, Math.min(jobs.size(), from + MOST_SETS));
            if (!server.await(queue.enqueueAll(part)).stream().allMatch(Collector::isThere)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isThere(Enqueued outcome) {
        return switch (outcome) {
            case ACCEPTED, DUPLICATE -> true;
            case AT_RISK, FULL -> false;
        };
    }

    /**
     * The id says of which rows a job is: no other rows may ever be taken for its duplicate, also those of a database that
     * was restored, whose ids begin again.
     */
    private static List<Job> jobs(List<Row> rows) {
        var source = rows.getFirst().source();
        var topic = TableChange.TOPIC + source;
        var key = rows.stream().map(row -> row.id() + "@" + row.at()).collect(Collectors.joining(","));
        var digest = Sha256.hex(key.getBytes(UTF_8)).substring(0, 32);
        var jobs = new ArrayList<Job>();
        for (var body : bodies(rows)) {
            var id = Job.id(Job.CAPTURE, topic, digest + "-" + jobs.size());
            jobs.add(Job.first(
                    id,
                    Job.CAPTURE,
                    topic,
                    rows.getFirst().at(),
                    false,
                    digest.substring(0, 16),
                    body.getBytes(UTF_8)));
        }
        return jobs;
    }

    private static List<String> bodies(List<Row> rows) {
        if (rows.stream().anyMatch(row -> row.rows().isEmpty())) {
            return List.of("{\"rows\":null}");
        }
        var sets = new LinkedHashSet<String>();
        rows.forEach(row -> row.rows().ifPresent(sets::addAll));
        var bodies = new ArrayList<String>();
        var part = new ArrayList<String>();
        int size = 0;
        for (var set : sets) {
            if (part.size() == MOST_SETS || size > ENOUGH) {
                bodies.add(body(part));
                part.clear();
                size = 0;
            }
            part.add(set);
            size += set.length();
        }
        bodies.add(body(part));
        return bodies;
    }

    private static String body(List<String> sets) {
        return "{\"rows\":[" + String.join(",", sets) + "]}";
    }
}
