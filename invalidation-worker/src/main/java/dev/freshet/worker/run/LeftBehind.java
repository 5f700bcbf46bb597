package dev.freshet.worker.run;

import dev.freshet.db.Database;
import dev.freshet.model.Tag;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Tags of what was and is no more: cohort 3, when a user moved to cohort 4. After the commit nothing in the data leads
 * back to them, so the transaction that moves the user writes them down, and a worker that dies before it could
 * invalidate them leaves them to the next one. A row that can be seen is of a committed change; whoever sees it may
 * invalidate its tags and delete it.
 */
final class LeftBehind {
    static final int MAX_ROWS = 1_000;

    private final Database database;
    private final ConcurrentLinkedQueue<Long> finished = new ConcurrentLinkedQueue<>();

    LeftBehind(Database database) {
        this.database = database;
    }

    record Row(long id, Effects effects) {}

    /** Writes the effects down in the caller's transaction. @return the row's id */
    long write(Connection connection, Effects effects) throws SQLException {
        try (var statement = connection.prepareStatement(
                "insert into freshet.left_behind (tags, paths) values (?, ?) returning id")) {
            statement.setArray(
                    1, text(connection, effects.tags().stream().map(Tag::name).toList()));
            statement.setArray(2, text(connection, List.copyOf(effects.paths())));
            try (var rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }

    /** Rows of at least this age, oldest first, at most {@value #MAX_ROWS}. */
    List<Row> read(Duration age) throws SQLException {
        try (var connection = database.dataSource().getConnection();
                var statement = connection.prepareStatement("""
                        select id, tags, paths from freshet.left_behind
                         where at <= now() - ? * interval '1 millisecond' order by id limit ?""")) {
            statement.setLong(1, age.toMillis());
            statement.setInt(2, MAX_ROWS);
            var found = new ArrayList<Row>();
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    var effects = Effects.none();
                    strings(rows.getArray(2)).forEach(name -> effects.tags().add(new Tag(name)));
                    effects.paths().addAll(strings(rows.getArray(3)));
                    found.add(new Row(rows.getLong(1), effects));
                }
            }
            return found;
        }
    }

    /** Marks a row as invalidated; it is deleted with the next transaction or {@link #clean}. */
    void finish(long id) {
        finished.add(id);
    }

    /** Deletes the rows that were finished, in a transaction of its own. */
    void clean() throws SQLException {
        if (!finished.isEmpty()) {
            try (var connection = database.dataSource().getConnection()) {
                delete(connection);
            }
        }
    }

    private void delete(Connection connection) throws SQLException {
        var ids = new ArrayList<Long>();
        for (Long id = finished.poll(); id != null; id = finished.poll()) {
            ids.add(id);
        }
        try (var statement = connection.prepareStatement("delete from freshet.left_behind where id = any(?)")) {
            statement.setArray(1, connection.createArrayOf("bigint", ids.toArray()));
            statement.executeUpdate();
        }
    }

    private static Array text(Connection connection, List<String> values) throws SQLException {
        return connection.createArrayOf("text", values.toArray());
    }

    private static List<String> strings(Array array) throws SQLException {
        return Arrays.asList((String[]) array.getArray());
    }
}
