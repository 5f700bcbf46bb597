package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.Signatures;
import dev.freshet.catalog.View;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Hmac;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.queue.QueueStatus;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.testing.EmbeddedRedis;
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
import java.util.TreeMap;
import java.util.UUID;

/** All of Freshet in this process, TAFTA's catalog, and a school in its tables: for what goes the whole way. */
final class School implements AutoCloseable {
    /** What Thinkific signs with here. */
    static final String WEBHOOK_SECRET = "local-webhook-secret";

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
    private final Stage stage;
    private final Catalog catalog;
    private final RedisServer queueServer;
    private final RedisServer cacheServer;
    final JobQueue queue;
    final TagCache cache;
    final Database database;

    /** One value that can be read, such as {@code cohort?cohortId=3}. */
    record Read(View view, Map<String, String> values, URI uri) {}

    /**
     * @param instances of the front end
     * @param learners each with an enrollment of their own number
     * @param cohorts among which they are spread, from 1 on
     */
    School(int instances, int learners, int cohorts, Map<String, String> settings) throws SQLException {
        this("tafta", instances, school(learners, cohorts), settings);
    }

    /**
     * Any other application.
     *
     * @param setup fills its tables, which hold the sample rows
     */
    School(String catalog, String setup, Map<String, String> settings) throws SQLException {
        this(catalog, 1, setup, settings);
    }

    private School(String name, int instances, String setup, Map<String, String> settings) throws SQLException {
        var redis = Mode.current().redis();
        var cacheRedis = EmbeddedRedis.start(0, "maxmemory 512mb", "maxmemory-policy allkeys-lru");
        stage = Stage.on(name, redis, cacheRedis, EmbeddedDatabase.start(0), instances, settings);
        catalog = stage.catalog();
        queueServer = new RedisServer("queue", redis.url(), TIMEOUT);
        cacheServer = new RedisServer("cache", cacheRedis.url(), TIMEOUT);
        queue = new JobQueue(queueServer, QueueOptions.defaults("freshet"));
        cache = new TagCache(cacheServer, CacheOptions.defaults("freshet"));
        database = new Database(stage.database(), DatabaseOptions.DEFAULTS.withPoolSize(4));
        execute(setup);
        execute("vacuum analyze");
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
        cacheServer.close();
        queueServer.close();
        stage.close();
    }

    URI databaseUrl() {
        return stage.database();
    }

    RedisServer cacheServer() {
        return cacheServer;
    }

    List<StandInFrontEnd> frontEnds() {
        return stage.frontEnds();
    }

    QueueStatus status() {
        return queue.status();
    }

    /** @param parameters such as {@code cohortId=3}; empty when there are none */
    Read read(String view, String parameters) {
        var found = Objects.requireNonNull(catalog.views().get(view));
        var values = new TreeMap<String, String>();
        for (var part : parameters.isEmpty() ? new String[0] : parameters.split("&")) {
            values.put(part.substring(0, part.indexOf('=')), part.substring(part.indexOf('=') + 1));
        }
        var uri = stage.reads("/views/" + view + (parameters.isEmpty() ? "" : "?" + parameters));
        return new Read(found, found.parse(values), uri);
    }

    HttpResponse<String> get(Read read) throws IOException, InterruptedException {
        return get(read.uri());
    }

    HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(), BodyHandlers.ofString());
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
    void deliver(String name, String topic, String body) throws IOException, InterruptedException {
        var site = Objects.requireNonNull(catalog.sites().get(name));
        var address = name.equals("main") ? site.scheme().toString() : name;
        var bytes = body.getBytes(UTF_8);
        var request = HttpRequest.newBuilder(stage.ingest("/webhooks/" + address))
                .timeout(TIMEOUT)
                .POST(BodyPublishers.ofByteArray(bytes));
        Signatures.headers(site, topic, "msg_" + UUID.randomUUID(), Instant.now(), bytes)
                .forEach(request::header);
        send(request.build());
    }

    /** As {@link #send(HttpRequest)}, to somewhere else. */
    void send(HttpRequest delivery, URI uri) throws IOException, InterruptedException {
        send(HttpRequest.newBuilder(delivery, (name, value) -> true).uri(uri).build());
    }

    /** @throws IllegalStateException when it was not accepted */
    void send(HttpRequest delivery) throws IOException, InterruptedException {
        var answer = http.send(delivery, BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IllegalStateException("ingest answered " + answer.statusCode() + " " + answer.body());
        }
    }

    /** Until everything that was accepted is done. */
    void awaitDone(Duration longest) throws InterruptedException {
        long deadline = System.nanoTime() + longest.toNanos();
        while (status().inFlight() > 0) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("still " + status().inFlight() + " jobs in flight");
            }
            Thread.sleep(20);
        }
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
