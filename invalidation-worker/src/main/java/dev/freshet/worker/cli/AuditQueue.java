package dev.freshet.worker.cli;

import dev.freshet.db.Database;
import dev.freshet.queue.QueueAudit;
import dev.freshet.queue.QueueStatus;
import dev.freshet.queue.Stray;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whether every accepted delivery is in exactly one place of the queue. */
@Command(
        name = "queue",
        mixinStandardHelpOptions = true,
        description = {
            "Check that every accepted delivery is in exactly one place of the queue",
            "Each partition is counted at one moment: accepted = ready + claimed + suspect + retry + replay + dead + done"
                    + " + discarded. What stands there by itself, such as jobs of a claim without a lease, is a stray. Ends"
                    + " with 1 when something is missing or stray, also when it was repaired."
        },
        footerHeading = "%nExample:%n",
        footer = "  freshet audit queue --repair")
final class AuditQueue implements Callable<Integer> {
    private final Terminal terminal;

    @Option(names = "--repair", description = "Mend strays; workers may go on meanwhile")
    private boolean repair;

    @Mixin
    private JsonOption json = new JsonOption();

    AuditQueue(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * @param before what was found
     * @param after as it is now; the same when nothing was to be mended
     */
    private record Seen(QueueAudit before, QueueAudit after, Spilled spilled) {
        List<Stray> mended() {
            return before.strays().stream()
                    .filter(stray -> !after.strays().contains(stray))
                    .toList();
        }
    }

    /**
     * @param count null when it is not known
     * @param trouble why it is not known
     */
    private record Spilled(@Nullable Long count, String trouble) {}

    @Override
    public Integer call() {
        var seen = terminal.withQueue(queue -> {
            var before = queue.audit();
            if (!repair || before.strays().isEmpty()) {
                return new Seen(before, before, spilled());
            }
            queue.repair();
            return new Seen(before, queue.audit(), spilled());
        });
        if (json.wanted()) {
            terminal.json(report(seen));
        } else {
            print(seen);
        }
        return seen.before.isClean() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    /** What waits in PostgreSQL until the queue's Redis takes it. */
    private Spilled spilled() {
        var open = terminal.database();
        if (open.isEmpty()) {
            return new Spilled(null, "DATABASE_URL is not set, so nobody knows what is spilled to PostgreSQL");
        }
        try (Database database = open.get()) {
            return new Spilled(
                    database.jdbi()
                            .withHandle(handle -> handle.createQuery(
                                            "select count(*) from freshet.deliveries where job is not null")
                                    .mapTo(Long.class)
                                    .one()),
                    "");
        } catch (JdbiException e) {
            return new Spilled(null, "PostgreSQL does not say what is spilled: " + message(e));
        }
    }

    private static String message(JdbiException error) {
        var cause = error.getCause();
        return String.valueOf(cause == null ? error.getMessage() : cause.getMessage())
                .lines()
                .findFirst()
                .orElse("");
    }

    private void print(Seen seen) {
        var partitions = seen.after.partitions();
        terminal.table(
                Stream.concat(
                                Stream.of("PARTITION"),
                                counts(partitions.getFirst()).keySet().stream()
                                        .map(name -> name.toUpperCase(Locale.ROOT)))
                        .toList(),
                IntStream.range(0, partitions.size())
                        .mapToObj(i -> Stream.concat(
                                        Stream.of(String.valueOf(i)),
                                        counts(partitions.get(i)).values().stream()
                                                .map(String::valueOf))
                                .toList())
                        .toList());
        var mended = seen.mended();
        for (var stray : seen.before.strays()) {
            terminal.line((mended.contains(stray) ? "mended" : "stray") + " in partition " + stray.partition() + ": "
                    + stray.kind().meaning() + ", " + stray.name()
                    + (mended.contains(stray) ? "; " + stray.kind().remedy() : ""));
        }
        if (!seen.spilled.trouble.isEmpty()) {
            terminal.line(seen.spilled.trouble);
        }
        if (!seen.after.strays().isEmpty() && !repair) {
            terminal.line("'freshet audit queue --repair' mends what is stray");
        }
        terminal.line("audit: accepted=" + seen.after.accepted() + " missing=" + seen.after.missing() + " strays="
                + seen.after.strays().size()
                + (repair ? " mended=" + mended.size() : "") + " spilled="
                + (seen.spilled.count == null ? "-" : seen.spilled.count));
    }

    private static Map<String, Long> counts(QueueStatus status) {
        var counts = new LinkedHashMap<String, Long>();
        counts.put("accepted", status.count("accepted"));
        counts.putAll(Status.places(status));
        counts.put("done", status.count("done"));
        counts.put("discarded", status.count("discarded"));
        counts.put("missing", status.missing());
        return counts;
    }

    private static Map<String, @Nullable Object> report(Seen seen) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("accepted", seen.after.accepted());
        fields.put("missing", seen.after.missing());
        fields.put("strays", seen.after.strays().stream().map(AuditQueue::asMap).toList());
        fields.put("mended", seen.mended().stream().map(AuditQueue::asMap).toList());
        fields.put("spilled", seen.spilled.count);
        fields.put(
                "partitions",
                seen.after.partitions().stream().map(AuditQueue::counts).toList());
        return fields;
    }

    private static Map<String, Object> asMap(Stray stray) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("partition", stray.partition());
        fields.put("kind", stray.kind().name().toLowerCase(Locale.ROOT));
        fields.put("name", stray.name());
        return fields;
    }
}
