package dev.freshet.worker.story;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.Entry;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Query;
import dev.freshet.model.FreshetSignature;
import dev.freshet.model.Hmac;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.queue.QueueStatus;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Addresses;
import dev.freshet.settings.Settings;
import dev.freshet.worker.dev.Stage;
import dev.freshet.worker.frontend.Owed;
import dev.freshet.worker.frontend.StandInFrontEnd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** The TAFTA application as its tests meet it: over HTTP, with a look at its rows, its cache and its queue. */
final class Tafta implements AutoCloseable {
    static final JsonMapper JSON = new JsonMapper();
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private static final String TABLES = """
            select 'cohorts ' || id as name, to_jsonb(t)::text as content from cohorts t
            union all select 'applicants ' || email, to_jsonb(t)::text from applicants t
            union all select 'users ' || id, to_jsonb(t)::text from users t
            union all select 'enrollments ' || id, to_jsonb(t)::text from enrollments t
            union all select 'lesson_completions ' || enrollment_id || '/' || lesson_id, to_jsonb(t)::text
                        from lesson_completions t
            union all select 'quiz_attempts ' || result_id, to_jsonb(t)::text from quiz_attempts t
            union all select 'orders ' || id, to_jsonb(t)::text from orders t
            union all select 'leads ' || id, to_jsonb(t)::text from leads t""";

    /** One value that can be read, such as {@code cohort?cohortId=3}. */
    record Read(View view, Map<String, String> values, String path) {}

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Stage stage;
    private final Catalog catalog;
    private final RedisServer redis;
    private final JobQueue queue;
    private final TagCache cache;
    private final Owed owed;
    private final Database database;

    Tafta(int instances, Map<String, String> settings) {
        stage = Stage.ofTests("tafta", instances, settings);
        var addresses = Addresses.from(new Settings(stage.environment()));
        catalog = stage.catalog();
        redis = new RedisServer("queue", addresses.queue(), DEADLINE);
        queue = new JobQueue(redis, QueueOptions.defaults(addresses.prefix()));
        cache = new TagCache(redis, CacheOptions.defaults(addresses.prefix()));
        owed = new Owed(redis, addresses.prefix(), catalog.frontEnds().values(), Owed.LONGEST_RENDER, Owed.MOST_OWED);
        database = new Database(stage.database(), DatabaseOptions.DEFAULTS.withPoolSize(2));
    }

    @Override
    public void close() {
        http.close();
        database.close();
        redis.close();
        stage.close();
    }

    List<StandInFrontEnd> frontEnds() {
        return stage.frontEnds();
    }

    // --- what it is sent ---------------------------------------------------------------------------------------------

    /** Delivers a body as Thinkific does. */
    HttpResponse<String> webhook(byte[] body) {
        return send(HttpRequest.newBuilder(stage.ingest("/webhooks/thinkific"))
                .header("X-Thinkific-Hmac-Sha256", Hmac.signHex(stage.setting("THINKIFIC_SECRETS"), body))
                .POST(BodyPublishers.ofByteArray(body)));
    }

    /** Delivers a change with a new id, accepted by Thinkific at this time. */
    HttpResponse<String> webhook(String topic, Instant at, String payload) {
        return webhook(delivery(UUID.randomUUID().toString(), topic, at, payload));
    }

    static byte[] delivery(String id, String topic, Instant at, String payload) {
        int dot = topic.indexOf('.');
        return """
                {"id":"%s","resource":"%s","action":"%s","tenant_id":"3","created_at":"%s","payload":%s}""".formatted(id, topic.substring(0, dot), topic.substring(dot + 1), at, payload)
                .getBytes(UTF_8);
    }

    /** Tells of a change of the application's own, and waits until it is applied. */
    HttpResponse<String> event(String topic, String payload) {
        return signed("POST", "/events?wait=applied", "{\"topic\":\"%s\",\"payload\":%s}".formatted(topic, payload));
    }

    /** Writes through a route of the catalog, such as {@code PATCH /api/applicants/cached}. */
    HttpResponse<String> write(String route, String payload) {
        var words = route.split(" ", 2);
        return signed(words[0], words[1], payload);
    }

    private HttpResponse<String> signed(String method, String path, String body) {
        var bytes = body.getBytes(UTF_8);
        return send(HttpRequest.newBuilder(stage.ingest(path))
                .header(
                        FreshetSignature.HEADER,
                        FreshetSignature.header(stage.setting("EVENTS_SECRET"), Instant.now(), bytes))
                .method(method, BodyPublishers.ofByteArray(bytes)));
    }

