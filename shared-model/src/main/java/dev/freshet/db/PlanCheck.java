package dev.freshet.db;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.NamedSql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/** Finds the large tables that a statement would read from one end to the other, by its generic plan. */
final class PlanCheck {
    /** Rows, as the last ANALYZE estimated them. */
    static final int LARGE = 100_000;

    private static final JsonMapper JSON = new JsonMapper();

    private final Connection connection;

    PlanCheck(Connection connection) {
        this.connection = connection;
    }

    Set<String> largeScans(NamedSql sql) throws SQLException {
        var tables = new TreeSet<String>();
        collect(plan(sql), tables);
        return tables;
    }

    private JsonNode plan(NamedSql sql) throws SQLException {
        int count = sql.occurrences().size();
        var values = count == 0 ? "" : "(" + String.join(", ", Collections.nCopies(count, "null")) + ")";
        boolean autoCommit = connection.getAutoCommit();
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute("set local plan_cache_mode = force_generic_plan");
            statement.execute("prepare freshet_plan as " + sql.numbered());
            try (var rows = statement.executeQuery("explain (format json, verbose) execute freshet_plan" + values)) {
                rows.next();
                return JSON.readTree(rows.getString(1));
            } finally {
                connection.rollback(); // forgets no prepared statement, but ends a transaction that failed
                statement.execute("deallocate freshet_plan");
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the database gave JSON that is none", e);
        } finally {
            connection.rollback();
            connection.setAutoCommit(autoCommit);
        }
    }

    private void collect(JsonNode node, Set<String> tables) throws SQLException {
        if (node.path("Node Type").asText().equals("Seq Scan")) {
            var name = node.path("Relation Name").asText();
            if (rows(node.path("Schema").asText(), name) > LARGE) {
                tables.add(name);
            }
        }
        for (var child : node) {
            collect(child, tables);
        }
    }

    private float rows(String schema, String table) throws SQLException {
        try (var statement = connection.prepareStatement("select reltuples from pg_class c"
                + " join pg_namespace n on n.oid = c.relnamespace where n.nspname = ? and c.relname = ?")) {
            statement.setString(1, schema);
            statement.setString(2, table);
            try (var rows = statement.executeQuery()) {
                return rows.next() ? rows.getFloat(1) : 0;
            }
        }
    }
}
