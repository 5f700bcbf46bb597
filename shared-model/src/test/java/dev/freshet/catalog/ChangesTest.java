package dev.freshet.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.model.Job;
import dev.freshet.model.Tag;
import dev.freshet.settings.Settings;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChangesTest {
    private static final String CATALOG = """
            application: club
            changes:
              runs:
                columns: [ km ]
                with: [ user_id ]
                tags: [ "runs:{user_id}", feed ]
                paths: [ "/users/{user_id}" ]
              sales.Order:
                with: { day: "placed::date", Buyer: '"buyerId"' }
                lookup: select team from buyers where id = :Buyer
                tags: [ "team:{team}", "day:{day}" ]
            """;

    @Test
    void aChangeOfATableIsARuleOfItsOwnSite() {
        var catalog = catalog(CATALOG);
        var runs = Objects.requireNonNull(catalog.changes().get("runs"));
        assertThat(runs.schema()).isEqualTo("public");
        assertThat(runs.columns()).containsExactly("km");
        assertThat(runs.with()).containsExactly(Map.entry("user_id", "\"user_id\""));
        var order = Objects.requireNonNull(catalog.changes().get("sales.Order"));
        assertThat(List.of(order.schema(), order.name())).containsExactly("sales", "Order");
        assertThat(order.with()).containsEntry("day", "placed::date").containsEntry("Buyer", "\"buyerId\"");

        assertThat(catalog.rule("changes.runs", Job.CAPTURE)).contains(runs.rule());
        assertThat(catalog.rule("changes.runs", "main")).isEmpty();
        assertThat(catalog.rule("changes.walks", Job.CAPTURE)).isEmpty();
        assertThat(catalog.rule("runs", Job.CAPTURE)).isEmpty();
    }

    @Test
    void theTagsOfAllItsRowsAreNamed() throws Exception {
        var event = read("{\"rows\":[{\"user_id\":7},{\"user_id\":null},{\"user_id\":\"a\"}]}");
        assertThat(event.isBoundless()).isFalse();
        assertThat(rule().tags(event, event.rows())).containsExactly(tag("feed"), tag("runs:7"), tag("runs:a"));
        assertThat(rule().pages(event, event.rows())).extracting(Page::path).containsExactly("/users/7", "/users/a");
    }

    @Test
    void theScoresOfAllItsRowsAreNamed() throws Exception {
        var catalog = catalog("""
                application: club
                views:
                  board:
                    kind: leaderboard
                    key: board
                    sql: select user_id, sum(km) as km from runs group by user_id
                    member: user_id
                    score: km
                    tags: [ board ]
                    ttl: 5m
                changes:
                  runs:
                    with: [ user_id ]
                    scores: [ { board: board, member: "{user_id}" } ]
                """);
        var rule = Objects.requireNonNull(catalog.changes().get("runs")).rule();
        var event = rule.read(
                "{\"rows\":[{\"user_id\":7},{\"user_id\":null},{\"user_id\":\"a\"}]}".getBytes(UTF_8), Instant.EPOCH);
        assertThat(rule.scores(event, event.rows()))
                .containsExactly(new Score("board", Map.of(), "7"), new Score("board", Map.of(), "a"));
        assertThat(rule.tags(event, event.rows())).isEmpty();
    }

    @Test
    void numbersStayAsTheDatabaseWritesThem() throws Exception {
        var event = read("{\"rows\":[{\"user_id\":10.00},{\"user_id\":0.0000000001},{\"user_id\":1e3}]}");
        assertThat(event.rows()).extracting(row -> row.get("user_id")).containsExactly("10.00", "0.0000000001", "1000");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"rows":null}
            {"rows":[{"user_id":7},{"user":7}]}
            {}
            """)
    void whereTheRowsAreNotKnownAnythingMayHaveChanged(String body) throws Exception {
        assertThat(read(body).isBoundless()).isTrue();
        assertThat(read(body).rows()).isEmpty();
    }

    @Test
    void whatIsNoJsonIsRefused() {
        assertThatThrownBy(() -> read("{")).isInstanceOf(UnreadableException.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            runs:         | public.runs:   | 3: changes.public.runs names the schema public; leave it away
            runs:         | a.b.runs:      | 3: changes.a.b.runs names no table; write it as PostgreSQL has it: runs, Course or sales.orders
            feed          | "{feed}"       | 6: changes.runs.tags has {feed}, which nothing fills; declare it under with
            [ user_id ]   | [ "user id" ]  | 5: changes.runs.with has the name 'user id', which is none; use letters, digits and _
            columns: [    | colums: [      | 4: changes.runs.colums is no key of the format; did you mean columns?
            = :Buyer      | = :buyer       | 10: changes.sales.Order.lookup has :buyer, which nothing fills; did you mean Buyer?
            """)
    void aBrokenChangeIsRefused(String from, String to, String message) {
        assertThatThrownBy(() -> catalog(CATALOG.replace(from, to))).hasMessageContaining(message);
    }

    @Test
    void theSiteOfChangesIsTaken() {
        var yaml = CATALOG + "sites: { capture: { scheme: freshet, secrets: x } }";
        assertThatThrownBy(() -> catalog(yaml)).hasMessageContaining("sites.capture has a name that is taken");
    }

    @Test
    void aTagThatAChangeNamesIsInvalidated() {
        var view = """
                views:
                  runs: { key: "runs:{id}", params: { id: int }, sql: select :id, tags: [ "runs:{id}" ], ttl: 1m }
                """;
        assertThat(catalog(CATALOG + view).notes()).isEmpty();
        assertThat(catalog(CATALOG + view.replace("[ \"runs:{id}\" ]", "[ \"run:{id}\" ]"))
                        .notes())
                .hasSize(1);
    }

    private static Event read(String body) throws UnreadableException {
        return rule().read(body.getBytes(UTF_8), Instant.EPOCH);
    }

    private static EventRule rule() {
        return catalog(CATALOG).rule("changes.runs", Job.CAPTURE).orElseThrow();
    }

    private static Tag tag(String name) {
        return new Tag(name);
    }

    private static Catalog catalog(String yaml) {
        return CatalogReader.parse("x.yaml", yaml, new Settings(Map.of()));
    }
}
