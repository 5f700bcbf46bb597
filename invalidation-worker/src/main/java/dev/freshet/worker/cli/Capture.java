package dev.freshet.worker.cli;

import dev.freshet.capture.CaptureTriggers;
import dev.freshet.capture.CaptureTriggers.Installed;
import dev.freshet.capture.CaptureTriggers.State;
import dev.freshet.capture.Outbox;
import dev.freshet.capture.Outbox.Depth;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
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
            "  freshet capture install --notify   workers with CAPTURE_LISTEN_URL hear of changes at once",
            "  freshet capture install --print    for who wants to read it, or to run it as another role",
            "  freshet capture show"
        })
final class Capture {
    private static final Depth NOTHING = new Depth(0, Duration.ZERO);
    /** SQLSTATEs undefined_table and invalid_schema_name. */
    private static final Set<String> NOT_MIGRATED = Set.of("42P01", "3F000");

    private final Terminal terminal;

    Capture(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Make the triggers what the catalog says",
                "All or nothing. The role of DATABASE_URL needs the right 'trigger' on the tables. Of a table whose triggers are"
                        + " new or others, anything may have changed before: the worker invalidates everything once.",
                "With --notify they also notify workers that have CAPTURE_LISTEN_URL, which costs whoever writes: commits that"
                        + " notify wait for one another in the whole server. With --no-notify they do so no more."
            })
    void install(
            @Option(names = "--print", description = "Print what would be run, and run nothing") boolean print,
            @Option(
                            names = "--notify",
                            negatable = true,
                            description = "Let the triggers notify, or not (default: as they are; at first not)")
                    @Nullable Boolean notify,
            @Mixin JsonOption json) {
        if (print) {
            var script = ask((triggers, outbox) -> triggers.script(notify));
            json.print(terminal, Map.of("script", script), String.join(";\n", script) + ";");
            return;
        }
        var before = ask((triggers, outbox) -> triggers.install(notify));
        boolean notifies = CaptureTriggers.notifies(notify, before);
        long changed = before.stream()
                .filter(one -> one.state() != State.CURRENT || one.notifies() != notifies)
                .count();
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
                "NOTIFIES says whether they were installed with --notify. WAITING are changes that are not in the queue yet, OLDEST since when. Ends with 1 when the triggers of a"
                        + " table are missing, outdated, disabled, broken by a change of the table, or unused."
            })
    int show(@Mixin JsonOption json) {
        var waiting = new HashMap<String, Depth>();
        var tables = ask((triggers, outbox) -> {
            waiting.putAll(outbox.depths());
            return triggers.show();
        });
        if (json.wanted()) {
            terminal.json(tables.stream()
                    .map(one -> asMap(one, waiting.getOrDefault(one.table(), NOTHING)))
                    .toList());
        } else if (tables.isEmpty()) {
            terminal.line("the catalog names no table under changes, and none is captured");
        } else {
            terminal.table(
                    List.of("TABLE", "STATE", "NOTIFIES", "WAITING", "OLDEST"),
                    tables.stream()
                            .map(one -> row(one, waiting.getOrDefault(one.table(), NOTHING)))
                            .toList());
        }
        boolean isCurrent = tables.stream().allMatch(one -> one.state() == State.CURRENT);
        return isCurrent ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    @Command(mixinStandardHelpOptions = true, description = "Take the triggers of this application away")
    void remove(@Mixin JsonOption json) {
        int removed = ask((triggers, outbox) -> triggers.remove());
        json.print(
                terminal,
                Map.of("removed", removed),
                removed == 0 ? "nothing was captured" : "removed, tables: " + removed);
    }

    private interface Question<T> {
        T of(CaptureTriggers triggers, Outbox outbox) throws SQLException;
    }

    private <T> T ask(Question<T> question) {
        var catalog = terminal.catalog();
        return terminal.withDatabase(database -> {
            try {
                return question.of(new CaptureTriggers(catalog, database), new Outbox(database, catalog.application()));
            } catch (SQLException e) {
                if (Database.classify(e) == Failure.OUTAGE) {
                    throw database.away(e);
                }
                if (NOT_MIGRATED.contains(String.valueOf(e.getSQLState()))
                        && String.valueOf(e.getMessage()).contains("freshet")) {
                    throw new IllegalStateException(
                            "the database has no outbox yet; the first 'freshet work' of this version makes it", e);
                }
                throw new IllegalStateException(e.getMessage(), e);
            }
        });
    }

    private static List<String> row(Installed one, Depth waiting) {
        return List.of(
                one.table(),
                word(one),
                one.notifies() ? "yes" : "no",
                String.valueOf(waiting.rows()),
                waiting.rows() == 0 ? "-" : Terminal.span(waiting.oldest()));
    }

    private static Map<String, Object> asMap(Installed one, Depth waiting) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("table", one.table());
        fields.put("state", word(one));
        fields.put("notifies", one.notifies());
        fields.put("waiting", waiting.rows());
        fields.put("oldestSeconds", waiting.oldest().toMillis() / 1_000.0);
        return fields;
    }

    private static String word(Installed one) {
        return one.state().name().toLowerCase(Locale.ROOT);
    }
}
