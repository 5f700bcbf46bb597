package dev.freshet.worker.cli;

import dev.freshet.capture.CaptureTriggers;
import dev.freshet.capture.CaptureTriggers.Installed;
import dev.freshet.capture.CaptureTriggers.State;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The triggers that write down what anybody changes. */
@Command(
        name = "capture",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Triggers that notice changes of the catalog's tables, whoever makes them",
        commandListHeading = "Commands:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  freshet capture install            after each change of the catalog's changes",
            "  freshet capture install --print    for who wants to read it, or to run it as another role",
            "  freshet capture show"
        })
final class Capture {
    private final Terminal terminal;

    Capture(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Make the triggers what the catalog says",
                "All or nothing. The role of DATABASE_URL needs the right 'trigger' on the tables. Of a table whose triggers are"
                        + " new or others, anything may have changed before: the worker invalidates everything once."
            })
    void install(
            @Option(names = "--print", description = "Print what would be run, and run nothing") boolean print,
            @Mixin JsonOption json) {
        if (print) {
            var script = ask(CaptureTriggers::script);
            json.print(terminal, Map.of("script", script), String.join(";\n", script) + ";");
            return;
        }
        var before = ask(CaptureTriggers::install);
        long changed =
                before.stream().filter(one -> one.state() != State.CURRENT).count();
        json.print(
                terminal,
                Map.of("changed", changed, "tables", before.size()),
                before.isEmpty()
                        ? "the catalog names no table under changes"
                        : "installed, tables changed: " + changed);
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Whether the triggers do what the catalog says",
                "Ends with 1 when those of a table are missing, outdated, disabled, or not used any more."
            })
    int show(@Mixin JsonOption json) {
        var tables = ask(CaptureTriggers::show);
        if (json.wanted()) {
            terminal.json(tables.stream().map(Capture::asMap).toList());
        } else if (tables.isEmpty()) {
            terminal.line("the catalog names no table under changes, and none is captured");
        } else {
            tables.forEach(one -> terminal.line(word(one) + " " + one.table()));
        }
        boolean isCurrent = tables.stream().allMatch(one -> one.state() == State.CURRENT);
        return isCurrent ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    @Command(mixinStandardHelpOptions = true, description = "Take the triggers of this application away")
    void remove(@Mixin JsonOption json) {
        int removed = ask(CaptureTriggers::remove);
        json.print(
                terminal,
                Map.of("removed", removed),
                removed == 0 ? "nothing was captured" : "removed, tables: " + removed);
    }

    private interface Question<T> {
        T of(CaptureTriggers triggers) throws SQLException;
    }

    private <T> T ask(Question<T> question) {
        var catalog = terminal.catalog();
        return terminal.withDatabase(database -> {
            try {
                return question.of(new CaptureTriggers(catalog, database));
            } catch (SQLException e) {
                if (Database.classify(e) == Failure.OUTAGE) {
                    throw database.away(e);
                }
                throw new IllegalStateException(e.getMessage(), e);
            }
        });
    }

    private static Map<String, Object> asMap(Installed one) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("table", one.table());
        fields.put("state", word(one));
        return fields;
    }

    private static String word(Installed one) {
        return one.state().name().toLowerCase(Locale.ROOT);
    }
}
