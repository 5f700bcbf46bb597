package dev.freshet.worker.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.catalog.CatalogException;
import dev.freshet.catalog.Story;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person is told whose story does not come as it is told. */
class PlayerIT {
    private static final String CATALOG = """
            application: shop
            sites:
              app: { scheme: freshet, secrets: "${EVENTS_SECRET}" }
              payments: { scheme: stripe, secrets: "${STRIPE_SECRETS}" }
            views:
              books: { key: books, sql: select id from books order by id, tags: [ books ], ttl: 5m }
              others: { key: others, sql: select id from others order by id, tags: [ others ], ttl: 5m }
              best:
                kind: leaderboard
                key: best
                sql: select id, sold from books
                member: id
                score: sold
                tags: [ best ]
                ttl: 5m
            changes:
              books: { with: [ id ], tags: [ books ], scores: [ { board: best, member: "{id}" } ] }
            frontEnds:
              app: { type: http, instances: "${FRONT_END_URLS}", secret: "${REVALIDATE_SECRET}" }
            """;

    private static final String STORY = """
            reads:
              the books: /views/books
              the others: /views/others
              the best: /views/best?top=1
            scenes:
              - chapter: "The books:"
              - show: the books
              - says: no JSON
                webhook: { site: payments, body: none }
                fresh: [ the books ]
              - says: the second sells
                sql: update books set sold = 2 where id = 2
                fresh: [ the others, the best ]
                told: [ books ]
            """;

    @TempDir
    private Path folder;

    @Test
    void itSaysWhatDidNotComeAndWhatIsKnownOfIt() throws IOException {
        write(
                "create table books (id int primary key, sold int); create table others (id int)",
                "insert into books values (1, 10), (2, 1)");
        Files.writeString(folder.resolve("story.yaml"), STORY);
        var lines = new ArrayList<String>();
        List<String> faults;
        try (var stage = stage();
                var player = new Player(stage, lines::add, Duration.ofSeconds(2))) {
            faults = player.play();
        }
        var said = String.join("\n", lines);

        assertThat(said).contains("\n\nThe books:\n\nthe books, before and after:\n\n  [{\"id\":1}");
        assertThat(said).containsPattern("no JSON +[24]0[0-9] \\{");
        assertThat(faults)
                .anySatisfy(fault -> assertThat(fault)
                        .startsWith("answer to no JSON: expected 200 accepted, was ")
                        .endsWith("}"))
                .anySatisfy(fault -> assertThat(fault)
                        .startsWith(
                                "waited in vain until the second sells is applied and its values are loaded again: ")
                        .contains("the others: still the value loaded at 2")
                        .contains("the best: its answer is as before"))
                .noneMatch(fault -> fault.startsWith("waited in vain until no JSON"));
    }

    @Test
    void nothingIsInvalidatedBeforeAnythingHappens() throws IOException {
        write("create table books (id int primary key, sold int); create table others (id int)", "");
        try (var stage = stage();
                var app = new App(stage)) {
            await().until(app::isQuiet);
            var metrics =
                    app.send(HttpRequest.newBuilder(stage.worker("/metrics"))).body();
            assertThat(metrics.lines().filter(line -> line.startsWith("freshet_captured_total")))
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(line).endsWith(" 0.0"));
        }
    }

    @Test
    void whatPostgresqlRefusesIsSaidOfItsFile() throws IOException {
        write("create table books (id int primary key, sold int);", "insert into autors values (1)");
        assertThatThrownBy(this::stage)
                .isInstanceOf(CatalogException.class)
                .hasMessage(folder.resolve("sample.sql") + ":1: relation \"autors\" does not exist");

        write("", "");
        assertThatThrownBy(this::stage)
                .isInstanceOf(CatalogException.class)
                .hasMessage(folder.resolve("catalog.yaml") + ": changes cannot be captured: there is no table books; "
                        + folder.resolve("schema.sql") + " makes the tables");
    }

    private void write(String schema, String sample) throws IOException {
        for (var file : Map.of("catalog.yaml", CATALOG, "schema.sql", schema, "sample.sql", sample)
                .entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
    }

    private Stage stage() {
        return Stage.ofTests(Story.read(folder.toString()), Demo.SETTINGS);
    }
}
