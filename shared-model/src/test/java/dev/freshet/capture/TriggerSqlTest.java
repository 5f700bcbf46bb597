package dev.freshet.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.capture.TriggerSql.Event;
import dev.freshet.catalog.BodyValues;
import dev.freshet.catalog.EventRule;
import dev.freshet.catalog.TableChange;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TriggerSqlTest {
    private static final Map<String, String> ID = Map.of("id", "\"id\"");

    @Test
    void namesAreQuoted() {
        var sql = sql("Course", Set.of(), Map.of("Owner", "\"Owner\""));
        assertThat(sql.table()).isEqualTo("\"public\".\"Course\"");
        assertThat(definition(sql))
                .contains("jsonb_build_object('Owner', (\"Owner\"\n))::text")
                .contains("values ('club', 'Course', case");
        assertThat(sql("sales.order", Set.of(), Map.of()).table()).isEqualTo("\"sales\".\"order\"");
        assertThat(sql("it's", Set.of(), Map.of()).boundless()).endsWith("values ('club', 'it''s')");
    }

    @Test
    void rowsBeforeAndAfterAreOfOneKeyOfSeveralColumns() {
        var sql = sql("runs", Set.of("km"), ID, "id", "Part");
        assertThat(sql.trial())
                .contains("\"id\" as k0, \"Part\" as k1, row(\"km\") as c")
                .contains(" on o.k0 = n.k0 and o.k1 = n.k1 ");
    }

    @Test
    void whatJsonHoldsIsComparedAsItIsStored() {
        var sql = sql("runs", new LinkedHashSet<>(List.of("km", "note")), ID, "id");
        assertThat(sql.trial())
                .contains("row(\"km\", \"note\") as c")
                .contains("o.c operator(pg_catalog.*<>) n.c or o.v is distinct from n.v");
    }

    @Test
    void withoutAKeyOrWithoutColumnsNothingIsCompared() {
        var both = "select jsonb_build_object('id', (\"id\"\n))::text as v from old_rows"
                + " union all select jsonb_build_object('id', (\"id\"\n))::text as v from new_rows";
        assertThat(sql("runs", Set.of("km"), ID).trial()).endsWith(both);
        assertThat(sql("runs", Set.of(), ID, "id").trial()).endsWith(both);
    }

    @Test
    void anExpressionStandsForItselfWhateverItSays() {
        var sql = sql("runs", Set.of(), Map.of("day", "at::date -- '$freshet$'"));
        assertThat(definition(sql))
                .contains("'day', (at::date -- '$freshet$'\n)")
                .contains("as $freshet_$\n")
                .endsWith("$freshet_$");
    }

    @Test
    void aFunctionSaysWhoseItIsAndByWhatDefinition() {
        var sql = sql("runs", Set.of("km"), ID, "id");
        assertThat(sql.comment(false))
                .startsWith("captures club runs ")
                .isEqualTo(sql("runs", Set.of("km"), ID, "id").comment(false))
                .isNotEqualTo(sql("runs", Set.of("note"), ID, "id").comment(false))
                .isNotEqualTo(sql("runs", Set.of("km"), Map.of(), "id").comment(false))
                .isNotEqualTo(sql("runs", Set.of("km"), ID, "number").comment(false));
        assertThat(sql.function(false).get(1))
                .startsWith("revoke execute on function freshet." + TriggerSql.function("club", "runs"));
        assertThat(TriggerSql.function("clubs", "runs")).isNotEqualTo(TriggerSql.function("club", "runs"));
    }

    @Test
    void whatNotifiesSaysSoAndIsOtherwiseTheSame() {
        var sql = sql("runs", Set.of("km"), ID, "id");
        var notifies = "\n    perform pg_notify('" + TriggerSql.channel("club") + "', '');";
        assertThat(sql.function(true).getFirst().replace(notifies, "")).isEqualTo(definition(sql));
        assertThat(definition(sql)).doesNotContain("pg_notify");
        assertThat(TriggerSql.notifies(sql.comment(true))).isTrue();
        assertThat(TriggerSql.notifies(sql.comment(false))).isFalse();
        assertThat(TriggerSql.channel("club")).isNotEqualTo(TriggerSql.channel("clubs"));
        assertThat(TriggerSql.channel("c".repeat(100))).hasSizeLessThan(64);
    }

    @Test
    void eachKindOfStatementHasATriggerWithTheRowsThatItHas() {
        var sql = sql("runs", Set.of(), Map.of());
        assertThat(sql.trigger(Event.INSERT, "public.runs"))
                .contains("after INSERT on public.runs referencing new table as new_rows for each statement");
        assertThat(sql.trigger(Event.UPDATE, "public.runs"))
                .contains(
                        "after UPDATE on public.runs referencing old table as old_rows new table as new_rows for each");
        assertThat(sql.trigger(Event.DELETE, "public.runs"))
                .contains("after DELETE on public.runs referencing old table as old_rows for each statement");
        assertThat(sql.trigger(Event.TRUNCATE, "public.runs"))
                .contains("after TRUNCATE on public.runs for each statement");
    }

    private static String definition(TriggerSql sql) {
        return sql.function(false).getFirst();
    }

    private static TriggerSql sql(String table, Set<String> columns, Map<String, String> with, String... primaryKey) {
        var rule = new EventRule(
                TableChange.TOPIC + table,
                null,
                Set.of(),
                BodyValues.NONE,
                null,
                null,
                null,
                null,
                List.of(),
                List.of());
        return new TriggerSql("club", new TableChange(table, columns, with, rule, 1), List.of(primaryKey));
    }
}
