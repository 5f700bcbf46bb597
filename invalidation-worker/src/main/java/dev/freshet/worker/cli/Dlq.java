package dev.freshet.worker.cli;

import dev.freshet.queue.DeadAction;
import dev.freshet.queue.DeadLetter;
import dev.freshet.settings.Addresses;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
            "  freshet dlq discard --all --topic coupon.created --older-than 30d",
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

    @Command(mixinStandardHelpOptions = true, description = "List dead letters, the latest first")
    int list(
            @Mixin DlqFilter filter,
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
            terminal.json(letters.stream()
                    .map(letter -> new LetterText(letter).summary())
                    .toList());
        } else if (letters.isEmpty()) {
            terminal.line(
                    filter.filter().isAll() && offset == 0 ? "there are no dead letters" : "no dead letter matches");
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
        var found = terminal.withOpenLetters(open -> open.letters().find(id));
        if (found.isEmpty()) {
            terminal.error(LetterText.unknown(id));
            return ExitCode.SOFTWARE;
        }
        var letter = new LetterText(found.get());
        boolean whole = found.get().isWhole();
        if (json.wanted()) {
            terminal.json(letter.details());
        } else if (!bodyOnly) {
            print(letter);
        } else if (whole) {
            terminal.bytes(letter.body());
        }
        if (!whole) {
            boolean hasDatabase = Addresses.from(terminal.settings()).database().isPresent();
            terminal.error(LetterText.bodyMissing(id, hasDatabase));
        }
        return whole ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Say who replayed, discarded or forgot dead letters, the latest first",
                "The last 1,000 times are kept, in the queue's Redis."
            })
    int log(
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "50",
                            description = "At most this many (default: 50)")
                    int limit,
            @Mixin JsonOption json) {
        if (limit < 1) {
            throw misuse("log", "--limit must be at least 1");
        }
        var actions = terminal.withDeadLetters(dead -> dead.actions(limit));
        if (json.wanted()) {
            terminal.json(actions.stream().map(Dlq::asMap).toList());
        } else if (actions.isEmpty()) {
            terminal.line("nobody has replayed, discarded or forgotten dead letters");
        } else {
            terminal.table(
                    List.of("AT", "BY", "ACTION", "LETTERS", "WHICH"),
                    actions.stream().map(Dlq::row).toList());
        }
        return ExitCode.OK;
    }

    private ParameterException misuse(String verb, String message) {
        return new ParameterException(spec.subcommands().get(verb), message);
    }

    private static List<String> row(DeadAction action) {
        var letters =
                action.letters().isPresent() ? String.valueOf(action.letters().getAsLong()) : "not ended";
        return List.of(Terminal.time(action.at()), action.by(), action.name(), letters, action.which());
    }

    private static Map<String, Object> asMap(DeadAction action) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("at", action.at().toString());
        fields.put("by", action.by());
        fields.put("action", action.name());
        fields.put("which", action.which());
        fields.put("ended", action.letters().isPresent());
        action.letters().ifPresent(letters -> fields.put("letters", letters));
        return fields;
    }

    private static List<String> row(DeadLetter letter) {
        var last = letter.last();
        return List.of(
                Terminal.time(letter.at()),
                String.valueOf(new LetterText(letter).tries()),
                last.step(),
                letter.job().id(),
                last.error());
    }

    private void print(LetterText text) {
        text.summary().forEach((name, value) -> terminal.line("%-11s %s".formatted(name, value)));
        terminal.line("");
        var attempts = text.letter().job().attempts();
        terminal.table(
                List.of("TRY", "AT", "WORKER", "STEP", "ERROR"),
                attempts.stream()
                        .map(attempt -> List.of(
                                String.valueOf(attempts.indexOf(attempt) + 1),
                                Terminal.time(attempt.at()),
                                attempt.worker(),
                                attempt.step(),
                                attempt.error()))
                        .toList());
        if (text.letter().isWhole()) {
            terminal.line("");
            terminal.line(
                    text.text().orElseGet(() -> text.body().length + " bytes that are no text; --body prints them"));
        }
    }
}
