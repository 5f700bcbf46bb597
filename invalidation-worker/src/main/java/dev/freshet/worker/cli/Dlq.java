package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetter;
import dev.freshet.queue.DeadLetters;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The dead letters: jobs that were given up. They stay until somebody replays or discards them. */
@Command(
        name = "dlq",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Dead letters: what failed for good, and another chance for it",
        commandListHeading = "Commands:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  freshet dlq list --topic enrollment.created",
            "  freshet dlq show main:enrollment.created:20180126171756020665195",
            "  freshet dlq replay --all --error 'connection reset' --dry-run",
            "",
            "A replay restores no old data: what is newer in the database stays."
        })
final class Dlq {
    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    Dlq(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Which letters are meant, as options. */
    static final class Filter {
        @Option(names = "--site", paramLabel = "NAME", description = "Sent by this site")
        private Optional<String> site = Optional.empty();

        @Option(names = "--topic", paramLabel = "TOPIC", description = "About this topic")
        private Optional<String> topic = Optional.empty();

        @Option(names = "--error", paramLabel = "TEXT", description = "With this text in the last error")
        private Optional<String> error = Optional.empty();

        DeadFilter filter() {
            return new DeadFilter(site, topic, error, Optional.empty());
        }

        boolean isEmpty() {
            return site.isEmpty() && topic.isEmpty() && error.isEmpty();
        }
    }

    @Command(mixinStandardHelpOptions = true, description = "List dead letters, the latest first")
    int list(
            @Mixin Filter filter,
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "50",
                            description = "At most this many (default: 50)")
                    int limit,
            @Option(names = "--offset", paramLabel = "N", defaultValue = "0", description = "Leave out the first N")
                    int offset,
            @Mixin JsonOption json) {
        if (limit < 0 || offset < 0) {
            throw misuse("list", "--limit and --offset must not be negative");
        }
        var letters = terminal.withDeadLetters(dead -> dead.list(filter.filter(), offset, limit));
        if (json.wanted()) {
            terminal.json(letters.stream().map(Dlq::summary).toList());
        } else if (letters.isEmpty()) {
            terminal.line(filter.isEmpty() && offset == 0 ? "there are no dead letters" : "no dead letter matches");
        } else {
            terminal.table(
                    List.of("DEAD SINCE", "TRIES", "STEP", "ID", "ERROR"),
                    letters.stream().map(Dlq::row).toList());
            if (letters.size() == limit) {
                terminal.line("there may be more: --offset " + (offset + limit));
            }
        }
        return ExitCode.OK;
    }

