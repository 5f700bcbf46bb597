package dev.freshet.worker.cli;

import dev.freshet.queue.DeadLetters;
import dev.freshet.worker.cli.OpenLetters.Changed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends dead letters back to be done again. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description = {
            "Send dead letters back to be done again, with all tries open to them",
            "They wait apart from live traffic and are let in at --rate. Ctrl-C ends it after the letters in hand; the"
                    + " same command again goes on with the rest."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  freshet dlq replay --all --topic quiz.attempted --dry-run",
            "  freshet dlq replay --all --since 2h --rate 50/s --wait"
        })
final class DlqReplay implements Callable<Integer> {
    private static final long LOOK_MS = 500;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(arity = "0..*", paramLabel = "ID", description = "As 'list' prints them")
    private List<String> ids = new ArrayList<>();

    @Option(names = "--all", description = "All of them, or all that match the filters")
    private boolean all;

    @Mixin
    private DlqFilter filter = new DlqFilter();

    @Option(
            names = "--rate",
            paramLabel = "N/s",
            converter = Rate.Converter.class,
            defaultValue = DeadLetters.DEFAULT_RATE + "/s",
            description = "How fast they are let in: 50/s, 10/m, 600/h (default: ${DEFAULT-VALUE})")
    private Rate rate = new Rate(DeadLetters.DEFAULT_RATE);

    @Option(names = "--wait", description = "Then wait until all that wait to be let in are")
    private boolean wait;

    @Option(names = "--dry-run", description = "Say what would be replayed and what it would touch; change nothing")
    private boolean dryRun;

    @Mixin
    private JsonOption json = new JsonOption();

    DlqReplay(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        var which = DlqChoice.of(ids, all, filter.filter());
        which.misuse().ifPresent(text -> {
            throw new ParameterException(spec.commandLine(), text);
        });
        return terminal.withOpenLetters(open -> {
            var missing = which.missing(open);
            return dryRun ? preview(open, which, missing) : replay(open, which, missing);
        });
    }

    private int preview(OpenLetters open, DlqChoice which, List<String> missing) {
        var impact = DlqImpact.of(terminal, open.database());
        which.each(open, impact::add);
        impact.finish();
        missing.forEach(id -> terminal.error(LetterText.unknown(id)));
        if (json.wanted()) {
            var report = new LinkedHashMap<String, Object>();
            report.put("action", "replay");
            report.put("count", impact.letters());
            report.put("missing", missing);
            report.put("dryRun", true);
            report.put("touches", impact.asMap());
            terminal.json(report);
        } else {
            terminal.line("would replay " + LetterText.count(impact.letters()));
            impact.lines().forEach(line -> terminal.line("  " + line));
        }
        return missing.isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private int replay(OpenLetters open, DlqChoice which, List<String> missing) {
        try (var told = new UntilTold()) {
            var changed = open.change(
                    "replay",
                    which.toString(),
                    told,
                    progress -> which.isAll()
                            ? open.letters().replayAll(which.filter(), rate.perSecond(), progress)
                            : open.letters().replay(which.ids(), rate.perSecond(), progress));
            long waiting = wait ? await(open, told) : 0;
            return report(open, changed, missing, told, waiting);
        }
    }

    /** @return how many still wait */
    private long await(OpenLetters open, UntilTold told) {
        long waiting = open.queue().status().replay();
        while (waiting > 0 && !told.isTold()) {
            terminal.progress(waiting + " left to be let in");
            try {
                Thread.sleep(LOOK_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return waiting;
            }
            waiting = open.queue().status().replay();
        }
        terminal.progress("");
        return waiting;
    }

    private int report(OpenLetters open, Changed changed, List<String> missing, UntilTold told, long waiting) {
        missing.forEach(id -> terminal.error(LetterText.unknown(id)));
        changed.bodyMissing()
                .forEach(id -> terminal.error(
                        LetterText.bodyMissing(id, open.database().isPresent())));
        if (changed.full()) {
            terminal.error(
                    "a partition of the queue holds half of its share of QUEUE_MAX_BYTES, and replays fill it no further:"
                            + " the same command again goes on with the rest once workers have done some of it");
        }
        if (json.wanted()) {
            var report = new LinkedHashMap<String, Object>();
            report.put("action", "replay");
            report.put("count", changed.count());
            report.put("missing", missing);
            report.put("bodyMissing", changed.bodyMissing());
            report.put("stopped", changed.stopped());
            report.put("full", changed.full());
            report.put("dryRun", false);
            terminal.json(report);
        } else {
            terminal.line("replayed " + LetterText.count(changed.count())
                    + (changed.stopped() ? ", then stopped; the same command again goes on with the rest" : ""));
            if (waiting > 0 && told.isTold()) {
                terminal.line(waiting + " wait to be let in, and the workers go on letting them in");
            }
        }
        boolean isThrough = missing.isEmpty() && changed.bodyMissing().isEmpty() && !changed.full();
        return isThrough ? ExitCode.OK : ExitCode.SOFTWARE;
    }
}
