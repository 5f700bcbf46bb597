package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Story;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Reader;
import dev.freshet.catalog.Story.Signed;
import dev.freshet.catalog.View;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Hmac;
import dev.freshet.queue.QueueStatus;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.worker.dev.App;
import dev.freshet.worker.dev.Stage;
import dev.freshet.worker.frontend.StandInFrontEnd;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** All of Freshet in this process, TAFTA's catalog and a school in its tables, or another: for what goes the whole way. */
final class School implements AutoCloseable {
    /** What Thinkific signs with here. */
    static final String WEBHOOK_SECRET = "local-webhook-secret";

    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
    private final Stage stage;
    private final App app;
    final TagCache cache;
    final Database database;
    /** Signed once: that takes longer than a read. */
    private final Map<Reader, String> tokens = new ConcurrentHashMap<>();

    private final Map<String, Reader> holders = new ConcurrentHashMap<>();

    /**
     * One value that can be read, such as {@code cohort?cohortId=3}.
     *
     * @param token is sent with it; empty for none
     */
    record Read(View view, Map<String, String> values, URI uri, String token) {
        String key() {
            return view.key(values);
        }
    }

    /**
     * @param instances of the front end
     * @param learners each with an enrollment of their own number
     * @param cohorts among which they are spread, from 1 on
     */
    School(int instances, int learners, int cohorts, Map<String, String> settings) throws SQLException {
        this(stage("tafta", instances, settings), school(learners, cohorts));
    }

    /**
     * Any other application.
     *
     * @param stage is closed with it
     * @param setup fills its tables, which hold the sample rows
     */
    School(Stage stage, String setup) throws SQLException {
        this.stage = stage;
        app = new App(stage);
        cache = app.cache();
        database = new Database(stage.database(), DatabaseOptions.DEFAULTS.withPoolSize(4));
        execute(setup);
        execute("vacuum analyze");
    }

    /** On services of its own, with as many instances of the front end. */
    static Stage stage(String catalog, int instances, Map<String, String> settings) {
        var cacheRedis = EmbeddedRedis.start(0, "maxmemory 512mb", "maxmemory-policy allkeys-lru");
        return Stage.on(catalog, Mode.current().redis(), cacheRedis, EmbeddedDatabase.start(0), instances, settings);
    }

    private static String school(int learners, int cohorts) {
        return """
                truncate cohorts, applicants, users, enrollments, lesson_completions, quiz_attempts, orders, leads;
                insert into cohorts select n, 'Cohort ' || n from generate_series(1, %2$d) n;
                insert into applicants select format('learner%%s@example.com', n), 'Learner ' || n, 1 + n %% %2$d, 'approved'
                  from generate_series(1, %1$d) n;
                insert into users select n, format('learner%%s@example.com', n), 'Learner', n::text, '2026-01-01Z'
                  from generate_series(1, %1$d) n;
                insert into enrollments select n, format('learner%%s@example.com', n), 4, 'Sample Course', 0, false,
                  '2026-01-02Z', null from generate_series(1, %1$d) n;
                """.formatted(learners, cohorts);
    }

    @Override
    public void close() {
        http.close();
        database.close();
        app.close();
        stage.close();
    }

    URI databaseUrl() {
        return stage.database();
    }

    RedisServer cacheServer() {
        return app.cacheServer();
    }

    /** Of the keys in Redis, for whoever else keeps something there. */
    String prefix() {
        return stage.setting("REDIS_KEY_PREFIX");
    }

    List<StandInFrontEnd> frontEnds() {
        return stage.frontEnds();
    }

    QueueStatus status() {
        return app.queue();
    }

    /** @param parameters such as {@code cohortId=3}; empty when there are none */
    Read read(String view, String parameters) {
        return read(view, parameters, Optional.empty());
    }

    /** @param as whose token is sent */
    Read read(String view, String parameters, Optional<Reader> as) {
        var path = "/views/" + view + (parameters.isEmpty() ? "" : "?" + parameters);
        var asked = app.ask(new Story.Read(path, as));
        return new Read(
                asked.view(),
                asked.values(),
                stage.reads(path),
                as.map(this::token).orElse(""));
    }

    private String token(Reader reader) {
        return tokens.computeIfAbsent(reader, someone -> {
            var token = app.token(someone);
            holders.put(token, someone);
            return token;
        });
    }

    /** Who sends this token; empty when nobody here does. */
    Optional<Reader> holder(String token) {
        return Optional.ofNullable(holders.get(token));
    }