    @Command(mixinStandardHelpOptions = true, description = "Show a dead letter: every try, and its body")
    int show(
            @Parameters(paramLabel = "ID", description = "As 'list' prints it") String id,
            @Option(names = "--body", description = "Print the body only, byte for byte") boolean bodyOnly,
            @Mixin JsonOption json) {
        var found = terminal.withDeadLetters(dead -> dead.find(id));
        if (found.isEmpty()) {
            terminal.error(unknown(id));
            return ExitCode.SOFTWARE;
        }
        var letter = found.get();
        if (bodyOnly) {
            terminal.bytes(letter.job().body());
        } else if (json.wanted()) {
            terminal.json(details(letter));
        } else {
            print(letter);
        }
        return ExitCode.OK;
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Send dead letters back to be done again, with all tries open to them")
    int replay(
            @Parameters(arity = "0..*", paramLabel = "ID", description = "As 'list' prints them") List<String> ids,
            @Option(names = "--all", description = "All of them, or all that match the filters") boolean all,
            @Mixin Filter filter,
            @Option(
                            names = "--rate",
                            paramLabel = "N",
                            defaultValue = "" + DeadLetters.DEFAULT_RATE,
                            description = "Jobs a second (default: ${DEFAULT-VALUE})")
                    int rate,
            @Option(names = "--dry-run", description = "Say what would be replayed, and change nothing") boolean dryRun,
            @Mixin JsonOption json) {
        var named = ids == null ? List.<String>of() : ids;
        if (named.isEmpty() != all) {
            throw misuse("replay", "name either ids or --all");
        }
        if (!all && !filter.isEmpty()) {
            throw misuse("replay", "filters go with --all, not with ids");
        }
        if (rate < 1) {
            throw misuse("replay", "--rate must be at least 1, was " + rate);
        }
        if (!all) {
            return each(named, "replay", dryRun, json, (dead, known) -> dead.replay(known, rate));
        }
        int count = terminal.withDeadLetters(dead -> dryRun
                ? dead.list(filter.filter(), 0, Integer.MAX_VALUE).size()
                : dead.replayAll(filter.filter(), rate));
        report("replay", count, List.of(), dryRun, json);
        return ExitCode.OK;
    }

    @Command(mixinStandardHelpOptions = true, description = "Forget dead letters for good")
    int discard(
            @Parameters(arity = "1..*", paramLabel = "ID", description = "As 'list' prints them") List<String> ids,
            @Option(names = "--dry-run", description = "Say what would be discarded, and change nothing")
                    boolean dryRun,
            @Mixin JsonOption json) {
        return each(ids, "discard", dryRun, json, DeadLetters::discard);
    }

    private interface Change {
        int apply(DeadLetters dead, List<String> ids);
    }

    private int each(List<String> ids, String verb, boolean dryRun, JsonOption json, Change change) {
        var known = new ArrayList<String>();
        var missing = new ArrayList<String>();
        int count = terminal.withDeadLetters(dead -> {
            ids.stream().distinct().forEach(id -> (dead.find(id).isPresent() ? known : missing).add(id));
            return dryRun ? known.size() : change.apply(dead, known);
        });
        report(verb, count, missing, dryRun, json);
        return missing.isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private void report(String verb, int count, List<String> missing, boolean dryRun, JsonOption json) {
        missing.forEach(id -> terminal.error(unknown(id)));
        if (json.wanted()) {
            terminal.json(Map.of("action", verb, "count", count, "missing", missing, "dryRun", dryRun));
        } else {
            var letters = count == 1 ? "1 dead letter" : count == 0 ? "no dead letter" : count + " dead letters";
            terminal.line(dryRun ? "would " + verb + " " + letters : verb + "ed " + letters);
        }
    }

    private static String unknown(String id) {
        return "there is no dead letter " + id;
    }

    private ParameterException misuse(String verb, String message) {
        return new ParameterException(spec.subcommands().get(verb), message);
    }

    private static List<String> row(DeadLetter letter) {
        var last = letter.last();
        return List.of(
                Terminal.time(letter.at()),
                String.valueOf(tries(letter.job())),
                last.step(),
                letter.job().id(),
                last.error());
    }

    /** The list of attempts also holds each replay. */
    private static long tries(Job job) {
        return job.attempts().stream()
                .filter(attempt -> !attempt.step().equals(Attempt.REPLAY))
                .count();
    }

    private static Map<String, Object> summary(DeadLetter letter) {
        var job = letter.job();
        var fields = new LinkedHashMap<String, Object>();
        fields.put("id", job.id());
        fields.put("site", job.site());
        fields.put("topic", job.topic());
        fields.put("receivedAt", job.receivedAt().toString());
        fields.put("deadAt", letter.at().toString());
        fields.put("trace", job.trace());
        fields.put("tries", tries(job));
        fields.put("step", letter.last().step());
        fields.put("error", letter.last().error());
        return fields;
    }

    private static Map<String, Object> details(DeadLetter letter) {
        var fields = summary(letter);
        fields.put("attempts", letter.job().attempts().stream().map(Dlq::asMap).toList());
        var body = letter.job().body();
        text(body)
                .ifPresentOrElse(
                        text -> fields.put("body", text),
                        () -> fields.put("bodyBase64", Base64.getEncoder().encodeToString(body)));
        return fields;
    }

    private static Map<String, Object> asMap(Attempt attempt) {
        return Map.of(
                "at", attempt.at().toString(),
                "worker", attempt.worker(),
                "step", attempt.step(),
                "error", attempt.error());
    }

    private void print(DeadLetter letter) {
        summary(letter).forEach((name, value) -> terminal.line("%-11s %s".formatted(name, value)));
        terminal.line("");
        terminal.table(
                List.of("TRY", "AT", "WORKER", "STEP", "ERROR"),
                letter.job().attempts().stream()
                        .map(attempt -> List.of(
                                String.valueOf(letter.job().attempts().indexOf(attempt) + 1),
                                Terminal.time(attempt.at()),
                                attempt.worker(),
                                attempt.step(),
                                attempt.error()))
                        .toList());
        terminal.line("");
        terminal.line(text(letter.job().body())
                .orElseGet(() -> letter.job().body().length + " bytes that are no text; --body prints them"));
    }

    /** Empty when the bytes are no UTF-8. */
    private static Optional<String> text(byte[] body) {
        try {
            return Optional.of(UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
