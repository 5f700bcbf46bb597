package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.catalog.View;
import dev.freshet.db.Database;
import dev.freshet.settings.Durations;
import dev.freshet.settings.SettingException;
import dev.freshet.worker.view.Auditor;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Whether the promise holds. */
@Command(
        name = "audit",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Whether cached values are what the database says, and every delivery is in the queue once",
        commandListHeading = "Commands:%n",
        footerHeading = "%nExample:%n",
        footer = {"  freshet audit cache --sample 500", "  freshet audit queue"})
final class Audit {
    private static final Duration SETTLE = Duration.ofSeconds(2);

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    Audit(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Compare cached values with the database",
                "Draws values that readers would get, loads them again by the views' own SQL, and compares. A value that differs"
                        + " counts as stale when it is still served after every change that Freshet was told of has been dealt"
                        + " with. Views that say 'audit: false' are left out. Changes nothing; ends with 1 when a value is stale."
            },
            footerHeading =
                    "%nA stale value means that somebody changed rows and told nobody, or that a tag is missing:%n",
            footer = {
                "  freshet explain TOPIC BODY.json           what an event makes fresh",
                "  freshet cache clear --tag cohort:3        makes it fresh by hand"
            })
    int cache(
            @Option(
                            names = "--sample",
                            paramLabel = "N",
                            defaultValue = "100",
                            description = "Values to draw (default: ${DEFAULT-VALUE})")
                    int sample,
            @Option(names = "--view", paramLabel = "VIEW", description = "Of this view only") Optional<String> view,
            @Option(names = "--show", description = "Print both values of what is stale; they may hold personal data")
                    boolean show,
            @Option(
                            names = "--patience",
                            paramLabel = "TIME",
                            defaultValue = "30s",
                            description = "How long to wait for changes on their way (default: ${DEFAULT-VALUE})")
                    String patience,
            @Mixin JsonOption json) {
        var command = Objects.requireNonNull(spec.subcommands().get("cache"));
        if (sample < 1) {
            throw new ParameterException(command, "--sample must be at least 1");
        }
        var wait = Durations.parse(patience)
                .orElseThrow(() -> new ParameterException(
                        command, "--patience must be " + Durations.EXPECTED + ", was '" + patience + "'"));
        var catalog = terminal.catalog();
        var views = view.map(name -> List.of(new ViewNames(command.getCommandSpec()).view(catalog, name)))
                .orElseGet(() -> List.copyOf(catalog.views().values()));
        var left = views.stream().filter(v -> !v.audit()).map(View::name).toList();
        try (var database = terminal.database()
                .orElseThrow(() -> new SettingException("DATABASE_URL is not set; values are compared with it"))) {
            requireThere(database);
            var report = terminal.withCache(open -> terminal.withQueue(
                    queue -> new Auditor(open.survey(), catalog, database, queue, SETTLE, wait).run(sample, views)));
            if (json.wanted()) {
                terminal.json(asMap(report, left, show));
            } else {
                print(report, left, show);
            }
            return report.stale().isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
        }
    }

    private static void requireThere(Database database) {
        try {
            database.ping();
        } catch (SQLException e) {
            throw database.away(e);
        }
    }

    private void print(Auditor.Report report, List<String> left, boolean show) {
        if (!left.isEmpty()) {
            terminal.line("left out: " + String.join(", ", left) + " (audit: false)");
        }
        if (report.sampled() == 0) {
            terminal.line("nothing is cached that could be compared");
            return;
        }
        terminal.line("sampled " + report.sampled() + ", compared " + report.compared() + ", skipped "
                + report.skipped() + " (not served any more, or not loadable), stale "
                + report.stale().size());
        if (report.unsettled() > 0) {
            terminal.line(
                    report.unsettled() + " differ while changes are on their way, so nobody can say; try again, or see"
                            + " 'freshet status'");
        }
        for (var one : report.stale()) {
            terminal.line("stale " + one.seen().key() + ", loaded "
                    + Terminal.time(one.seen().entry().loadedAt()));
            if (show) {
                terminal.line("  cached   " + new String(one.seen().entry().content(), UTF_8));
                terminal.line("  database " + new String(one.truth(), UTF_8));
            }
        }
    }

    private static Map<String, Object> asMap(Auditor.Report report, List<String> left, boolean show) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("sampled", report.sampled());
        fields.put("compared", report.compared());
        fields.put("skipped", report.skipped());
        fields.put("unsettled", report.unsettled());
        fields.put("leftOut", left);
        fields.put("stale", report.stale().stream().map(one -> asMap(one, show)).toList());
        return fields;
    }

    private static Map<String, Object> asMap(Auditor.Stale one, boolean show) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("view", one.view().name());
        fields.put("key", one.seen().key());
        fields.put("loadedAt", one.seen().entry().loadedAt().toString());
        if (show) {
            fields.put("cached", new String(one.seen().entry().content(), UTF_8));
            fields.put("database", new String(one.truth(), UTF_8));
        }
        return fields;
    }
}