    HttpResponse<String> get(Read read) throws IOException, InterruptedException {
        return get(read.uri(), read.token());
    }

    /** @param token empty for none */
    HttpResponse<String> get(URI uri, String token) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(uri).timeout(TIMEOUT);
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    static String email(int learner) {
        return "learner" + learner + "@example.com";
    }

    /** A delivery that says how far a learner is, signed and ready to be sent. */
    HttpRequest progress(int number, int enrollment, int learner, Instant at, String percentage) {
        var body = """
                {"id":"%d","resource":"enrollment","action":"progress","tenant_id":"3","created_at":"%s","payload":{\
                "activated_at":"2018-01-26T22:16:52.255Z","completed_at":null,"course":{"id":4,"name":"Sample Course"},\
                "course_id":4,"created_at":"2018-01-26T22:16:52.285Z","expiry_date":null,"free_trial":false,"id":%d,\
                "percentage_completed":"%s","started_at":"2018-01-26T22:17:01.891Z","updated_at":"2018-01-26T22:17:01.924Z",\
                "user":{"email":"%s","first_name":"Learner","id":%3$d,"last_name":"Sample"}}}""".formatted(number, at, enrollment, percentage, email(learner));
        return post(body);
    }

    HttpRequest post(String body) {
        var bytes = body.getBytes(UTF_8);
        return HttpRequest.newBuilder(stage.ingest("/webhooks/thinkific"))
                .header("X-Thinkific-Hmac-Sha256", Hmac.signHex(WEBHOOK_SECRET, bytes))
                .timeout(TIMEOUT)
                .POST(BodyPublishers.ofByteArray(bytes))
                .build();
    }

    /** Sends what a site says, signed as it signs. */
    void deliver(String name, String topic, String body) {
        var site = Objects.requireNonNull(app.catalog().sites().get(name));
        require(app.send(new Act.Webhook(site, topic, body, Signed.RIGHT)), 200);
    }

    /** A write of the application, which is applied then. */
    void write(String route, String payload) {
        require(app.write(route, payload), 200);
    }

    /** @return the token of a new session */
    String signIn(String owner) throws IOException {
        var body = "{\"owner\":\"" + owner + "\",\"data\":{\"cart\":[1]}}";
        var answer = require(app.session("POST", "/session", "", body), 201);
        return JSON.readTree(answer.body()).path("token").asText();
    }

    /** Finds the session of a token. */
    void session(String token) {
        require(app.session("GET", "/session", token, ""), 200);
    }

    /** @throws IllegalStateException when it was answered otherwise */
    private static HttpResponse<String> require(HttpResponse<String> answer, int status) {
        if (answer.statusCode() != status) {
            throw new IllegalStateException("answered " + answer.statusCode() + " " + answer.body());
        }
        return answer;
    }

    /** As {@link #send(HttpRequest)}, to somewhere else. */
    void send(HttpRequest delivery, URI uri) throws IOException, InterruptedException {
        send(HttpRequest.newBuilder(delivery, (name, value) -> true).uri(uri).build());
    }

    /** @throws IllegalStateException when it was not accepted */
    void send(HttpRequest delivery) throws IOException, InterruptedException {
        require(http.send(delivery, BodyHandlers.ofString()), 200);
    }

    /** Until everything that was accepted or captured is done. */
    void awaitDone(Duration longest) throws InterruptedException {
        long deadline = System.nanoTime() + longest.toNanos();
        while (app.captured() + status().inFlight() > 0) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("still " + status().inFlight() + " jobs in flight");
            }
            Thread.sleep(20);
        }
    }

    /** Leaves the application by itself once everything is done, as {@link Stage#withdraw} does. */
    void withdraw(Duration longest) throws InterruptedException {
        awaitDone(longest);
        stage.withdraw();
    }

    /** Sum of a metric over its labels, at the worker and at the reads, by the value of one label. */
    Map<String, Long> metric(String name, String label) throws IOException, InterruptedException {
        var sums = new TreeMap<String, Long>();
        for (var uri : List.of(stage.worker("/metrics"), stage.reads("/metrics"))) {
            http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name + "{"))
                    .forEach(line -> sums.merge(
                            line.replaceFirst(".*[{,]" + label + "=\"([^\"]*)\".*", "$1"),
                            (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)),
                            Long::sum));
        }
        return sums;
    }

    void execute(String sql) throws SQLException {
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    long number(String sql) throws SQLException {
        try (var connection = database.connection();
                var statement = connection.createStatement();
                var found = statement.executeQuery(sql)) {
            found.next();
            return found.getLong(1);
        }
    }
}
