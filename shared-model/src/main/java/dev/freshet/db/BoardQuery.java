package dev.freshet.db;

import dev.freshet.cache.BoardRange;
import dev.freshet.cache.BoardRow;
import dev.freshet.catalog.View.Source;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A board's statement, asked for the best, for some members, or for places. It ranks as the cache does: by the score as a
 * double, and equal ones by the member's bytes, the higher first. Rows without a member or a finite score have no place.
 */
public final class BoardQuery {
    private static final Map<String, String> SERIALS =
            Map.of("smallserial", "int2", "serial", "int4", "bigserial", "int8");

    private final Source.Board board;
    private final Query query;

    /** {@link #type}, once it is known. */
    private volatile @Nullable String type;

    public BoardQuery(Source.Board board) {
        this.board = board;
        this.query = new Query(board.sql());
    }

    /** @return at most so many, the best first */
    public List<BoardRow> best(Connection connection, Map<String, @Nullable String> values, int count)
            throws SQLException {
        try (var statement = query.prepare(connection, bestText(connection, count), List.of(values))) {
            return rows(statement);
        } catch (SQLException e) {
            throw forget(e);
        }
    }

    /** @return those that have a place, in no order */
    public List<BoardRow> of(Connection connection, Map<String, @Nullable String> values, Collection<String> members)
            throws SQLException {
        try {
            return of(connection, values, members, type(connection));
        } catch (SQLException e) {
            var state = String.valueOf(forget(e).getSQLState());
            if (!state.startsWith("22") || !connection.getAutoCommit()) {
                throw e;
            }
            return of(connection, values, members, "text"); // one of them is none of the column's type
        }
    }

    /** What places there are, and some of them. */
    public record Places(int size, int before, List<BoardRow> rows) {}

    /** Reads places past the cache. */
    public Places places(Connection connection, Map<String, @Nullable String> values, BoardRange range)
            throws SQLException {
        var wanted = switch (range) {
            case BoardRange.Top top -> "b.place <= " + top.count();
            case BoardRange.Of of -> "abs(b.place - (select place from b where member = ?::text)) <= " + of.around();
        };
        var text = "with b as materialized (select row_number() over (order by score desc, member collate \"C\" desc)"
                + " as place, * from (" + ranked(connection) + ") r order by place limit " + board.most() + ")"
                + " select s.size, b.place, b.member, b.score, b.columns from (select count(*) as size from b) s"
                + " left join b on " + wanted + " order by b.place";
        try (var statement = query.prepare(connection, text, List.of(values))) {
            if (range instanceof BoardRange.Of of) {
                statement.setString(query.places() + 1, of.member());
            }
            return places(statement);
        } catch (SQLException e) {
            throw forget(e);
        }
    }

    /** For {@link SqlCheck}. */
    String bestText(Connection connection, int count) throws SQLException {
        return ranked(connection) + " order by score desc, " + member() + "::text collate \"C\" desc limit " + count;
    }

    private List<BoardRow> of(
            Connection connection, Map<String, @Nullable String> values, Collection<String> members, String castTo)
            throws SQLException {
        var column = castTo.equals("text") ? member() + "::text" : member();
        var text = ranked(connection) + " and " + column + " = any (?::" + castTo + "[])";
        try (var statement = query.prepare(connection, text, List.of(values))) {
            var wanted = connection.createArrayOf("text", members.toArray());
            statement.setObject(query.places() + 1, wanted.toString(), Types.OTHER);
            return rows(statement);
        }
    }

    private String ranked(Connection connection) throws SQLException {
        return "select " + member() + "::text as member, " + score() + "::float8 as score, (to_jsonb(freshet_q) - "
                + literal(board.member()) + " - " + literal(board.score()) + ")::text as columns from "
                + query.from(connection) + " where " + member() + " is not null and " + score()
                + "::float8 between '-1.7976931348623157e308' and '1.7976931348623157e308'";
    }

    private String member() {
        return "freshet_q." + quoted(board.member());
    }

    private String score() {
        return "freshet_q." + quoted(board.score());
    }

    /** Of the column that names members, so that an index on it can be used. */
    private String type(Connection connection) throws SQLException {
        var known = type;
        if (known == null) {
            known = "text";
            try (var statement = connection.prepareStatement(board.sql().positional())) {
                var columns = statement.getMetaData();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    if (columns.getColumnLabel(i).equals(board.member())) {
                        var found = columns.getColumnTypeName(i);
                        known = SERIALS.getOrDefault(found, found);
                    }
                }
            }
            type = known;
        }
        return known;
    }

    private SQLException forget(SQLException error) {
        type = null;
        return query.forgetTypes(error);
    }

    private static List<BoardRow> rows(PreparedStatement statement) throws SQLException {
        var found = new ArrayList<BoardRow>();
        try (var rows = statement.executeQuery()) {
            while (rows.next()) {
                found.add(new BoardRow(rows.getString(1), rows.getDouble(2), rows.getString(3)));
            }
        }
        return found;
    }

    private static Places places(PreparedStatement statement) throws SQLException {
        var found = new ArrayList<BoardRow>();
        int size = 0;
        Optional<Integer> first = Optional.empty();
        try (var rows = statement.executeQuery()) {
            while (rows.next()) {
                size = rows.getInt(1);
                int place = rows.getInt(2);
                if (place > 0) {
                    first = Optional.of(first.orElse(place));
                    found.add(new BoardRow(rows.getString(3), rows.getDouble(4), rows.getString(5)));
                }
            }
        }
        return new Places(size, first.orElse(1) - 1, found);
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
