package dev.freshet.worker.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.Score;
import dev.freshet.db.Database;
import dev.freshet.model.Tag;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Tags of what was and is no more, and scores: cohort 3, when a user moved to cohort 4. After the commit nothing in the data leads
 * back to them, so the transaction that moves the user writes them down, and a worker that dies before it could
 * invalidate them leaves them to the next one. A row that can be seen is of a committed change; whoever works for the same
 * application may invalidate its tags and delete it.
 */
final class LeftBehind {
    static final int MAX_ROWS = 1_000;

    private static final JsonMapper JSON = new JsonMapper();

    private final Database database;
    private final String application;
    private final ConcurrentLinkedQueue<Long> finished = new ConcurrentLinkedQueue<>();

    LeftBehind(Database database, String application) {
        this.database = database;
        this.application = application;
    }

    record Row(long id, Effects effects) {}

    /** Writes the effects down in the caller's transaction. @return the row's id */
    long write(Connection connection, Effects effects) throws SQLException {
        try (var statement = connection.prepareStatement(
                "insert into freshet.left_behind (tags, paths, scores, application) values (?, ?, ?, ?) returning id")) {
            var tags = effects.tags().stream().map(Tag::name).toArray();
            statement.setArray(1, connection.createArrayOf("text", tags));
            statement.setArray(
                    2, connection.createArrayOf("text", effects.pages().keySet().toArray()));
            var scores = effects.scores().stream().map(LeftBehind::encode).toArray();
            statement.setArray(3, connection.createArrayOf("text", scores));
            statement.setString(4, application);
            try (var rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }

    /** Rows of this application that have at least this age, oldest first, at most {@value #MAX_ROWS}. */
    List<Row> read(Duration age) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("""
                        select id, tags, paths, scores, at from freshet.left_behind
                         where at <= now() - :ms * interval '1 millisecond' and coalesce(application, :application) = :application
                         order by id limit :limit""")
                        .bind("application", application)
                        .bind("ms", age.toMillis())
                        .bind("limit", MAX_ROWS)
                        .map((row, context) -> new Row(row.getLong("id"), effects(row)))
                        .list());
    }

    /** Marks a row as invalidated; {@link #clean} deletes it. */
    void finish(long id) {
        finished.add(id);
    }

    /** Deletes the rows that were finished. */
    void clean() {
        var ids = new ArrayList<Long>();
        for (Long id = finished.poll(); id != null; id = finished.poll()) {
            ids.add(id);
        }
        if (!ids.isEmpty()) {
            database.jdbi()
                    .useHandle(handle -> handle.createUpdate("delete from freshet.left_behind where id = any(:ids)")
                            .bindArray("ids", Long.class, ids)
                            .execute());
        }
    }

    private static Effects effects(ResultSet row) throws SQLException {
        var effects = new Effects();
        var at = row.getObject("at", OffsetDateTime.class).toInstant();
        effects.addTags(strings(row, "tags").stream().map(Tag::new).toList(), at);
        effects.addPaths(strings(row, "paths"), at);
        effects.addScores(
                strings(row, "scores").stream().map(LeftBehind::decode).toList());
        return effects;
    }

    private static String encode(Score score) {
        try {
            return JSON.writeValueAsString(score);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("text can always be written as JSON", e);
        }
    }

    private static Score decode(String text) {
        try {
            return JSON.readValue(text, Score.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("freshet.left_behind has a score that is none", e);
        }
    }

    private static List<String> strings(ResultSet row, String column) throws SQLException {
        return List.of((String[]) row.getArray(column).getArray());
    }
}
