package dev.freshet.worker.cli;

import dev.freshet.catalog.CatalogException;
import dev.freshet.db.Spill;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.queue.QueueStatus;
import dev.freshet.queue.WorkerBeat;
import dev.freshet.redis.RedisServer;
import dev.freshet.worker.frontend.FrontEndStatus;
import dev.freshet.worker.frontend.Owed;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** One screen: the queue, the workers, the front ends, the dead letters. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "One screen: queue, dead letters, workers, what front ends are owed")
final class Status implements Runnable {
    private final Terminal terminal;

    @Mixin
    private JsonOption json = new JsonOption();

    Status(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * @param spilled how many deliveries wait in PostgreSQL; null when that is not known
     * @param trouble why the front ends are not known; empty when they are
     */
    private record Seen(
            List<QueueStatus> partitions,
            @Nullable Long spilled,
            List<WorkerBeat> workers,
            List<FrontEndStatus> frontEnds,
            String trouble) {
        QueueStatus queue() {
            return QueueStatus.sum(partitions);
        }
    }

    @Override
    public void run() {
        var seen = terminal.withRedis(this::look);
        if (json.wanted()) {
            terminal.json(report(seen));
        } else {
            print(seen);
        }
    }

    private Seen look(RedisServer server, QueueOptions options) {
        var queue = new JobQueue(server, options);
        try {
            var frontEnds = terminal.catalog().frontEnds().values();
            var owed = new Owed(server, options.prefix(), frontEnds, Owed.LONGEST_RENDER, Owed.MOST_OWED);
            return new Seen(queue.statuses(), spilled(), queue.workers(), owed.status(), "");
        } catch (CatalogException e) {
            return new Seen(
                    queue.statuses(), spilled(), queue.workers(), List.of(), "not known, 'freshet check' says why");
        }
    }

    /** By name, in the order of a job's life. */
    static Map<String, Long> places(QueueStatus queue) {
        var places = new LinkedHashMap<String, Long>();
        places.put("ready", queue.ready());
        places.put("claimed", queue.claimed());
        places.put("suspect", queue.suspect());
        places.put("retry", queue.retry());
        places.put("replay", queue.replay());
        places.put("dead", queue.dead());
        return places;
    }

    /** This is about the queue; PostgreSQL may be away. */
    private @Nullable Long spilled() {
        var found = terminal.database();
        if (found.isEmpty()) {
            return null;
        }
        try (var database = found.get()) {
            return new Spill(database).depth().deliveries();
        } catch (SQLException | RuntimeException e) {
            return null;
        }
    }

    private static Map<String, @Nullable Object> report(Seen seen) {
        var queue = seen.queue();
        var report = new LinkedHashMap<String, @Nullable Object>();
        report.put("places", places(queue));
        if (seen.partitions().size() > 1) {
            report.put(
                    "partitions", seen.partitions().stream().map(Status::places).toList());
        }
        report.put("bytes", queue.bytes());
        report.put("counts", new TreeMap<>(queue.counts()));
        report.put("missing", queue.missing());
        report.put("spilled", seen.spilled());
        report.put(
                "oldestReadySeconds", queue.oldestAge().map(Duration::toSeconds).orElse(null));
        report.put("paused", queue.paused().orElse(null));
        report.put("workers", seen.workers().stream().map(Status::asMap).toList());
        report.put("frontEnds", seen.frontEnds().stream().map(Status::asMap).toList());
        return report;
    }

    private void print(Seen seen) {
        var queue = seen.queue();
        var oldest = queue.oldestAge()
                .map(age -> "   oldest ready job " + Terminal.span(age) + " old")
                .orElse("");
        var size = queue.inFlight() == 0 ? "" : "   " + Terminal.size(queue.bytes());
        terminal.line("queue         " + pairs(places(queue)) + size + oldest);
        if (seen.partitions().size() > 1) {
            for (int i = 0; i < seen.partitions().size(); i++) {
                var places = pairs(places(seen.partitions().get(i)));
                terminal.line("%-13s %s".formatted("  partition " + i, places));
            }
        }
        terminal.line(
                "counts        " + (queue.counts().isEmpty() ? "nothing yet" : pairs(new TreeMap<>(queue.counts()))));
        if (queue.missing() != 0) {
            terminal.line("missing       " + queue.missing() + " accepted jobs are in no place");
        }
        if (seen.spilled() != null) {
            terminal.line("spilled       " + (seen.spilled() == 0 ? "none" : seen.spilled() + " wait in PostgreSQL"));
        }
        terminal.line("paused        " + queue.paused().orElse("no"));
        terminal.line(
                "dead letters  " + (queue.dead() == 0 ? "none" : queue.dead() + "; 'freshet dlq list' shows them"));
        printWorkers(seen.workers(), queue.paused().isPresent());
        printFrontEnds(seen);
    }

    private void printWorkers(List<WorkerBeat> workers, boolean paused) {
        terminal.line("");
        if (workers.isEmpty()) {
            terminal.line("no worker has been heard of in the last half minute; 'freshet work' starts one");
            return;
        }
        terminal.table(
                List.of("WORKER", "HOST", "PID", "UP", "HOLDS", "SETTLED", "STATE"),
                workers.stream()
                        .map(beat -> List.of(
                                beat.name(),
                                beat.host(),
                                String.valueOf(beat.pid()),
                                Terminal.span(Duration.between(beat.startedAt(), beat.at())),
                                String.valueOf(beat.claimed()),
                                String.valueOf(beat.done()),
                                beat.pausedReason()
                                        .map(reason -> "paused: " + reason)
                                        .orElse(paused ? "paused" : "working")))
                        .toList());
    }

    private void printFrontEnds(Seen seen) {
        terminal.line("");
        if (seen.frontEnds().isEmpty()) {
            terminal.line("front ends    "
                    + (seen.trouble().isEmpty() ? "no worker has met an instance yet" : seen.trouble()));
            return;
        }
        terminal.table(
                List.of("FRONT END", "INSTANCE", "STATE", "OWED", "DUE FOR", "CONFIRMED", "FAILURES", "LAST ERROR"),
                seen.frontEnds().stream()
                        .map(status -> List.of(
                                status.frontEnd(),
                                status.instance(),
                                state(status),
                                String.valueOf(status.owed()),
                                status.oldestDueAge().isZero() ? "-" : Terminal.span(status.oldestDueAge()),
                                status.lastConfirmedAt().map(Terminal::time).orElse("never"),
                                String.valueOf(status.consecutiveFailures()),
                                status.lastError().orElse("-")))
                        .toList());
        seen.frontEnds()
                .forEach(status -> status.unproven()
                        .forEach(page -> terminal.line(
                                "old page      " + status.frontEnd() + " " + status.instance() + " " + page)));
    }

    private static String state(FrontEndStatus status) {
        if (status.hasLeft()) {
            return "left";
        }
        if (status.misconfigured()) {
            return "refuses";
        }
        if (status.isOpen()) {
            return "away";
        }
        return status.unproven().isEmpty() ? "there" : "old pages";
    }

    private static String pairs(Map<String, Long> numbers) {
        return numbers.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining("  "));
    }

    private static Map<String, @Nullable Object> asMap(WorkerBeat beat) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("name", beat.name());
        fields.put("host", beat.host());
        fields.put("pid", beat.pid());
        fields.put("startedAt", beat.startedAt().toString());
        fields.put("at", beat.at().toString());
        fields.put("claimed", beat.claimed());
        fields.put("done", beat.done());
        fields.put("paused", beat.pausedReason().orElse(null));
        return fields;
    }

    private static Map<String, @Nullable Object> asMap(FrontEndStatus status) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("frontEnd", status.frontEnd());
        fields.put("instance", status.instance());
        fields.put("state", state(status));
        fields.put("unseenSeconds", status.unseen().toSeconds());
        fields.put("owed", status.owed());
        fields.put("dueForSeconds", status.oldestDueAge().toSeconds());
        fields.put(
                "lastConfirmedAt",
                status.lastConfirmedAt().map(Instant::toString).orElse(null));
        fields.put("lastError", status.lastError().orElse(null));
        fields.put("misconfigured", status.misconfigured());
        fields.put("consecutiveFailures", status.consecutiveFailures());
        fields.put("unproven", status.unproven());
        return fields;
    }
}
