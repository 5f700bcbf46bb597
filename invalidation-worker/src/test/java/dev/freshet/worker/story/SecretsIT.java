package dev.freshet.worker.story;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.model.Hmac;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.worker.Main;
import dev.freshet.worker.cli.Freshet;
import dev.freshet.worker.frontend.StandInFrontEnd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All that real processes say, of good days and bad ones, searched for what they must never say. */
class SecretsIT {
    private static final Duration LONG = Duration.ofMinutes(3);
    private static final String SECRET = "leak-secret-";
    private static final String USER_KEY = "of thirty-two bytes and more for users";
    private static final String WEBHOOK = SECRET + "webhook";
    private static final String PERSON = "leak.person";
    private static final String MAIL = PERSON + "@example.org";

    /** What users read with their own tokens, and their sessions. */
    private static final String OF_USERS = """

            tokens:
              app: { algorithm: HS256, keys: "${USER_KEYS}" }
            sessions:
              secrets: "${SESSION_SECRETS}"
              access: { tokens: "${SESSION_TOKENS}" }
            """;

    private static final String MINE = """
            views:
              mine:
                key: mine:{who}
                params: { who: { type: text, claim: sub } }
                sql: select :who as who
                tags: [ "user:{who}" ]
                ttl: 5m
                access: { token: app }
            """;

    private final HttpClient http = HttpClient.newHttpClient();
    private final EmbeddedRedis redis = EmbeddedRedis.start(0, "requirepass " + SECRET + "redis");
    private final EmbeddedDatabase database = EmbeddedDatabase.start(0);
    private final StandInFrontEnd frontEnd = StandInFrontEnd.start(SECRET + "revalidate");
    private final Map<String, String> environment = new HashMap<>();
    private final List<Process> processes = new ArrayList<>();
    private final StringBuilder said = new StringBuilder();

    @TempDir
    private Path directory;

