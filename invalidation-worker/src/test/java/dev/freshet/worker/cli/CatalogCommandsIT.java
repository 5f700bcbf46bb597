package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Hmac;
import dev.freshet.testing.TestServices;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands about the catalog, run in this process with TAFTA's catalog, tables and rows. */
class CatalogCommandsIT {
    private static final String COMPLETED = sample("enrollment.completed");
    private static URI database;

    @TempDir
    private Path folder;

    @BeforeAll
    static void createTables() throws Exception {
        database = TestServices.shared().newDatabase();
        try (var connection = connect();
                var statement = connection.createStatement()) {
            statement.execute(resource("/catalogs/tafta/schema.sql"));
            statement.execute(resource("/catalogs/tafta/sample.sql"));
        }
    }

    private static Connection connect() throws SQLException {
        var login = database.getUserInfo().split(":", 2);
        var url = "jdbc:postgresql://" + database.getHost() + ":" + database.getPort() + database.getPath();
        return DriverManager.getConnection(url, login[0], login[1]);
    }

    private static String resource(String name) throws IOException {
        try (var stream = CatalogCommandsIT.class.getResourceAsStream(name)) {
            return new String(java.util.Objects.requireNonNull(stream, name).readAllBytes(), UTF_8);
        }
    }

    private static String sample(String topic) {
        try {
            return resource("/samples/thinkific/" + topic + ".json");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static CommandRun run(String... arguments) {
        return CommandRun.of(
                Map.of(
                        "DATABASE_URL",
                        TestServices.shared().workUrl(database).toString(),
                        "THINKIFIC_SECRETS",
                        "s1,s2"),
                arguments);
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    private static java.util.List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    @Test
    void taftaCanBeUsed() {
        var check = run("check");
        assertThat(check.err()).isEmpty();
        assertThat(check.out()).contains("can be used: views 6").contains("the database understands its SQL");
        assertThat(check.code()).isZero();
        assertThat(run("check", "--json").json().path("usable").asBoolean()).isTrue();
        assertThat(run("check", "--json").json().path("sqlChecked").asBoolean()).isTrue();
    }

    @Test
    void withoutADatabaseCheckSaysThatSqlWasNotChecked() {
        var check = CommandRun.of(Map.of(), "check", "tafta");
        assertThat(check.code()).isZero();
        assertThat(check.out()).contains("its SQL was not checked, DATABASE_URL is not set");
    }

    @Test
    void aFolderStandsForTheCatalogInIt() throws IOException {
        var file = Path.of(file("catalog.yaml", "application: folded"));
        var check = CommandRun.of(Map.of(), "check", String.valueOf(file.getParent()));
        assertThat(check.out()).startsWith(file + " can be used: ");
        assertThat(check.code()).isZero();
    }

    @Test
    void everyProblemIsALineWithFileAndLine() throws IOException {
        var broken = file("broken.yaml", """
                application: broken
                views:
                  people: { key: people, sql: "select 1", tags: [ "user:{nobody}" ], ttl: soon }
                evnets: {}
                """);
        var check = run("check", broken);
        assertThat(check.code()).isEqualTo(2);
        assertThat(check.out()).contains(broken + ":3: ", broken + ":4: ").contains("soon");
        assertThat(check.out()).endsWith("\nSQL not checked until these are mended\n");
        var json = run("check", broken, "--json").json();
        assertThat(json.path("problems")).hasSizeGreaterThanOrEqualTo(2);
        assertThat(json.path("sqlChecked").asBoolean(true)).isFalse();
    }

    @Test
    void sqlThatTheDatabaseRefusesIsAProblem() throws IOException {
        var broken = file("sql.yaml", """
                application: sql
                views:
                  people: { key: people, sql: "select nothing_like_it from applicants", tags: [ people ], ttl: 5m }
                """);
        var check = run("check", broken);
        assertThat(check.out()).contains(broken + ":3: ").contains("nothing_like_it");
        assertThat(check.code()).isEqualTo(2);
    }

    @Test
    void whatFollowsFromATableThatIsNotThereIsLeftOut() throws IOException {
        var broken = file("changes.yaml", """
                application: changes
                changes:
                  enrolments: { columns: [ id ], with: [ id ], tags: [ "enrollment:{id}" ] }
                  cohorts: { with: [ idd ], tags: [ "cohort:{idd}" ] }
                  users: { tags: [ users ] }
                """);
        var check = run("check", broken);
        assertThat(check.out())
                .contains(
                        ":3: changes.enrolments: relation \"public.enrolments\" does not exist; did you mean enrollments?\n",
                        ":4: changes.cohorts.with.idd: column \"idd\" does not exist",
                        ":5: warning: changes.users: its triggers are missing")
                .hasLineCount(3);
        assertThat(check.code()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select id from users where email = ':email'",
                "select id from users where email like '%:email%'",
                "select id as \\\"of :email\\\" from users",
                "select id from users where email = E':email'",
                "select id from users where email = $$:email$$",
                "select id from users where email = ':emial'"
            })
    void aPlaceholderInsideQuotesIsRefusedByCheckAndAtTheStart(String sql) throws IOException {
        var quoted = file("quoted.yaml", """
                application: quoted
                views:
                  person:
                    key: person:{email}
                    params: { email: text }
                    sql: "%s"
                    tags: [ people ]
                    ttl: 5m
                """.formatted(sql));
        for (var command : List.of("check", "work", "serve")) {
            var refused = CommandRun.of(Map.of("CATALOG", quoted, "DATABASE_URL", "postgresql://127.0.0.1/d"), command);
            assertThat(refused.code()).as(command).isEqualTo(2);
            assertThat(refused.out() + refused.err())
                    .as(command)
                    .containsPattern("quoted.yaml:6: views.person.sql has :em[ai]{2}l inside quotes");
        }
    }

    @Test
    void aCatalogThatCannotBeUsedEndsEveryCommandAndProcessWithTwo() throws IOException {
        var broken = Map.of("CATALOG", file("useless.yaml", "application: ["), "DATABASE_URL", "postgresql://h/d");
        for (var command : List.of("check", "work", "serve", "explain a -")) {
            var failed = CommandRun.of(broken, command.split(" "));
            assertThat(failed.code()).as(command).isEqualTo(2);
            assertThat(failed.out() + failed.err()).as(command).contains("useless.yaml:1: ");
        }
    }

    @Test
    void explainSaysWhatBecomesFresh() throws IOException {
        var explain = run("explain", "enrollment.completed", file("completed.json", COMPLETED), "--json");
        assertThat(explain.err()).isEmpty();
        assertThat(explain.code()).isZero();
        var report = explain.json();
        assertThat(report.path("outcome").asText()).startsWith("would be applied");
        assertThat(report.path("identity").asText()).startsWith("enrollment:");
        var cohort = report.path("lookup").get(0).path("cohortId").asText();
        assertThat(texts(report.path("tags"))).contains("cohort:" + cohort, "enrollments", "statistics", "dashboard");
        assertThat(texts(report.path("paths"))).containsExactly("/dashboard", "/dashboard/" + cohort);
        assertThat(texts(report.path("reads")))
                .contains("enrollments:" + cohort + ":*", "statistics", "cohort:" + cohort);
    }

    @Test
    void explainTouchesNothing() throws IOException, SQLException {
        run("explain", "enrollment.completed", file("completed.json", COMPLETED));
        try (var connection = connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(
                        "select (select count(*) from enrollments), to_regclass('freshet.versions') is null")) {
            rows.next();
            assertThat(rows.getInt(1)).isEqualTo(90);
            assertThat(rows.getBoolean(2)).isTrue();
        }
    }

    @Test
    void explainKnowsWhatANewerVersionOvertook() throws IOException, SQLException {
        var url = TestServices.shared().newDatabase();
        try (var fresh = new Database(url, DatabaseOptions.DEFAULTS);
                var connection = fresh.connection();
                var statement = connection.createStatement()) {
            statement.execute(resource("/catalogs/tafta/schema.sql"));
            try (var work = new Database(TestServices.shared().workUrl(url), DatabaseOptions.DEFAULTS)) {
                work.migrate();
            }
            statement.execute("insert into freshet.versions (identity, version) values ('tafta/enrollment:97472', "
                    + Long.MAX_VALUE + ")");
        }
        var completed = file("completed.json", COMPLETED);
        var explain = CommandRun.of(
                Map.of("DATABASE_URL", TestServices.shared().workUrl(url).toString()),
                "explain",
                "enrollment.completed",
                completed,
                "--json");
        assertThat(explain.json().path("appliedVersion").asLong()).isEqualTo(Long.MAX_VALUE);
        assertThat(explain.json().path("outcome").asText()).startsWith("overtaken: ");
    }

    @Test
    void explainPrintsForPeople() throws IOException {
        var explain = run("explain", "enrollment.completed", file("completed.json", COMPLETED));
        assertThat(explain.out())
                .contains("outcome: would be applied, unless PostgreSQL refuses a value\n")
                .contains("tags:\n  cohort:")
                .contains("paths:\n  /dashboard\n");
    }

    @Test
    void explainWorksWithoutADatabase() throws IOException {
        var explain = CommandRun.of(Map.of(), "explain", "enrollment.completed", file("completed.json", COMPLETED));
        assertThat(explain.code()).isZero();
        assertThat(explain.out())
                .contains("lookup: not run: DATABASE_URL is not set, so tags, paths and reads are incomplete")
                .contains("unless PostgreSQL refuses a value or has a newer version\n");
    }

    @Test
    void whatWouldBeADeadLetterEndsWithOne() throws IOException {
        var explain = run("explain", "enrollment.completed", file("bad.json", "{\"payload\":{}}"));
        assertThat(explain.code()).isEqualTo(1);
        assertThat(explain.out())
                .startsWith("dead letter: enrollment.completed: ")
                .hasLineCount(1);
    }

    @Test
    void anUnknownTopicIsIgnored() throws IOException {
        var explain = run("explain", "weather.changed", file("any.json", "{}"));
        assertThat(explain.code()).isZero();
        assertThat(explain.out())
                .startsWith("ignored: ")
                .contains("weather.changed")
                .doesNotContain("did you mean");
        assertThat(run("explain", "user.signpu", file("any.json", "{}")).out())
                .endsWith("; did you mean user.signup?\n");
    }

    @Test
    void aFileThatIsNotThereIsOneLine() {
        var explain = run(
                "explain", "enrollment.completed", folder.resolve("none.json").toString());
        assertThat(explain.code()).isEqualTo(1);
        assertThat(explain.err()).isEqualTo("there is no file " + folder.resolve("none.json") + "\n");
    }

    @Test
    void sendSignsAsThinkificDoes() throws IOException {
        var seen = new AtomicReference<String>();
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/webhooks/", exchange -> {
            var body = exchange.getRequestBody().readAllBytes();
            boolean valid =
                    Hmac.signHex("s1", body).equals(exchange.getRequestHeaders().getFirst("X-Thinkific-Hmac-Sha256"));
            seen.set(exchange.getRequestURI().getPath());
            exchange.sendResponseHeaders(valid ? 200 : 401, 0);
            exchange.getResponseBody().write("{\"status\":\"accepted\"}".getBytes(UTF_8));
            exchange.close();
        });
        server.start();
        try {
            var url = "http://127.0.0.1:" + server.getAddress().getPort();
            var sent = run("send", "--url", url, file("completed.json", COMPLETED), "--json");
            assertThat(sent.err()).isEmpty();
            assertThat(sent.code()).isZero();
            assertThat(sent.json().path("answer").path("status").asText()).isEqualTo("accepted");
            assertThat(seen.get()).isEqualTo("/webhooks/main");

            var refused = CommandRun.of(
                    Map.of("THINKIFIC_SECRETS", "wrong"), "send", "--url", url, file("completed.json", COMPLETED));
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.out()).contains(": 401 ");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void anApplicationsEventGoesToEvents() throws IOException {
        var body = file("event.json", "{\"topic\":\"statistics.changed\",\"payload\":{}}");
        var curl = CommandRun.of(Map.of("EVENTS_SECRET", "e1"), "send", "--dry-run", "--wait", body);
        assertThat(curl.code()).isZero();
        assertThat(curl.out())
                .startsWith("curl -sS -X POST 'http://localhost:8080/events?wait=applied'")
                .contains("X-Freshet-Signature: t=");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            payments | -             | Stripe-Signature: t=
            shop     | orders/create | X-Shopify-Topic: orders/create
            shop     | orders/create | X-Shopify-Hmac-SHA256:
            code     | issues.opened | X-GitHub-Event: issues'
            crm      | -             | webhook-signature: v1,
            legacy   | -             | X-Signature: sha256=
            """)
    void aProvidersDeliveryIsSignedAsItsSiteSigns(String site, String topic, String header) throws IOException {
        var body = file("body.json", "{\"type\":\"a.b\"}");
        var send = topic == null
                ? atTheBazaar("send", "--dry-run", "--site", site, body)
                : atTheBazaar("send", "--dry-run", "--site", site, "--topic", topic, body);
        assertThat(send.err()).isEmpty();
        assertThat(send.out())
                .startsWith("curl -sS -X POST 'http://localhost:8080/webhooks/" + site + "'")
                .contains("-H '" + header)
                .doesNotContain("secret-of");
    }

    @Test
    void whoSendsAndWhatHappenedMustBeKnown() throws IOException {
        var body = file("body.json", "{\"type\":\"a.b\"}");
        assertThat(atTheBazaar("send", body))
                .isEqualTo(new CommandRun(
                        2,
                        "",
                        "the body has neither 'resource' and 'action' nor 'topic';"
                                + " --site must be one of payments, shop, code, crm, legacy\n"));
        assertThat(atTheBazaar("send", file("event.json", "{\"topic\":\"a.b\"}")))
                .isEqualTo(new CommandRun(
                        2,
                        "",
                        "the catalog has 0 sites of scheme freshet;"
                                + " --site must be one of payments, shop, code, crm, legacy\n"));
        assertThat(atTheBazaar("send", "--site", "shp", body).err())
                .isEqualTo("--site must be one of payments, shop, code, crm, legacy, was 'shp'\n");
        assertThat(atTheBazaar("send", "--site", "shop", body).err())
                .isEqualTo("--topic must say what happened; a delivery of shop says it in X-Shopify-Topic\n");
        assertThat(atTheBazaar("send", "--site", "crm", "--topic", "a.b", body).err())
                .isEqualTo("--topic must be left out; the body of a delivery of crm says what happened\n");
    }

    private CommandRun atTheBazaar(String... words) throws IOException {
        var catalog = file("bazaar.yaml", """
                application: bazaar
                sites:
                  payments: { scheme: stripe, secrets: secret-of-payments }
                  shop: { scheme: shopify, secrets: secret-of-shop }
                  code: { scheme: github, secrets: secret-of-code }
                  crm: { scheme: standard, secrets: whsec_c2VjcmV0LW9mLWNybQ== }
                  legacy:
                    scheme: hmac
                    secrets: secret-of-legacy
                    signing: { header: X-Signature, prefix: "sha256=", topic: /type }
                """);
        return CommandRun.of(Map.of("CATALOG", catalog), words);
    }

    @Test
    void waitingForAProvidersDeliveryIsMisuse() throws IOException {
        var send = run("send", "--wait", file("completed.json", COMPLETED));
        assertThat(send.code()).isEqualTo(2);
        assertThat(send.err())
                .startsWith("--wait is for an application's own event")
                .hasLineCount(1);
    }

    @Test
    void anAnswerThatIsNotWhatWasWantedEndsWithOne() throws IOException {
        var sent = answered("{\"status\":\"dead\",\"id\":\"app:x:1\",\"applied\":false}");
        assertThat(sent.code()).isEqualTo(1);
        assertThat(sent.err()).isEqualTo("it is a dead letter: freshet dlq show app:x:1\n");
        assertThat(answered("{\"status\":\"accepted\",\"applied\":false}").code())
                .isEqualTo(1);
        assertThat(answered("{\"status\":\"accepted\",\"applied\":true}").code())
                .isZero();
    }

    @Test
    void anEventThatChangesNothingIsAWarning() throws IOException {
        var sent = answered("{\"status\":\"accepted\",\"id\":\"app:statistics.chnged:1\",\"known\":false}");
        assertThat(sent.code()).isZero();
        assertThat(sent.err())
                .isEqualTo("warning: the service's catalog says nothing about statistics.chnged, so it changes nothing;"
                        + " did you mean statistics.changed?\n");
    }

    /** What send makes of an answer. */
    private CommandRun answered(String answer) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/events", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(answer.getBytes(UTF_8));
            exchange.close();
        });
        server.start();
        try {
            var url = "http://127.0.0.1:" + server.getAddress().getPort();
            var event = file("event.json", "{\"topic\":\"statistics.chnged\"}");
            return CommandRun.of(Map.of("EVENTS_SECRET", "e1"), "send", "--url", url, event);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void sendWithoutASecretSaysWhatToSet() throws IOException {
        var send = CommandRun.of(Map.of(), "send", file("completed.json", COMPLETED));
        assertThat(send.code()).isEqualTo(2);
        assertThat(send.err())
                .startsWith("sites.main.secrets: THINKIFIC_SECRETS is not set")
                .hasLineCount(1);
    }

    @Test
    void nobodyThereIsOneLine() throws IOException {
        var send = run("send", "--url", "http://127.0.0.1:1", file("completed.json", COMPLETED));
        assertThat(send.code()).isEqualTo(1);
        assertThat(send.err()).isEqualTo("nothing answers at http://127.0.0.1:1/webhooks/main\n");
    }
}
