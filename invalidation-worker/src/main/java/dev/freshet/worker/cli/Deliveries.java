package dev.freshet.worker.cli;

import dev.freshet.db.Deliveries.Filter;
import dev.freshet.db.Delivery;
import dev.freshet.db.Delivery.State;
import dev.freshet.model.Job;
import dev.freshet.queue.DeadLetter;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.queue.QueueSearch;
import dev.freshet.queue.QueueSearch.Found;
import dev.freshet.queue.QueueStatus;
import dev.freshet.redis.RedisServer;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** What became of each accepted delivery: the ledger, and where a delivery stands in the queue right now. */
@Command(
        name = "deliveries",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "What became of a delivery: applied when, fresh when, or why not",
        commandListHeading = "Commands:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  freshet deliveries list --since 1h --state retry",
            "  freshet deliveries list --id 20180126171756020665195",
            "  freshet deliveries show main:enrollment.created:20180126171756020665195",
            "",
            "A row stays DELIVERIES_KEEP (30d) after its last change."
        })
final class Deliveries {
    private static final int HINTS = 3;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    Deliveries(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Which deliveries are meant, as options. */
    static final class Wanted {
        @Option(names = "--id", paramLabel = "TEXT", description = "With this text in the id")
        private Optional<String> id = Optional.empty();

        @Option(names = "--site", paramLabel = "NAME", description = "Sent by this site")
        private Optional<String> site = Optional.empty();

        @Option(names = "--topic", paramLabel = "TOPIC", description = "About this topic")
        private Optional<String> topic = Optional.empty();

        @Option(
                names = "--state",
                paramLabel = "STATE",
                converter = StateWord.class,
                description = "spilled, queued, retry, dead, done or discarded")
        private Optional<State> state = Optional.empty();

        @Option(
                names = "--outcome",
                paramLabel = "TEXT",
                description = "applied, overtaken or ignored; or a text in the last error")
        private Optional<String> outcome = Optional.empty();

        @Option(
                names = "--since",
                paramLabel = "TIME",
                converter = PointInTime.class,
                description = "Received since, " + PointInTime.FORMS)
        private Optional<Instant> since = Optional.empty();

        @Option(
                names = "--until",
                paramLabel = "TIME",
                converter = PointInTime.class,
                description = "Received before, in the same forms")
        private Optional<Instant> until = Optional.empty();

        Filter filter() {
            return new Filter(id, site, topic, state, outcome, since, until);
        }
    }

    /** A state in lower case, as the ledger has it. */
    static final class StateWord implements ITypeConverter<State> {
        @Override
        public State convert(String text) {
            return Arrays.stream(State.values())
                    .filter(state -> state.word().equals(text))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException("a state is one of "
                            + Arrays.stream(State.values()).map(State::word).collect(Collectors.joining(", "))
                            + ", was '" + text + "'"));
        }
    }

    /**
     * What is known of one delivery.
     *
     * @param trouble why the queue could not be asked; empty when it was
     */
    private record Known(
            Optional<Delivery> row,
            Optional<Found> waiting,
            Optional<DeadLetter> dead,
            boolean gaveUp,
            String trouble) {

        boolean isNothing() {
            return row.isEmpty() && waiting.isEmpty() && dead.isEmpty();
        }

        /** The job as it stands in Redis. */
        Optional<Job> job() {
            return waiting.map(Found::job).or(() -> dead.map(DeadLetter::job));
        }
    }

