package dev.freshet.worker.cli;

import java.io.IOException;
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

/** Forgets dead letters. */
@Command(
        name = "discard",
        mixinStandardHelpOptions = true,
        description = {
            "Forget dead letters for good",
            "With --all it asks first; where nobody can be asked, --yes is needed. 'export' keeps a copy."
        },
        footerHeading = "%nExample:%n",
        footer = "  freshet dlq discard --all --topic coupon.created --older-than 30d --dry-run")
final class DlqDiscard implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(arity = "0..*", paramLabel = "ID", description = "As 'list' prints them")
    private List<String> ids = new ArrayList<>();

    @Option(names = "--all", description = "All of them, or all that match the filters")
    private boolean all;

    @Mixin
    private DlqFilter filter = new DlqFilter();

    @Option(names = "--yes", description = "Do not ask")
    private boolean yes;

    @Option(names = "--dry-run", description = "Say what would be discarded, and change nothing")
    private boolean dryRun;

    @Mixin
    private JsonOption json = new JsonOption();

    DlqDiscard(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        var which = DlqChoice.of(ids, all, filter.filter());
        which.misuse().ifPresent(this::misuse);
        boolean asks = all && !yes && !dryRun;
        if (asks && !Terminal.isInteractive()) {
            misuse("discard --all needs --yes where nobody can be asked; --dry-run says how many it would be");
        }
        return terminal.withOpenLetters(open -> {
            var missing = which.missing(open);
            if (dryRun) {
                return report("would discard ", which.count(open), missing, false);
            }
            if (asks && !isMeant(which.count(open))) {
                terminal.line("nothing discarded");
                return ExitCode.SOFTWARE;
            }
            return discard(open, which, missing);
        });
    }

    private int discard(OpenLetters open, DlqChoice which, List<String> missing) {
        try (var told = new UntilTold()) {
            var changed = open.change(
                    "discard",
                    which.toString(),
                    told,
                    progress -> which.isAll()
                            ? open.letters().discardAll(which.filter(), progress)
                            : open.letters().discard(which.ids(), progress));
            return report("discarded ", changed.count(), missing, changed.stopped());
        }
    }

    private boolean isMeant(long count) {
        terminal.ask("discard " + LetterText.count(count) + " for good? [y/N] ");
        try {
            int answer = System.in.read();
            return answer == 'y' || answer == 'Y';
        } catch (IOException e) {
            return false;
        }
    }

    private int report(String what, long count, List<String> missing, boolean stopped) {
        missing.forEach(id -> terminal.error(LetterText.unknown(id)));
        if (json.wanted()) {
            var report = new LinkedHashMap<String, Object>();
            report.put("action", "discard");
            report.put("count", count);
            report.put("missing", missing);
            report.put("stopped", stopped);
            report.put("dryRun", dryRun);
            terminal.json(report);
        } else {
            terminal.line(what
                    + LetterText.count(count)
                    + (stopped ? ", then stopped; the same command again goes on with the rest" : ""));
        }
        return missing.isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private void misuse(String text) {
        throw new ParameterException(spec.commandLine(), text);
    }
}