    @BeforeEach
    void prepare() throws Exception {
        var secrets = Files.writeString(directory.resolve("webhook"), WEBHOOK + "\n");
        var catalog = resource("/catalogs/tafta/catalog.yaml").replaceFirst("(?m)^views:\n", MINE) + OF_USERS;
        environment.putAll(Map.of(
                "CATALOG",
                        Files.writeString(directory.resolve("catalog.yaml"), catalog)
                                .toString(),
                "REDIS_URL", "redis://:" + SECRET + "redis@127.0.0.1:" + redis.port(),
                "DATABASE_URL", database.url().toString().replace(":postgres@", ":" + SECRET + "database@"),
                "THINKIFIC_SECRETS", "file:" + secrets,
                "EVENTS_SECRET", SECRET + "events",
                "ADMIN_TOKEN", SECRET + "admin",
                "FRONT_END_URLS", frontEnd.address().toString(),
                "REVALIDATE_SECRET", SECRET + "revalidate",
                "LOG_LEVEL", "DEBUG"));
        environment.put("USER_KEYS", SECRET + USER_KEY);
        environment.put("SESSION_SECRETS", SECRET + "of thirty-two characters for sessions");
        environment.put("SESSION_TOKENS", SECRET + "server");
        environment.put("WORKER_RETRY_ATTEMPTS", "2");
        environment.put("WORKER_RETRY_BASE", "10ms");
        for (var process : List.of("INGEST", "WORKER", "SERVE")) {
            environment.put(process + "_HOST", "127.0.0.1");
            environment.put(process + "_PORT", String.valueOf(EmbeddedRedis.freePort()));
        }
        try (var connection = DriverManager.getConnection(
                        "jdbc:" + database.url().toString().replaceFirst("//.*@", "//") + "?user=postgres");
                var statement = connection.createStatement()) {
            statement.execute(resource("/catalogs/tafta/schema.sql"));
            statement.execute("""
                    alter table users add constraint whole check (first_name <> 'Refused');
                    create function complain() returns trigger language plpgsql as $$
                    begin raise exception 'nobody wants %', new.email; end $$;
                    create trigger complain before insert on users for each row when (new.first_name = 'Raised')
                    execute function complain()""");
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (var process : processes) {
            process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
        frontEnd.close();
        redis.close();
        database.close();
    }

    @Test
    void noSecretAndNoAddressOfAPersonIsEverSaid() throws Exception {
        var worker = service(Main.class, "WORKER", "work");
        var serve = service(Main.class, "SERVE", "serve");
        var ingest = service(dev.freshet.ingest.Main.class, "INGEST");

        for (var name : List.of("Ada", "Refused", "Raised")) {
            assertThat(deliver(WEBHOOK, signup(name))).isEqualTo(200);
        }
        assertThat(deliver(WEBHOOK, "[\"" + MAIL + "\"")).isBetween(200, 499);
        assertThat(deliver(WEBHOOK, signup("Late").replace("\"id\": 1,", "\"id\": \"" + MAIL + "\",")))
                .isEqualTo(200);
        assertThat(deliver(SECRET + "wrong", signup("Ada"))).isEqualTo(401);
        assertThat(get("SERVE", "/api/users/" + MAIL + "/cached")).isEqualTo(200);
        assertThat(get("SERVE", "/api/nothing/" + MAIL)).isEqualTo(404);
        assertThat(get("SERVE", "/api/admin/cache/stats")).isEqualTo(200);
        var tokens = users();
        await().atMost(LONG).until(() -> frontEnd.calls().size() > 0);
        await().atMost(LONG).until(() -> command("status", "--json").matches("(?s).*\"dead\" ?: ?[3-9].*"));
        metrics();

        redis.stop();
        await().atMost(LONG).until(() -> get("WORKER", "/health") == 503);
        deliver(WEBHOOK, signup("Away"));
        get("SERVE", "/api/users/" + MAIL + "/cached");
        tokens.addAll(users());
        commands();
        redis.restart();
        await().atMost(LONG).until(() -> get("WORKER", "/health") == 200);
        metrics();
        commands();

        var wrong = Map.of(
                "REDIS_URL", "redis://" + SECRET + "user:" + SECRET + "wrong@127.0.0.1:" + redis.port(),
                "DATABASE_URL", "postgresql://me:" + SECRET + "wrong@127.0.0.1:1/app?password=" + SECRET + "query",
                "ADMIN_TOKEN", SECRET + "too-many words");
        wrong.forEach((name, value) -> {
            var before = environment.put(name, value);
            commands();
            environment.put(name, Objects.requireNonNull(before));
        });
        environment.putAll(wrong);
        failures();
        environment.put("REDIS_URL", "redis//" + SECRET + "typo@127.0.0.1");
        commands();

        for (var process : List.of(worker, serve, ingest)) {
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
        try (var logs = Files.list(directory)) {
            for (var log : logs.filter(file -> file.toString().endsWith(".log")).toList()) {
                said.append(Files.readString(log));
            }
        }
        assertThat(said.toString().lines().filter(line -> line.contains(SECRET) || line.contains(PERSON)))
                .isEmpty();
        assertThat(said.toString().lines().filter(line -> tokens.stream().anyMatch(line::contains)))
                .isEmpty();
        assertThat(said).contains("setting ADMIN_TOKEN=***", "freshet_events_total", "Usage: freshet", "is away");
    }

    /** @return tokens of users and of sessions, good ones and others */
    private List<String> users() throws Exception {
        var exp = Instant.now().plus(LONG).getEpochSecond();
        var good = jwt(SECRET + USER_KEY, "{\"sub\":\"" + MAIL + "\",\"exp\":" + exp + "}");
        var old = jwt(SECRET + USER_KEY, "{\"sub\":\"" + MAIL + "\",\"exp\":1}");
        var forged = jwt("nobody's", "{\"sub\":\"" + MAIL + "\",\"exp\":" + exp + "}");
        assertThat(send("GET", "/views/mine", "Bearer " + good, "x", "").statusCode())
                .isEqualTo(200);
        for (var wrong : List.of(old, forged)) {
            assertThat(send("GET", "/views/mine", "Bearer " + wrong, "x", "").statusCode())
                    .isEqualTo(401);
        }
        var server = "Bearer " + SECRET + "server";
        var created = send("POST", "/session", server, "x", "{\"owner\":\"" + MAIL + "\",\"data\":\"" + PERSON + "\"}");
        assertThat(created.statusCode()).isEqualTo(201);
        var session = created.body().replaceAll(".*\"token\":\"([^\"]+)\".*", "$1");
        for (var method : List.of("GET", "PUT", "DELETE")) {
            assertThat(send(method, "/session", server, session, "{\"data\":\"" + PERSON + "\"}")
                            .statusCode())
                    .isBetween(200, 204);
        }
        assertThat(send("GET", "/session", server, session + "x", "").statusCode())
                .isEqualTo(404);
        return new ArrayList<>(List.of(good, old, forged, session));
    }

    private static String jwt(String secret, String payload) {
        var encoder = Base64.getUrlEncoder().withoutPadding();
        var signed = encoder.encodeToString("{\"alg\":\"HS256\"}".getBytes(UTF_8)) + "."
                + encoder.encodeToString(payload.getBytes(UTF_8));
        return signed + "." + encoder.encodeToString(Hmac.sign(secret, signed.getBytes(UTF_8)));
    }

    private HttpResponse<String> send(String method, String path, String authorization, String session, String body)
            throws Exception {
        var request = HttpRequest.newBuilder(uri("SERVE", path))
                .header("Authorization", authorization)
                .header("X-Session", session)
                .method(method, BodyPublishers.ofString(body));
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private void commands() {
        for (var command : List.of(
                "status",
                "check",
                "audit cache",
                "audit queue",
                "dlq list",
                "cache stats",
                "resume",
                "status --help",
                "cache --help",
                "--help",
                "status --nonsense",
                "dlq show nothing")) {
            command(command.split(" ", -1));
        }
    }

    private String command(String... arguments) {
        var out = new ByteArrayOutputStream();
        var stream = new PrintStream(out, true, UTF_8);
        Freshet.run(environment, stream, stream, arguments);
        said.append(out.toString(UTF_8));
        return out.toString(UTF_8);
    }

    /** Processes that cannot start. */
    private void failures() throws Exception {
        launch(Main.class, "work");
        launch(Main.class, "serve");
        for (var process : processes.subList(processes.size() - 2, processes.size())) {
            if (!process.waitFor(20, TimeUnit.SECONDS)) { // serve starts without Redis
                process.destroy();
                process.waitFor(60, TimeUnit.SECONDS);
            }
        }
    }

    private void metrics() throws Exception {
        for (var process : List.of("INGEST", "WORKER", "SERVE")) {
            for (var path : List.of("/metrics", "/health", "/health/detailed")) {
                said.append(exchange(process, path).body());
            }
        }
    }

    private Process service(Class<?> main, String name, String... arguments) {
        var log = launch(main, arguments);
        var process = processes.getLast();
        await().atMost(LONG).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException(Files.readString(log));
            }
            return get(name, "/health") == 200;
        });
        return process;
    }

    private Path launch(Class<?> main, String... arguments) {
        try {
            var log = Files.createTempFile(directory, "said", ".log");
            var command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx256m",
                    "-Dlogback.configurationFile=" + SecretsIT.class.getResource("/logback.xml"), // not the tests' own
                    "-cp",
                    System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                    main.getName()));
            command.addAll(List.of(arguments));
            var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().clear();
            builder.environment().putAll(environment);
            processes.add(builder.start());
            return log;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String signup(String firstName) {
        return """
                {"id":"%s","resource":"user","action":"signup","created_at":"2026-01-01T00:00:00Z",
                 "payload":{"id": 1,"email":"%s","first_name":"%s","last_name":"Sample",
                            "created_at":"2026-01-01T00:00:00Z"}}""".formatted(java.util.UUID.randomUUID(), MAIL, firstName);
    }

    private int deliver(String secret, String body) throws Exception {
        var request = HttpRequest.newBuilder(uri("INGEST", "/webhooks/thinkific"))
                .header("X-Thinkific-Hmac-Sha256", Hmac.signHex(secret, body.getBytes(UTF_8)))
                .POST(BodyPublishers.ofString(body))
                .build();
        return http.send(request, BodyHandlers.ofString()).statusCode();
    }

    /** 0 while nobody answers. */
    private int get(String process, String path) {
        try {
            return exchange(process, path).statusCode();
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private HttpResponse<String> exchange(String process, String path) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(uri(process, path))
                .header("Authorization", "Bearer " + SECRET + "admin")
                .build();
        return http.send(request, BodyHandlers.ofString());
    }

    private URI uri(String process, String path) {
        return URI.create("http://127.0.0.1:" + environment.get(process + "_PORT") + path);
    }

    private static String resource(String name) throws IOException {
        try (var stream = SecretsIT.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(stream, name).readAllBytes(), UTF_8);
        }
    }
}
