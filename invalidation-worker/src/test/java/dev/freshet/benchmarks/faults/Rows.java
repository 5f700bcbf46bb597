package dev.freshet.benchmarks.faults;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/** What stands in PostgreSQL, read past Freshet. */
final class Rows {
    private static final JsonMapper JSON = new JsonMapper();

    /** @param percentage of the course that is done */
    record Row(int course, long version, int percentage, String email) {}

    private final Map<Integer, Row> rows = new TreeMap<>();
    private final Map<Integer, Writer.Note> notes = new TreeMap<>();

    static Rows read(Connection connection) throws SQLException {
        var all = new Rows();
        try (var statement = connection.createStatement();
                var found = statement.executeQuery(
                        "select id, course_id, version, percentage, user_email from enrollments")) {
            while (found.next()) {
                all.rows.put(
                        found.getInt(1),
                        new Row(found.getInt(2), found.getLong(3), found.getInt(4), found.getString(5)));
            }
        }
        try (var statement = connection.createStatement();
                var found = statement.executeQuery("select id, shelf, version from notes")) {
            while (found.next()) {
                all.notes.put(found.getInt(1), new Writer.Note(found.getInt(2), found.getLong(3)));
            }
        }
        return all;
    }

    Map<Integer, Writer.Note> notes() {
        return notes;
    }

    Map<Integer, Row> all() {
        return rows;
    }

    /** What the view of a tag or a path must show. */
    JsonNode view(String member) {
        int number = Integer.parseInt(member.replaceAll("\\D", ""));
        if (member.contains("enrollment")) {
            var row = rows.get(number);
            return row == null ? JSON.nullNode() : json(number, row);
        }
        if (member.contains("note")) {
            var note = notes.get(number);
            return note == null ? JSON.nullNode() : json(number, note);
        }
        var list = JSON.createArrayNode();
        if (member.contains("shel")) {
            notes.forEach((id, note) -> {
                if (note.shelf() == number) {
                    list.add(json(id, note));
                }
            });
            return list;
        }
        rows.forEach((id, row) -> {
            if (row.course == number) {
                list.add(json(id, row));
            }
        });
        return list;
    }

    /** Whether a value that was read is the same. */
    boolean isSame(String member, String value) {
        return parse(value).equals(parse(view(member).toString()));
    }

    static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a view answers JSON, not this: " + json, e);
        }
    }

    private static JsonNode json(int id, Writer.Note note) {
        return JSON.createObjectNode().put("id", id).put("shelf", note.shelf()).put("version", note.version());
    }

    private static JsonNode json(int id, Row row) {
        return JSON.createObjectNode().put("id", id).put("course", row.course).put("version", row.version);
    }
}
