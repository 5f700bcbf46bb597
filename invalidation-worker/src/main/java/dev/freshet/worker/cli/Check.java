package dev.freshet.worker.cli;

import dev.freshet.capture.CaptureTriggers;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogException;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.Problem;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import dev.freshet.db.SqlCheck;
import dev.freshet.worker.run.WorkerOptions;
import dev.freshet.worker.view.Functions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Says what is wrong with a catalog, each problem in a line with file, line and remedy. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = {
            "Say what is wrong with a catalog",
            "It is read whole, its functions look at their options, and the database prepares each of its statements;"
                    + " nothing is run. Without DATABASE_URL the SQL is not checked. Ends with 2 when the catalog cannot"
                    + " be used."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  freshet check",
            "  DATABASE_URL=postgresql://user:password@localhost:5432/app freshet check app.yaml"
        })
final class Check implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(
            arity = "0..1",
            paramLabel = "CATALOG",
            description = "A file, a folder with a catalog.yaml, or the name of one that comes with Freshet (default:"
                    + " CATALOG, else the first that comes with Freshet)")
    private String catalog = "";

    @Mixin
    private JsonOption json = new JsonOption();

    Check(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws SQLException {
        var problems = new ArrayList<Problem>();
        var summary = "SQL not checked until these are mended";
        boolean sqlChecked = false;
        try {
            var read = catalog.isEmpty() ? terminal.catalog() : CatalogReader.read(catalog, terminal.settings());
            problems.addAll(read.notes());
            problems.addAll(Functions.found().check(read));
            sqlChecked = checkSql(read, problems);
            summary = summary(read, sqlChecked);
        } catch (CatalogException e) {
            problems.addAll(e.problems());
        }
        problems.sort(Comparator.comparingInt(Problem::line));
        boolean usable = problems.stream().noneMatch(Problem::isError);
        if (json.wanted()) {
            terminal.json(Map.of(
                    "usable",
                    usable,
                    "sqlChecked",
                    sqlChecked,
                    "problems",
                    problems.stream().map(Check::asMap).toList()));
        } else {
            problems.forEach(problem -> terminal.line(problem.toString()));
            if (usable || !sqlChecked) {
                terminal.line(summary);
            }
        }
        return usable ? ExitCode.OK : ExitCode.USAGE;
    }

    /** @return whether there was a database to ask */
    private boolean checkSql(Catalog read, List<Problem> problems) throws SQLException {
        var found = terminal.database();
        if (found.isEmpty()) {
            return false;
        }
        try (var database = found.get()) {
            try {
                var refused = SqlCheck.check(read, database);
                problems.addAll(refused);
                var lines = refused.stream()
                        .filter(Problem::isError)
                        .map(Problem::line)
                        .collect(Collectors.toSet());
                boolean listens =
                        WorkerOptions.captureListen(terminal.settings()).isPresent();
                new CaptureTriggers(read, database)
                        .check(listens).stream()
                                .filter(problem ->
                                        !lines.contains(problem.line())) // no triggers fit what is wrong itself
                                .forEach(problems::add);
            } catch (SQLException e) {
                if (Database.classify(e) == Failure.OUTAGE) {
                    throw database.away(e);
                }
                throw e;
            }
        }
        return true;
    }

    private static String summary(Catalog read, boolean sqlChecked) {
        return "%s can be used: views %d, topics %d, sites %d, front ends %d; %s"
                .formatted(
                        read.file(),
                        read.views().size(),
                        read.events().size(),
                        read.sites().size(),
                        read.frontEnds().size(),
                        sqlChecked
                                ? "the database understands its SQL"
                                : "its SQL was not checked, DATABASE_URL is not set");
    }

    private static Map<String, Object> asMap(Problem problem) {
        return Map.of(
                "severity", problem.severity().name().toLowerCase(Locale.ROOT),
                "file", problem.file(),
                "line", problem.line(),
                "message", problem.message(),
                "remedy", problem.remedy());
    }
}
