package dev.freshet.worker;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogException;
import dev.freshet.catalog.Problem;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import dev.freshet.db.SqlCheck;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What every process that runs a catalog's SQL does before it starts. */
final class CatalogCheck {
    private static final Logger log = LoggerFactory.getLogger(CatalogCheck.class);

    private CatalogCheck() {}

    /**
     * Logs what is only worth knowing.
     *
     * @throws CatalogException naming every statement that the database will not prepare
     */
    static void requireUsable(Catalog catalog, Database database) {
        try {
            var problems = SqlCheck.check(catalog, database);
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
