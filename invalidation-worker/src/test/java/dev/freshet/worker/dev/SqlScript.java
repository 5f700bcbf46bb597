package dev.freshet.worker.dev;

import dev.freshet.catalog.CatalogException;
import dev.freshet.catalog.Problem;
import dev.freshet.catalog.Problem.Severity;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.postgresql.core.Parser;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * A file of SQL, which is run statement by statement, so that what PostgreSQL refuses is found in it.
 *
 * @param file how messages call it
 */
record SqlScript(String file, String text) {
    /** Blanks and comments. */
    private static final Pattern NOTHING = Pattern.compile("\\A(?:\\s++|--[^\\n]*+|/\\*(?s:.*?)\\*/)*+");

    /**
     * @throws CatalogException naming file and line of what PostgreSQL refuses; what came before it is done
     * @throws SQLException when PostgreSQL says nothing about it
     */
    void run(Connection connection) throws SQLException {
        int start = 0;
        for (var query : Parser.parseJdbcSql(text, true, false, true, false, false)) {
            var sql = query.nativeSql;
            start = Math.max(start, text.indexOf(sql, start));
            try (var statement = connection.createStatement()) {
                statement.execute(sql);
            } catch (PSQLException e) {
                throw refused(e, start, sql);
            }
            start += sql.length();
        }
    }

    private CatalogException refused(PSQLException error, int start, String sql) throws PSQLException {
        var said = error.getServerErrorMessage();
        if (said == null || Database.classify(error) == Failure.OUTAGE) {
            throw error;
        }
        var problem = new Problem(
                Severity.ERROR,
                file,
                line(start + place(said, sql)),
                Objects.requireNonNull(said.getMessage()),
                remedy(said));
        return new CatalogException(List.of(problem));
    }

    /** What it points at, or where the statement begins. */
    private static int place(ServerErrorMessage said, String sql) {
        if (said.getPosition() > 0) {
            return said.getPosition() - 1;
        }
        var nothing = NOTHING.matcher(sql);
        return nothing.find() ? nothing.end() : 0;
    }

    private static String remedy(ServerErrorMessage said) {
        return Optional.ofNullable(said.getHint())
                .or(() -> Optional.ofNullable(said.getDetail()))
                .orElse("");
    }

    private int line(int place) {
        return 1 + (int) text.chars().limit(place).filter(c -> c == '\n').count();
    }
}
