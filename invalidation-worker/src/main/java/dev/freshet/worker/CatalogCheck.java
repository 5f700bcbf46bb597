package dev.freshet.worker;

import dev.freshet.capture.CaptureTriggers;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogException;
import dev.freshet.catalog.Problem;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import dev.freshet.db.SqlCheck;
import dev.freshet.worker.view.Functions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What every process that runs a catalog's SQL and functions does before it starts. */
final class CatalogCheck {
    private static final Logger log = LoggerFactory.getLogger(CatalogCheck.class);

    private CatalogCheck() {}

    /**
     * Logs what is only worth knowing.
     *
     * @param listens whether this process waits for notifications of captured changes
     * @throws CatalogException naming every function that is not there, else every statement that the database will not prepare
     */
    static void requireUsable(Catalog catalog, Database database, boolean listens) {
        require(
                catalog,
                () -> {
                    var problems = new ArrayList<>(SqlCheck.check(catalog, database));
                    problems.addAll(new CaptureTriggers(catalog, database).check(listens));
                    return problems;
                },
                database);
    }

    /** As {@link #requireUsable}, for a process that runs nothing but views. */
    static void requireReadable(Catalog catalog, Database database) {
        require(catalog, () -> SqlCheck.checkViews(catalog, database), database);
    }

    @FunctionalInterface
    private interface Question {
        List<Problem> ask() throws SQLException;
    }

    private static void require(Catalog catalog, Question question, Database database) {
        var functions = Functions.found().check(catalog);
        if (!functions.isEmpty()) {
            throw new CatalogException(functions);
        }
        try {
            var problems = question.ask();
            var errors = problems.stream().filter(Problem::isError).toList();
            if (!errors.isEmpty()) {
                throw new CatalogException(errors);
            }
            problems.forEach(problem -> log.warn("catalog {}", problem));
        } catch (SQLException e) {
            if (Database.classify(e) == Failure.OUTAGE) {
                throw database.away(e);
            }
            throw new IllegalStateException("cannot ask PostgreSQL about the catalog's SQL: " + e.getMessage(), e);
        }
    }
}
