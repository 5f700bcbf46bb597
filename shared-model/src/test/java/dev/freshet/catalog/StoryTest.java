package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Read;
import dev.freshet.testing.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class StoryTest {
    private static final String CATALOG = """
            application: shop
            sites:
              app: { scheme: freshet, secrets: "${EVENTS_SECRET}" }
              payments: { scheme: stripe, secrets: "${STRIPE_SECRETS}" }
              shop: { scheme: shopify, secrets: "${SHOPIFY_SECRETS}" }
            tokens: { main: { algorithm: HS256, keys: "${JWT_SECRETS}" } }
            views:
              mine:
                route: /api/mine
                key: mine:{user}
                params: { user: { type: text, claim: sub } }
                access: { token: main }
                sql: select cents from prices where owner = :user
                tags: [ "price:{user}" ]
                ttl: 1m
              price:
                route: /api/prices/{id}
                key: price:{id}
                params: { id: { type: int, min: 1 } }
                sql: select cents from prices where id = :id
                tags: [ "price:{id}" ]
                ttl: 1m
            events:
              price.changed:
                from: app
                route: PUT /api/prices
                with: { id: /payload/id }
                tags: [ "price:{id}" ]
            """;

    @TempDir
    private Path folder;

    static List<String> builtIn() {
        return CatalogReader.names();
    }

    @ParameterizedTest
    @MethodSource("builtIn")
    void everyCatalogThatComesWithFreshetCanBePlayed(String name) {
        var story = Story.read(name);

        assertThat(story.source()).isEqualTo(name);
        assertThat(story.schema()).contains("create table");
        assertThat(story.sample()).contains("insert into");
        assertThat(story.scenes()).isNotEmpty();
        assertThat(story.toTry()).isPresent();
        assertThat(story.catalog().sites().values())
                .allSatisfy(site -> assertThat(site.secrets()).isNotEmpty());
    }

    @Test
    void aFolderIsReadAsACatalogThatComesWithFreshet() throws IOException {
        var story = story("""
                reads: { the price: /api/prices/7 }
                scenes:
                  - says: it falls
                    sql: update prices set cents = 1
                    fresh: [ the price ]
                    told: [ "price:7" ]
                ends: { lost: 0 }
                """);

        assertThat(story.source()).isEqualTo(folder.resolve("catalog.yaml").toString());
        assertThat(story.settings().get("STRIPE_SECRETS"))
                .startsWith("local-stripe-secrets")
                .hasSizeGreaterThan(39);
        assertThat(story.toTry().orElseThrow().reads()).containsExactly(new Read("/api/prices/7", Optional.empty()));
        assertThat(story.scenes())
                .singleElement()
                .satisfies(scene -> assertThat(scene.act()).isEqualTo(new Act.Sql("update prices set cents = 1")));
        assertThat(story.ends()).isEqualTo(Map.of("lost", 0L));
    }

    @Test
    void theFileOfACatalogStandsForItsFolder() throws IOException {
        story("reads: { the price: /api/prices/7 }");
        Files.writeString(folder.resolve("schema.sql"), "create table prices (id int)");

        for (var file : List.of("catalog.yaml", "renamed.yaml")) {
            Files.writeString(folder.resolve(file), CATALOG);
            var story = Story.read(folder.resolve(file).toString());
            assertThat(story.source()).isEqualTo(folder.resolve(file).toString());
            assertThat(story.schema()).isEqualTo("create table prices (id int)");
            assertThat(story.reads()).containsOnlyKeys("the price");
        }
    }

    @Test
    void whatTheStoryAndItsCatalogHaveWrongIsSaidAtOnce() throws IOException {
        Files.writeString(folder.resolve("catalog.yaml"), CATALOG.replace("ttl: 1m", "ttl: soon"));
        Files.writeString(folder.resolve("story.yaml"), "settings: { EVENT_SECRET: a }");

        assertThatThrownBy(() -> Story.read(folder.toString()))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining("story.yaml:1: settings.EVENT_SECRET")
                .hasMessageContaining("catalog.yaml:")
                .hasMessageContaining("soon");
    }

    @Test
    void aReadIsNamedWithItsReader() throws IOException {
        var story = story("""
                readers: { Ada: { token: main, claims: { sub: a } }, Sam: { token: main, claims: { sub: s } } }
                reads:
                  hers: { get: /api/mine, as: Ada }
                  his: { get: /api/mine, as: Sam }
                  the price: /api/prices/7
                """);

        assertThat(story.reads().values().stream().map(story::as)).containsExactly(" as Ada", " as Sam", "");
    }

    @Test
    void whatIsShownHasATitle() throws IOException {
        var story = story("{ reads: { it: /api/prices/7 }, scenes: [ { show: it } ] }");

        assertThat(story.scenes().getFirst().says()).isEqualTo("it, before and after:");
    }

    @Test
    void aFolderWithoutAStoryIsOneInWhichNothingHappens() throws IOException {
        Files.writeString(folder.resolve("catalog.yaml"), CATALOG);

        assertThat(Story.read(folder.toString()).scenes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            read: {}                                       | :1: read is no key of the format; did you mean reads?
            reads: { it: /api/price/7 }                    | :1: reads.it is answered by no view: /api/price/7; such as
            reads: { it: /api/prices/none }                | :1: reads.it is refused: id must be
            scenes: [ { says: nothing } ]                  | :1: scenes does nothing; say one of chapter, show, webhook
            scenes: [ { sql: a, show: b } ]                | :1: scenes does several things: show, sql; say one of
            scenes: [ { sgl: a } ]                         | :1: scenes.sgl is no key of the format; did you mean sql?
            scenes: [ { sql: a, fresh: [ it ] } ]          | :1: scenes.fresh is no read of this story: it; known here
            scenes: [ { show: it } ]                       | :1: scenes.show is no read of this story: it; known here
            scenes: [ { sql: a, answer: fine } ]           | :1: scenes.answer must be a status, such as 200 accepted
            scenes: [ { webhook: { site: stripe, body: a } } ] | scenes.webhook.site is no site of the catalog: stripe
            scenes: [ { webhook: { site: shop, body: a } } ] | has no topic; deliveries of this site say it in X-Shopify
            scenes: [ { webhook: { site: app } } ]         | scenes.webhook has no body; such as body:
            scenes: [ { webhook: { site: app, sample: x } } ] | sample must be a file beside the story, was 'x'
            scenes: [ { event: { topic: price.change, payload: '{}' } } ] | did you mean price.changed?
            scenes: [ { event: { topic: price.changed, payload: no } } ] | payload must be a JSON object such as
            scenes: [ { write: { route: PUT /api/price, payload: '{}' } } ] | did you mean PUT /api/prices?
            scenes: [ { get: nowhere } ]                   | scenes.get must be a path or the name of a read, was
            scenes: [ { outage: disk, do: [ ] } ]          | scenes.outage must be one of queue, cache, was 'disk'
            scenes: [ { outage: queue } ]                  | scenes has no do; such as do:
            scenes: [ { put: { file: ../x, zip: { a: b } } } ] | file must be a place in the scratch folder such as
            scenes: [ { put: { file: x, zip: { a: b }, at: now } } ] | at must be a time such as 2026-02-01T00:00:00Z
            reads: { it: { get: /api/prices/7, as: ada } } | reads.it.as is no reader of this story: ada
            readers: { ada: { token: app, claims: { sub: a } } } | readers.ada.token is no issuer of tokens: app; known here: main
            readers: { ada: { token: main } }              | readers.ada has no claims; such as claims:
            reads: { it: /api/mine }                       | reads.it is refused: the token does not say sub
            ends: { lots: 1 }                              | ends.lots is no key of the format; did you mean lost?
            ends: { lost: none }                           | ends.lost must be a whole number, was 'none'
            try: { sql: a }                                | try has no reads; such as reads:
            settings: { STRIPE_SECRET: a }                 | :1: settings.STRIPE_SECRET is no variable of the catalog: STRIPE_SECRET; did you mean STRIPE_SECRETS?
            """)
    void whatIsWrongIsSaidWithItsLineAndWhatWouldBeRight(String text, String problem) {
        assertThatThrownBy(() -> story(text))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining("story.yaml:")
                .hasMessageContaining(problem);
    }

    @Test
    void theDocumentedStoryIsOneOfTheDocumentedCatalog() throws IOException {
        Files.writeString(folder.resolve("catalog.yaml"), block("docs/catalog.md"));
        Files.writeString(folder.resolve("story.yaml"), block("docs/stories.md"));

        assertThat(Story.read(folder.toString()).scenes()).hasSize(3);
    }

    private static String block(String page) throws IOException {
        var blocks = Pattern.compile("(?ms)^```yaml\\R(.*?)^```").matcher(Files.readString(Project.path(page)));
        assertThat(blocks.find()).isTrue();
        return blocks.group(1);
    }

    @Test
    void theLineIsThatOfTheScene() {
        assertThatThrownBy(() -> story("reads: {}\nscenes:\n  - sql: a\n  - sql: b\n    fresh: [ it ]\n"))
                .hasMessageContaining("story.yaml:5: scenes.fresh");
    }

    @Test
    void aPathIsTheValueThatItsViewWouldAnswer() throws IOException {
        var catalog = story("reads: {}").catalog();

        assertThat(ask(catalog, "/api/prices/007").orElseThrow().values()).isEqualTo(Map.of("id", "7"));
        assertThat(ask(catalog, "/views/price?id=7").orElseThrow().values()).isEqualTo(Map.of("id", "7"));
        assertThat(ask(catalog, "/api/prices/7/more")).isEmpty();
    }

    @Test
    void textsSayTheTime() {
        assertThat(Story.filled("{now} {unix} {today} {other}", Instant.parse("2026-02-01T10:00:00Z")))
                .isEqualTo("2026-02-01T10:00:00Z 1769940000 2026-02-01 {other}");
    }

    private static Optional<Story.Asked> ask(Catalog catalog, String path) {
        return Story.ask(catalog, new Read(path, Optional.empty()));
    }

    private Story story(String text) throws IOException {
        Files.writeString(folder.resolve("catalog.yaml"), CATALOG);
        Files.writeString(folder.resolve("story.yaml"), text);
        return Story.read(folder.toString());
    }
}
