package dev.freshet.db;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.Kind;
import dev.freshet.catalog.NamedSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An author's statement, run for many sets of parameters in one round trip. Values are text; the database infers the type
 * of each place. A set that lacks a parameter has null there.
 */
public final class Query {
    /** Most rows that a lookup may give for one set: each is a tag to invalidate. */
    public static final int MAX_ROWS = 1_000;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private final NamedSql sql;
    private final List<String> names;

    /** {@link #author}, once the types of its places are known. */
    private volatile @Nullable String author;

    public Query(NamedSql sql) {
        this.sql = sql;
        this.names = List.copyOf(sql.parameters());
    }

    /**
     * @return for each set, in order, its rows as text by column, null for null; JSON for what is no scalar
     * @throws SQLException also when a set has more than {@value #MAX_ROWS} rows (54000)
     */
    public List<List<Map<String, @Nullable String>>> rows(
            Connection connection, List<Map<String, @Nullable String>> sets) throws SQLException {
        var results = new ArrayList<List<Map<String, @Nullable String>>>();
        sets.forEach(set -> results.add(new ArrayList<>()));
        if (sets.isEmpty()) {
            return results;
        }
        try (var statement = prepare(connection, rowsText(connection), sets);
                var rows = statement.executeQuery()) {
            while (rows.next()) {
                var result = results.get(rows.getInt(1) - 1);
                if (result.size() == MAX_ROWS) {
                    throw new SQLException(
                            "a lookup gave more than " + MAX_ROWS + " rows; use a tag that covers them all", "54000");
                }
                result.add(columns(rows.getString(2)));
            }
        } catch (SQLException e) {
            throw forgetTypes(e);
        }
        return results;
    }

    /** @return for each set, in order, its JSON in UTF-8, built by the database */
    public List<byte[]> json(Connection connection, Kind kind, List<Map<String, @Nullable String>> sets)
            throws SQLException {
        var results = new ArrayList<byte[]>();
        if (sets.isEmpty()) {
            return results;
        }
        try (var statement = prepare(connection, jsonText(connection, kind), sets);
                var rows = statement.executeQuery()) {
            while (rows.next()) {
                results.add(rows.getBytes(1));
            }
        } catch (SQLException e) {
            throw forgetTypes(e);
        }
        return results;
    }

    /**
     * Runs the statement once for each set, in order, as one batch.
     *
     * @throws java.sql.BatchUpdateException from the first set that fails; the rest did not run
     */
    public void update(Connection connection, List<Map<String, @Nullable String>> sets) throws SQLException {
        if (sets.isEmpty()) {
            return;
        }
        var places = sql.occurrences();
        try (var statement = connection.prepareStatement(sql.positional())) {
            for (var set : sets) {
                for (int i = 0; i < places.size(); i++) {
                    statement.setObject(i + 1, set.get(places.get(i)), Types.OTHER);
                }
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    String rowsText(Connection connection) throws SQLException {
        return "select freshet_p.n, to_jsonb(freshet_q) from " + sets() + " cross join lateral (select * from ("
                + author(connection) + "\n) freshet_s limit " + (MAX_ROWS + 1) + ") freshet_q";
    }

    String jsonText(Connection connection, Kind kind) throws SQLException {
        var author = author(connection);
        var value = switch (kind) {
            case ROWS -> "(select coalesce(json_agg(freshet_q), '[]') from (" + author + "\n) freshet_q)";
            case ROW -> "(select to_json(freshet_q) from (" + author + "\n) freshet_q limit 1)";
            case VALUE -> "(select to_json(freshet_v) from (" + author + "\n) freshet_q(freshet_v) limit 1)";
        };
        return "select coalesce(" + value + ", 'null')::text from " + sets() + " order by freshet_p.n";
    }

    /** The author's rows as {@code freshet_q}, for each of the sets. */
    String from(Connection connection) throws SQLException {
        return sets() + " cross join lateral (" + author(connection) + "\n) freshet_q";
    }

    /** How many places {@link #prepare} fills. */
    int places() {
        return names.size() + 1;
    }

    /** The sets as a table {@code freshet_p} with their number {@code n} and a column per parameter. */
    private String sets() {
        var arrays = names.stream().map(name -> ", ?::text[]").collect(Collectors.joining());
        var columns = IntStream.range(0, names.size()).mapToObj(i -> ", p" + i).collect(Collectors.joining());
        return "unnest(?::int[]" + arrays + ") freshet_p(n" + columns + ")";
    }

    /** The author's statement with each parameter taken from {@code freshet_p} and cast to what its place needs. */
    private String author(Connection connection) throws SQLException {
        var known = author;
        if (known == null) {
            var types = types(connection);
            var places = sql.occurrences();
            known = sql.rewrite(i -> "(freshet_p.p" + names.indexOf(places.get(i)) + ")::" + types.get(i));
            author = known;
        }
        return known;
    }

    private List<String> types(Connection connection) throws SQLException {
        var types = new ArrayList<String>();
        try (var statement = connection.prepareStatement(sql.positional())) {
            var metaData = statement.getParameterMetaData();
            for (int i = 1; i <= metaData.getParameterCount(); i++) {
                types.add(metaData.getParameterTypeName(i));
            }
        }
        return types;
    }

    /** A column may have changed its type under us: the next call asks again. */
    SQLException forgetTypes(SQLException error) {
        author = null;
        return error;
    }

    PreparedStatement prepare(Connection connection, String text, List<Map<String, @Nullable String>> sets)
            throws SQLException {
        var statement = connection.prepareStatement(text);
        var numbers = IntStream.rangeClosed(1, sets.size()).boxed().toArray();
        statement.setArray(1, connection.createArrayOf("int4", numbers));
        for (int i = 0; i < names.size(); i++) {
            var name = names.get(i);
            var values = sets.stream().map(set -> set.get(name)).toArray();
            statement.setArray(i + 2, connection.createArrayOf("text", values));
        }
        return statement;
    }

    /** Numbers as the database writes them. */
    private static String text(JsonNode value) {
        if (value.isBigDecimal()) {
            return value.decimalValue().toPlainString();
        }
        return value.isContainerNode() ? value.toString() : value.asText();
    }

    private static Map<String, @Nullable String> columns(String json) {
        var columns = new LinkedHashMap<String, @Nullable String>();
        try {
            JSON.readTree(json).properties().forEach(field -> {
                var value = field.getValue();
                columns.put(field.getKey(), value.isNull() ? null : text(value));
            });
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the database gave JSON that is none", e);
        }
        return columns;
    }
}
