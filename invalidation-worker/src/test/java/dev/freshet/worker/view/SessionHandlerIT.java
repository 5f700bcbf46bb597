package dev.freshet.worker.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.ServeProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class SessionHandlerIT {
    private static final String CATALOG = """
            application: visits
            sessions:
              ttl: 1h
              secrets: "${SESSION_SECRETS}"
              access: { tokens: "${SESSION_TOKENS}" }
              maxBytes: 100
            """;

    private static final String SECRET = "the secret of thirty-two characters and more";
    private static final String NONE = "";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final JsonMapper JSON = new JsonMapper();

    private final URI adminUrl = TestServices.shared().newDatabase();
    private final String prefix = TestServices.shared().newPrefix();
    private final Database admin = new Database(adminUrl, DatabaseOptions.DEFAULTS);
    private final List<ServeProcess> processes = new ArrayList<>();
    private Path catalog;
    private int port;

    @BeforeEach
    void start(@TempDir Path directory) throws IOException {
        try (var work = new Database(TestServices.shared().workUrl(adminUrl), DatabaseOptions.DEFAULTS)) {
            work.migrate();
        }
        catalog = Files.writeString(directory.resolve("catalog.yaml"), CATALOG);
        port = open();
    }

    @AfterEach
    void close() {
        processes.forEach(ServeProcess::close);
        admin.close();
    }

    @Test
    void aSessionLivesOverHttp() throws IOException {
        var created = ask("POST", "/session", NONE, "{\"owner\":\"7\",\"data\":{\"cart\":[1]}}");
        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(header(created, "Cache-Control")).isEqualTo("no-store");
        var token = json(created).path("token").asText();
        var expires = Instant.parse(json(created).path("expires").asText());
        assertThat(expires).isAfter(Instant.now());

        var other = open();
        var read = json(ask(other, "GET", "/session", token, NONE));
        assertThat(read.path("owner").asText()).isEqualTo("7");
        assertThat(read.path("data")).hasToString("{\"cart\":[1]}");
        assertThat(Instant.parse(read.path("expires").asText())).isEqualTo(expires);
        assertThat(Instant.parse(read.path("created").asText())).isEqualTo(expires.minus(Duration.ofHours(1)));

        assertThat(ask("PUT", "/session", token, "{\"data\":[2]}").statusCode()).isEqualTo(204);
        assertThat(json(ask(other, "GET", "/session", token, NONE)).path("data"))
                .hasToString("[2]");
        var extended = ask("POST", "/session/extend", token, NONE);
        assertThat(extended.statusCode()).isEqualTo(200);
        assertThat(Instant.parse(json(extended).path("expires").asText())).isEqualTo(expires);

        assertThat(ask("DELETE", "/session", token, NONE).statusCode()).isEqualTo(204);
        assertThat(ask("DELETE", "/session", token, NONE).statusCode())
                .as("again")
                .isEqualTo(204);
        for (var gone : List.of(
                ask(other, "GET", "/session", token, NONE),
                ask("PUT", "/session", token, "{\"data\":1}"),
                ask("POST", "/session/extend", token, NONE))) {
            assertThat(gone.statusCode()).isEqualTo(404);
            assertThat(gone.body()).contains("\"error\":\"not_found\"");
        }
    }

    @Test
    void allOfAnOwnerEndTogether() throws IOException {
        var tokens = List.of(create("7"), create("7"), create("8"));
        var deleted = ask("DELETE", "/session?owner=7", NONE, NONE);
        assertThat(deleted.statusCode()).isEqualTo(200);
        assertThat(deleted.body()).isEqualTo("{\"deleted\":2}");
        assertThat(ask("GET", "/session", tokens.get(0), NONE).statusCode()).isEqualTo(404);
        assertThat(ask("GET", "/session", tokens.get(2), NONE).statusCode()).isEqualTo(200);
        assertThat(ask("DELETE", "/session?owner=8", tokens.get(2), NONE).statusCode())
                .isEqualTo(400);
        assertThat(ask("GET", "/session", tokens.get(2), NONE).statusCode()).isEqualTo(200);
    }

    @Test
    void whatIsMissingMayBeLeftOut() throws IOException {
        var token = json(ask("POST", "/session", NONE, "{}")).path("token").asText();
        var read = json(ask("GET", "/session", token, NONE));
        assertThat(read.path("owner").asText()).isEmpty();
        assertThat(read.path("data")).hasToString("{}");
    }

    @Test
    void onlyTheApplicationsServersAreLetIn() throws IOException {
        var token = create("7");
        for (var method : List.of("GET", "DELETE")) {
            var missing = send(request(port, method, "/session", token, NONE));
            assertThat(missing.statusCode()).isEqualTo(401);
            assertThat(missing.body()).contains("\"error\":\"token_missing\"");
            var wrong = send(request(port, method, "/session", token, NONE).header("Authorization", "Bearer " + token));
            assertThat(wrong.statusCode()).isEqualTo(401);
            assertThat(wrong.body()).contains("\"error\":\"token_wrong\"").doesNotContain(token);
        }
        assertThat(ask("GET", "/session", token, NONE).statusCode()).isEqualTo(200);

        var closed = open("SESSION_TOKENS", "");
        assertThat(ask(closed, "GET", "/session", token, NONE).statusCode()).isEqualTo(403);
        var unsigned = open("SESSION_SECRETS", "");
        var refused = ask(unsigned, "POST", "/session", NONE, "{}");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"error\":\"closed\"", "sessions.secrets");
        assertThat(ask(
                                open("SESSION_SECRETS", "the next secret of thirty-two characters"),
                                "GET",
                                "/session",
                                token,
                                NONE)
                        .statusCode())
                .isEqualTo(404);
        assertThat(ask(
                                open("SESSION_SECRETS", "the next secret of thirty-two characters," + SECRET),
                                "GET",
                                "/session",
                                token,
                                NONE)
                        .statusCode())
                .as("while it is changed")
                .isEqualTo(200);
    }

    @Test
    void whatCannotBeUnderstoodIsRefused() throws IOException {
        var token = create("7");
        for (var body : List.of(
                NONE,
                "null",
                "[]",
                "7",
                "{",
                "{\"owner\":7}",
                "{\"owner\":\"a\\u0000\"}",
                "{\"owner\":\"" + "x".repeat(257) + "\"}")) {
            var refused = ask("POST", "/session", NONE, body);
            assertThat(refused.statusCode()).as(body).isEqualTo(400);
            assertThat(refused.body()).contains("\"error\":\"malformed\"");
        }
        for (var path : List.of("/session", "/session/extend")) {
            var method = path.endsWith("extend") ? "POST" : "GET";
            assertThat(ask(method, path, NONE, NONE).body()).contains("\"error\":\"session_missing\"");
        }
        assertThat(ask("GET", "/session?token=" + token, NONE, NONE).statusCode())
                .as("not from the address")
                .isEqualTo(400);
        assertThat(ask("PATCH", "/session", token, "{}").statusCode()).isEqualTo(405);
        for (var data : List.of("x".repeat(99), "x".repeat(100_000))) {
            var large = ask("PUT", "/session", token, "{\"data\":\"" + data + "\"}");
            assertThat(large.statusCode()).isEqualTo(413);
            assertThat(large.body()).contains("\"error\":\"too_large\"", "at most 100 bytes");
        }
        for (var wrong : List.of("x", token + "x", "s1.", token.substring(1), "null")) {
            assertThat(ask("GET", "/session", wrong, NONE).statusCode())
                    .as(wrong)
                    .isEqualTo(404);
        }
    }

    @Test
    void ofOneAddressOnlyWrongTokensAreLimitedSinceAllVisitorsComeThroughIt() throws IOException {
        var limited = open(
                "RATE_LIMIT_API_REQUESTS",
                "1",
                "RATE_LIMIT_REFUSED_REQUESTS",
                "2",
                "RATE_LIMIT_TIMEOUT",
                "10s",
                "RATE_LIMIT_WINDOW_MS",
                "86400000");
        for (int i = 0; i < 3; i++) {
            assertThat(ask(limited, "POST", "/session", NONE, "{}").statusCode())
                    .isEqualTo(201);
        }
        for (int status : List.of(401, 401, 429)) {
            assertThat(send(request(limited, "POST", "/session", NONE, "{}")).statusCode())
                    .isEqualTo(status);
        }
        assertThat(ask(limited, "POST", "/session", NONE, "{}").statusCode()).isEqualTo(201);
    }

    @Test
    void viewsThatWaitForTheDatabaseLeaveItToSessions() throws IOException {
        Files.writeString(catalog, CATALOG + """
                views:
                  slow: { key: slow, kind: value, sql: "select count(*) from slow", tags: [ slow ], ttl: 5m }
                """);
        admin.jdbi().useHandle(handle -> handle.execute("create table slow (); grant select on slow to public"));
        var bare = open("REDIS_ENABLED", "false", "SERVE_LOADS", "1");
        try (var lock = admin.jdbi().open()) {
            lock.begin();
            lock.execute("lock table slow");
            var waiting = HTTP.sendAsync(
                    request(bare, "GET", "/views/slow", NONE, NONE).build(), BodyHandlers.ofString());
            await().until(() -> lock.createQuery(
                                    "select count(*) from pg_locks where not granted"
                                            + " and database = (select oid from pg_database where datname = current_database())")
                            .mapTo(Long.class)
                            .one()
                    > 0);
            var token = json(ask(bare, "POST", "/session", NONE, "{}"))
                    .path("token")
                    .asText();
            assertThat(ask(bare, "GET", "/session", token, NONE).statusCode()).isEqualTo(200);
            lock.rollback();
            assertThat(waiting.join().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void whatWasAskedIsCounted() throws IOException {
        var token = create("7");
        ask("GET", "/session", token, NONE);
        ask("GET", "/session", "x", NONE);
        var metrics = ask("GET", "/metrics", NONE, NONE).body();
        for (var outcome : List.of("created", "found", "absent")) {
            assertThat(metrics).contains("freshet_sessions_total{outcome=\"" + outcome + "\"} 1.0");
        }
        assertThat(metrics).contains("freshet_session_seconds_count 3");
    }

    @Test
    void withoutTheDatabaseAServerIsToldToComeAgain() throws IOException {
        var away =
                open("DATABASE_URL", "postgresql://postgres:postgres@127.0.0.1:" + EmbeddedRedis.freePort() + "/none");
        var token = create("7");
        assertThat(ask("GET", "/session", token, NONE).statusCode()).isEqualTo(200);
        assertThat(ask(away, "GET", "/session", token, NONE).statusCode())
                .as("known")
                .isEqualTo(200);
        var refused = ask(away, "POST", "/session", NONE, "{}");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(header(refused, "Retry-After")).isEqualTo("2");
        assertThat(refused.body()).contains("\"error\":\"unavailable\"").doesNotContain("127.0.0.1");
        var bare = open("REDIS_ENABLED", "false");
        assertThat(ask(bare, "GET", "/session", token, NONE).statusCode())
                .as("without a cache")
                .isEqualTo(200);
    }

    @Test
    void noTokenIsLoggedWhateverGoesWrong() throws IOException {
        var freshet = (Logger) LoggerFactory.getLogger("dev.freshet");
        var level = freshet.getLevel();
        var said = new ListAppender<ILoggingEvent>();
        said.start();
        freshet.addAppender(said);
        freshet.setLevel(Level.DEBUG);
        var token = create("leak@example.com");
        try {
            admin.jdbi().useHandle(handle -> handle.execute("drop table freshet.sessions"));
            assertThat(ask("PUT", "/session", token, "{\"data\":\"leak\"}").statusCode())
                    .isEqualTo(500);
            assertThat(ask("DELETE", "/session?owner=leak@example.com", NONE, NONE)
                            .statusCode())
                    .isEqualTo(500);
            assertThat(ask("GET", "/session", token + "x", NONE).statusCode()).isEqualTo(404);
        } finally {
            freshet.setLevel(level);
            freshet.detachAppender(said);
        }
        var lines = List.copyOf(said.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
        assertThat(lines).anyMatch(line -> line.startsWith("sessions failed"));
        assertThat(lines.stream()
                        .filter(line -> line.contains(token) || line.contains("leak") || line.contains("server-token")))
                .isEmpty();
    }

    private String create(String owner) throws IOException {
        return json(ask("POST", "/session", NONE, "{\"owner\":\"" + owner + "\"}"))
                .path("token")
                .asText();
    }

    /** Starts a process with these settings, in pairs, beside those that it needs. */
    private int open(String... settings) {
        var environment = new HashMap<>(Map.of(
                "SERVE_PORT",
                "0",
                "SERVE_HOST",
                "127.0.0.1",
                "CATALOG",
                catalog.toString(),
                "REDIS_KEY_PREFIX",
                prefix,
                "REDIS_CACHE_URL",
                TestServices.shared().cacheUrl().toString(),
                "DATABASE_URL",
                TestServices.shared().migratedServeUrl(adminUrl).toString(),
                "SESSION_SECRETS",
                SECRET,
                "SESSION_TOKENS",
                "server-token"));
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
        var process = ServeProcess.start(new Settings(environment));
        processes.add(process);
        return process.port();
    }

    private HttpResponse<String> ask(String method, String path, String token, String body) {
        return ask(port, method, path, token, body);
    }

    private static HttpResponse<String> ask(int port, String method, String path, String token, String body) {
        return send(request(port, method, path, token, body).header("Authorization", "Bearer server-token"));
    }

    private static HttpRequest.Builder request(int port, String method, String path, String token, String body) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, BodyPublishers.ofString(body));
        return token.isEmpty() ? request : request.header("X-Session", token);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static String header(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    private static JsonNode json(HttpResponse<String> response) throws IOException {
        return JSON.readTree(response.body());
    }
}
