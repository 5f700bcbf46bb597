package dev.freshet.db;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.EventRule;
import dev.freshet.catalog.NamedSql;
import dev.freshet.catalog.Story;
import dev.freshet.catalog.Template;
import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.testing.TestServices;
import java.sql.Connection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever writes a table makes old every view that reads it, in each catalog that comes with Freshet. */
class CatalogTablesIT {
    private static final JsonMapper JSON = new JsonMapper();

    /** Writers of columns that these views do not read. */
    private static final Map<String, Set<String>> OTHER_COLUMNS =
            Map.of("course.updated", Set.of("cohort", "dashboard", "statistics"));

    static List<String> catalogs() {
        return CatalogReader.names();
    }

    @ParameterizedTest
    @MethodSource("catalogs")
    void whoWritesATableMakesOldWhatReadsIt(String name) throws Exception {
        var story = Story.read(name);
        var catalog = story.catalog();
        try (var database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
                var connection = database.connection()) {
            execute(connection, story.schema());
            var read = new TreeMap<String, Set<String>>();
            for (var view : catalog.views().values()) {
                switch (view.source()) {
                    case Source.Rows rows -> read.put(view.name(), tables(connection, rows.sql(), node -> true));
                    case Source.Board board -> read.put(view.name(), tables(connection, board.sql(), node -> true));
                    case Source.Function function -> {}
                }
            }
            assertThat(read).allSatisfy((view, tables) -> assertThat(tables).isNotEmpty());

            for (var change : catalog.changes().values()) {
                expectOld(catalog.views(), read, change.rule(), Set.of(change.table()));
            }
            for (var event : catalog.events().values()) {
                if (event.apply() != null) {
                    var written = tables(connection, event.apply(), CatalogTablesIT::isWrite);
                    assertThat(written).as(event.topic()).isNotEmpty();
                    expectOld(catalog.views(), read, event, written);
                }
            }
            if (!catalog.changes().isEmpty()) {
                assertThat(catalog.changes().keySet())
                        .containsAll(read.values().stream().flatMap(Set::stream).toList());
            }
        }
    }

    private static void expectOld(
            Map<String, View> views, Map<String, Set<String>> read, EventRule rule, Set<String> written) {
        read.forEach((name, tables) -> {
            var view = views.get(name);
            boolean shows = !Collections.disjoint(tables, written)
                    && !OTHER_COLUMNS.getOrDefault(rule.topic(), Set.of()).contains(name);
            if (view != null && shows) {
                assertThat(rule.scores().stream()
                                        .anyMatch(score -> score.board().equals(view))
                                || !Collections.disjoint(beginnings(rule.tags()), beginnings(view.tags())))
                        .as("%s writes %s, and makes %s old, which reads it", rule.topic(), written, name)
                        .isTrue();
            }
        });
    }

    /** What stands before the values. */
    private static Set<String> beginnings(List<Template> tags) {
        var beginnings = new TreeSet<String>();
        tags.forEach(tag -> beginnings.add(tag.text().replaceFirst("\\{.*", "")));
        return beginnings;
    }

    private static boolean isWrite(JsonNode node) {
        return node.path("Node Type").asText().equals("ModifyTable");
    }

    private static Set<String> tables(Connection connection, NamedSql sql, Predicate<JsonNode> which) throws Exception {
        int count = sql.occurrences().size();
        var values = count == 0 ? "" : "(" + String.join(", ", Collections.nCopies(count, "null")) + ")";
        execute(connection, "set plan_cache_mode = force_generic_plan");
        execute(connection, "prepare q as " + sql.numbered());
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("explain (format json) execute q" + values)) {
            rows.next();
            var tables = new TreeSet<String>();
            collect(JSON.readTree(rows.getString(1)), which, tables);
            return tables;
        } finally {
            execute(connection, "deallocate q");
        }
    }

    private static void collect(JsonNode node, Predicate<JsonNode> which, Set<String> tables) {
        if (node.has("Relation Name") && which.test(node)) {
            tables.add(node.path("Relation Name").asText());
        }
        node.forEach(child -> collect(child, which, tables));
    }

    private static void execute(Connection connection, String sql) throws Exception {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