    @Command(mixinStandardHelpOptions = true, description = "List what was tried or spilled, the last received first")
    int list(
            @Mixin Wanted wanted,
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "50",
                            description = "At most this many (default: 50)")
                    int limit,
            @Option(names = "--offset", paramLabel = "N", defaultValue = "0", description = "Leave out the first N")
                    int offset,
            @Mixin JsonOption json) {
        if (limit < 1 || offset < 0) {
            throw new ParameterException(
                    spec.subcommands().get("list"), "--limit must be at least 1, and --offset not negative");
        }
        var filter = wanted.filter();
        var rows =
                terminal.withDatabase(database -> new dev.freshet.db.Deliveries(database).list(filter, offset, limit));
        if (json.wanted()) {
            terminal.json(rows.stream().map(Deliveries::asMap).toList());
            return ExitCode.OK;
        }
        if (rows.isEmpty()) {
            terminal.line(
                    filter.equals(Filter.all()) && offset == 0
                            ? "the ledger is empty"
                            : "no row of the ledger matches");
        } else {
            terminal.table(
                    List.of("RECEIVED", "STATE", "TRIES", "FRESH AFTER", "ID", "OUTCOME"),
                    rows.stream().map(Deliveries::cells).toList());
            if (rows.size() == limit) {
                terminal.line("there may be more: --offset " + (offset + limit));
            }
        }
        terminal.line(queueLine());
        return ExitCode.OK;
    }

    /** What the ledger does not know yet. */
    private String queueLine() {
        try {
            var queue = terminal.withQueue(JobQueue::status);
            return "in the queue: " + untried(queue) + " to be tried, which get their rows then; "
                    + (queue.dead() == 0
                            ? "no dead letters"
                            : queue.dead() + (queue.dead() == 1 ? " dead letter" : " dead letters")
                                    + ", see 'freshet dlq list'");
        } catch (RedisException e) {
            return "the queue cannot be asked what waits there: " + e.getMessage();
        }
    }

    private static long untried(QueueStatus queue) {
        return queue.ready() + queue.claimed() + queue.suspect();
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Show what became of a delivery, and where it is right now",
                "Ends with 1 when it is not known. Looks through the queue if need be, at most "
                        + QueueSearch.MAX_SEARCHED + " jobs."
            })
    int show(@Parameters(paramLabel = "ID", description = "As 'list' prints it") String id, @Mixin JsonOption json) {
        var known = look(id);
        if (known.isNothing()) {
            if (!known.trouble.isEmpty()) {
                terminal.error("the queue cannot be asked: " + known.trouble);
            }
            terminal.error("not known here: " + id + known(id, known.gaveUp));
            return ExitCode.SOFTWARE;
        }
        if (json.wanted()) {
            terminal.json(details(known));
        } else {
            details(known).forEach((name, value) -> {
                if (value != null && !(value instanceof Map<?, ?>)) {
                    terminal.line("%-14s %s".formatted(name, value));
                }
            });
            terminal.line("%-14s %s".formatted("now", now(known)));
        }
        return ExitCode.OK;
    }

    /** The queue first: what is done meanwhile has its row by then. */
    private Known look(String id) {
        return terminal.withDatabase(database -> {
            var ledger = new dev.freshet.db.Deliveries(database);
            try {
                return terminal.withRedis((server, options) -> look(id, ledger, server, options));
            } catch (RedisException e) {
                return new Known(
                        ledger.find(id), Optional.empty(), Optional.empty(), false, String.valueOf(e.getMessage()));
            }
        });
    }

    private static Known look(String id, dev.freshet.db.Deliveries ledger, RedisServer server, QueueOptions options) {
        var search = ledger.find(id).filter(row -> row.state() == State.DONE).isPresent()
                ? new QueueSearch.Result(Optional.empty(), false)
                : new QueueSearch(server, options).find(id);
        var dead = new DeadLetters(server, options).find(id);
        return new Known(ledger.find(id), search.found(), dead, search.gaveUp(), "");
    }

    private String known(String id, boolean gaveUp) {
        var like = new Filter(
                Optional.of(id),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        var near = terminal.withDatabase(database -> new dev.freshet.db.Deliveries(database).list(like, 0, HINTS));
        if (!near.isEmpty()) {
            return "; did you mean " + near.stream().map(Delivery::id).collect(Collectors.joining(" or ")) + "?";
        }
        return gaveUp
                ? "; the queue holds more than the " + QueueSearch.MAX_SEARCHED + " jobs that were looked at, ask again"
                : "; an id is SITE:TOPIC:DELIVERY, and a row is kept for DELIVERIES_KEEP (30d) after its last change";
    }

    private static String now(Known known) {
        if (known.waiting.isPresent()) {
            return place(known.waiting.get());
        }
        if (known.dead.isPresent()) {
            return "a dead letter since " + Terminal.time(known.dead.get().at()) + ", see 'freshet dlq show "
                    + known.dead.get().job().id() + "'";
        }
        if (!known.trouble.isEmpty()) {
            return "not known, the queue cannot be asked: " + known.trouble;
        }
        return known.row
                .map(row -> switch (row.state()) {
                    case DONE -> "done";
                    case DISCARDED -> "given up by hand";
                    case SPILLED -> "in the database, until the queue takes it";
                    case DEAD -> "no dead letter any more: replayed or given up just now, or before the ledger knew";
                    case QUEUED, RETRY ->
                        known.gaveUp
                                ? "somewhere in the queue, behind the " + QueueSearch.MAX_SEARCHED
                                        + " jobs that were looked at"
                                : "not found in the queue: it moves just now, ask again";
                })
                .orElse("");
    }

    private static String place(Found found) {
        var until = found.until().map(Terminal::time).orElse("");
        return switch (found.place()) {
            case READY -> "waits for a worker";
            case SUSPECT -> "waits to be tried alone, since a claim that held it broke off";
            case CLAIMED -> "a worker holds it, claim " + found.claim().orElse("") + " until " + until + " or longer";
            case RETRY -> "waits for its next try at " + until;
            case REPLAY -> "a dead letter on its way back";
        };
    }

    private static List<String> cells(Delivery row) {
        return List.of(
                Terminal.time(row.received()),
                row.state().word(),
                String.valueOf(row.attempts()),
                row.fresh().map(at -> after(row.received(), at)).orElse("-"),
                row.id(),
                row.outcome());
    }

    /** By the clocks of two machines, so that it may be a little less than nothing. */
    private static String after(Instant from, Instant to) {
        var span = Duration.between(from, to);
        return span.toMillis() < 10_000 ? span.toMillis() + " ms" : Terminal.span(span);
    }

    private static Map<String, @Nullable Object> details(Known known) {
        var fields = known.row()
                .map(Deliveries::asMap)
                .orElseGet(() -> asMap(known.job().orElseThrow()));
        known.job().filter(job -> !job.trace().isEmpty()).ifPresent(job -> fields.put("trace", job.trace()));
        var queue = new LinkedHashMap<String, @Nullable Object>();
        known.waiting().ifPresent(found -> {
            queue.put("place", found.place().name().toLowerCase(java.util.Locale.ROOT));
            queue.put("until", found.until().map(Instant::toString).orElse(null));
            queue.put("claim", found.claim().orElse(null));
        });
        known.dead().ifPresent(letter -> {
            queue.put("place", "dead");
            queue.put("since", letter.at().toString());
        });
        fields.put("queue", queue.isEmpty() ? null : queue);
        return fields;
    }

    /** One that the ledger does not know. */
    private static Map<String, @Nullable Object> asMap(Job job) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("id", job.id());
        fields.put("site", job.site());
        fields.put("topic", job.topic());
        fields.put("state", null);
        fields.put("attempts", job.failures());
        fields.put("received", job.receivedAt().toString());
        return fields;
    }

    private static Map<String, @Nullable Object> asMap(Delivery row) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("id", row.id());
        fields.put("site", row.site());
        fields.put("topic", row.topic());
        fields.put("state", row.state().word());
        fields.put("outcome", row.outcome());
        fields.put("attempts", row.attempts());
        fields.put("received", row.received().toString());
        fields.put("applied", row.applied().map(Instant::toString).orElse(null));
        fields.put("fresh", row.fresh().map(Instant::toString).orElse(null));
        fields.put(
                "appliedAfterMs",
                row.applied()
                        .map(at -> Duration.between(row.received(), at).toMillis())
                        .orElse(null));
        fields.put(
                "freshAfterMs",
                row.fresh()
                        .map(at -> Duration.between(row.received(), at).toMillis())
                        .orElse(null));
        return fields;
    }
}
