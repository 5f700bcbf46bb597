package dev.freshet.capture;

import dev.freshet.db.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What triggers wrote down and the queue does not have yet. */
public final class Outbox {
    /** How many rows are collected together. */
    public static final int MAX_PAGE = 500;

    /** A page ends after so many bytes as they are stored. */
    private static final long ENOUGH_BYTES = 1 << 20;

    /** Of a fleet one process collects at a time; ended with the transaction, so that no pooler is in its way. */
    private static final String ALONE = "select pg_try_advisory_xact_lock(hashtext('freshet.outbox'), hashtext(?))";

    private static final String TAKE = """
            select o.id, o.source, o.rows, o.at from freshet.outbox o join (
              select id from (
                select id, sum(size) over (order by id) - size as before from (
                  select id, coalesce(pg_column_size(rows), 0) as size from freshet.outbox
                   where application = ? order by id limit ?) page
              ) measured where before < ?
            ) taken on o.application = ? and o.id = taken.id order by o.id""";
    private static final String FORGET = "delete from freshet.outbox where application = ? and id = any (?)";
    private static final String DEPTHS = """
            select source, count(*), extract(epoch from greatest(clock_timestamp() - min(at), '0'))
              from freshet.outbox where application = ? group by source order by source""";
    private static final String ANY = "select exists (select from freshet.outbox where application = ?)";

    private final Database database;
    private final String application;

    public Outbox(Database database, String application) {
        this.database = database;
        this.application = application;
    }

    /**
     * What one statement changed in one table, or a part of it.
     *
     * @param source the table, as the catalog names it
     * @param rows different values of rows, each a JSON object; empty when anything may have changed
     * @param at when it was changed, not committed
     */
    public record Row(long id, String source, Optional<List<String>> rows, Instant at) {}

    /**
     * How much waits.
     *
     * @param oldest its age by the database's clock
     */
    public record Depth(long rows, Duration oldest) {}

    /** What puts rows into the queue. */
    @FunctionalInterface
    public interface Collecting {
        /** @return those that are there for certain; the others stay */
        List<Row> enqueue(List<Row> rows);
    }

    /** Where triggers notify that they wrote something down, if they do. */
    public static String channel(String application) {
        return TriggerSql.channel(application);
    }

    /** Whether anything waits. */
    public boolean isEmpty() throws SQLException {
        try (var connection = database.connection();
                var statement = connection.prepareStatement(ANY)) {
            statement.setString(1, application);
            try (var row = statement.executeQuery()) {
                row.next();
                return !row.getBoolean(1);
            }
        }
    }

    /** What waits, by table; those of which nothing does are left out. */
    public Map<String, Depth> depths() throws SQLException {
        try (var connection = database.connection();
                var statement = connection.prepareStatement(DEPTHS)) {
            statement.setString(1, application);
            var depths = new LinkedHashMap<String, Depth>();
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    var age = Duration.ofMillis((long) (rows.getDouble(3) * 1_000));
                    depths.put(rows.getString(1), new Depth(rows.getLong(2), age));
                }
            }
            return depths;
        }
    }

    /**
     * Lets a page of rows, the oldest first, go into the queue. They are gone once it has them; when the process dies in
     * between they are collected again.
     *
     * @return how many were collected; 0 when nothing waits, when another process collects, and when they stay
     */
    public int collect(Collecting collecting) throws SQLException {
        return database.inTransaction(connection -> {
            var rows = isAlone(connection) ? take(connection) : List.<Row>of();
            var enqueued = rows.isEmpty() ? rows : collecting.enqueue(rows);
            if (!enqueued.isEmpty()) {
                forget(connection, enqueued);
            }
            return enqueued.size();
        });
    }

    private boolean isAlone(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement(ALONE)) {
            statement.setString(1, application);
            try (var row = statement.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    private void forget(Connection connection, List<Row> rows) throws SQLException {
        try (var statement = connection.prepareStatement(FORGET)) {
            statement.setString(1, application);
            var ids = rows.stream().map(Row::id).toArray();
            statement.setArray(2, connection.createArrayOf("bigint", ids));
            statement.executeUpdate();
        }
    }

    private List<Row> take(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement(TAKE)) {
            statement.setString(1, application);
            statement.setInt(2, MAX_PAGE);
            statement.setLong(3, ENOUGH_BYTES);
            statement.setString(4, application);
            try (var result = statement.executeQuery()) {
                var rows = new ArrayList<Row>();
                while (result.next()) {
                    rows.add(new Row(
                            result.getLong(1),
                            result.getString(2),
                            Optional.ofNullable(result.getString(3)).map(text -> List.of(text.split("\n"))),
                            result.getObject(4, OffsetDateTime.class).toInstant()));
                }
                return rows;
            }
        }
    }
}