    HttpResponse<String> get(URI uri) {
        return send(HttpRequest.newBuilder(uri));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.timeout(DEADLINE).build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    // --- what can be read --------------------------------------------------------------------------------------------

    /** @param text a view and its parameters, such as {@code enrollments?cohortId=3&page=2} */
    Read read(String text) {
        int mark = text.indexOf('?');
        var view = Objects.requireNonNull(catalog.views().get(mark < 0 ? text : text.substring(0, mark)));
        var given = mark < 0
                ? Map.<String, String>of()
                : Arrays.stream(text.substring(mark + 1).split("&", -1))
                        .map(part -> part.split("=", 2))
                        .collect(Collectors.toMap(part -> part[0], part -> part[1]));
        return new Read(view, view.parse(given), "/views/" + text);
    }

    HttpResponse<String> get(Read read) {
        return getPath(read.path());
    }

    /** @param path of a cached read, such as {@code /api/statistics/cached} */
    HttpResponse<String> getPath(String path) {
        return get(stage.reads(path));
    }

    /** What an answer says of the cache, such as {@code HIT}. */
    static String outcome(HttpResponse<String> answer) {
        return answer.headers().firstValue("X-Cache").orElse("status " + answer.statusCode());
    }

    /** When what is cached now was loaded; empty when nothing is. */
    Optional<Instant> loadedAt(Read read) {
        return cache.read(read.view().key(read.values()), read.view().tags(read.values()))
                .map(Entry::loadedAt);
    }

    void forget(Read read) {
        cache.delete(read.view().key(read.values()));
    }

    /** What the database says now. */
    String truth(Read read) {
        var rows = (Source.Rows) read.view().source();
        try (var connection = database.connection()) {
            var sets = List.<Map<String, String>>of(read.values());
            return new String(
                    new Query(rows.sql()).json(connection, rows.kind(), sets).getFirst(), UTF_8);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sum of a metric over its labels, at the worker and at the reads, by the value of one label. */
    Map<String, Long> metric(String name, String label) {
        var sums = new TreeMap<String, Long>();
        for (var uri : List.of(stage.worker("/metrics"), stage.reads("/metrics"))) {
            get(uri).body()
                    .lines()
                    .filter(line -> line.startsWith(name + "{"))
                    .forEach(line -> sums.merge(
                            line.replaceFirst(".*[{,]" + label + "=\"([^\"]*)\".*", "$1"),
                            (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)),
                            Long::sum));
        }
        return sums;
    }

    /** For every rule of the catalog the names by which it can be told of: its topic, and its route if it has one. */
    List<List<String>> topicsAndRoutes() {
        return catalog.events().values().stream()
                .map(rule -> rule.route() == null
                        ? List.of(rule.topic())
                        : List.of(
                                rule.topic(),
                                rule.route().method() + " " + rule.route().path()))
                .toList();
    }

    // --- what stands behind it ---------------------------------------------------------------------------------------

    QueueStatus queue() {
        return queue.status();
    }

    JsonNode json(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many tags and paths the instances have not confirmed twice. */
    int owed() {
        return owed.status().stream().mapToInt(status -> status.owed()).sum();
    }

    /** Until everything that was accepted is done, and every instance has confirmed it for good. */
    void awaitQuiet() {
        await().atMost(DEADLINE).pollInterval(Duration.ofMillis(5)).until(() -> queue().inFlight() == 0 && owed() == 0);
    }

    /** Every row of the application by table and key. */
    Map<String, String> rows() {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery(TABLES).reduceRows(new TreeMap<>(), (rows, row) -> {
                    rows.put(row.getColumn("name", String.class), row.getColumn("content", String.class));
                    return rows;
                }));
    }

    /** Whether a condition in SQL holds. */
    boolean holds(String condition) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("select " + condition)
                        .mapTo(Boolean.class)
                        .one());
    }

    void execute(String sql) {
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Back to the sample rows; no event was ever applied. */
    void resetRows() {
        try (var sample = Tafta.class.getResourceAsStream("/catalogs/tafta/sample.sql")) {
            execute(
                    "truncate cohorts, applicants, users, enrollments, lesson_completions, quiz_attempts, orders, leads,"
                            + " freshet.versions");
            execute(new String(Objects.requireNonNull(sample).readAllBytes(), UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
