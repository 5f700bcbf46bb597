package dev.freshet.worker.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.Cached;
import dev.freshet.cache.Cached.Outcome;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Deliveries;
import dev.freshet.model.Job;
import dev.freshet.queue.Awaited;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.WorkerProcess;
import dev.freshet.worker.frontend.Owed;
import dev.freshet.worker.run.Through.Written;
import dev.freshet.worker.view.CachedViews;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteThroughIT {
    private static final String CATALOG = """
            application: courses
            sites:
              app: { scheme: freshet, secrets: secret }
            views:
              course:
                key: course:{courseId}
                params: { courseId: int }
                kind: row
                sql: select title, statement_timestamp()::text as at from courses where id = :courseId
                tags: [ "course:{courseId}" ]
                ttl: 5m
                audit: false
              teacher:
                key: teacher:{teacherId}
                params: { teacherId: int }
                sql: select title from courses where teacher = :teacherId order by id
                tags: [ "teacher:{teacherId}" ]
                ttl: 5m
              held:
                key: held:{courseId}
                params: { courseId: int }
                kind: value
                sql: select pg_advisory_xact_lock_shared(:courseId)::text
                tags: [ "course:{courseId}" ]
                ttl: 5m
            events:
              course.saved:
                from: app
                with: { courseId: /payload/id, title: /payload/title }
                identity: course:{courseId}
                version: receivedAt
                apply: |
                  insert into courses (id, title, teacher) values (:courseId, :title, 9)
                  on conflict (id) do update set title = excluded.title
                lookup: select teacher as "teacherId" from courses where id = :courseId
                tags: [ "course:{courseId}", "teacher:{teacherId}" ]
                through: [ course, teacher ]
              course.held:
                from: app
                with: { courseId: /payload/id }
                tags: [ "course:{courseId}" ]
                through: [ held ]
            """;

    private static final Duration LONG = Duration.ofMinutes(5);

    private final String prefix = TestServices.shared().newPrefix();
    private final URI adminUrl = TestServices.shared().newDatabase();
    private final URI databaseUrl = TestServices.shared().workUrl(adminUrl);
    private final Database admin = new Database(adminUrl, DatabaseOptions.DEFAULTS);
    private final Database database = new Database(databaseUrl, DatabaseOptions.DEFAULTS);
    private final RedisServer queueServer =
            new RedisServer("queue", TestServices.shared().queueUrl(), Duration.ofSeconds(5));
    private final RedisServer cacheServer =
            new RedisServer("cache", TestServices.shared().cacheUrl(), Duration.ofSeconds(5));
    private final JobQueue queue = new JobQueue(queueServer, QueueOptions.defaults(prefix));
    private final TagCache cache = new TagCache(cacheServer, CacheOptions.defaults(prefix));

    private Path file;
    private Catalog catalog;
    private CachedViews views;

    @BeforeEach
    void prepare(@TempDir Path directory) throws IOException {
        file = Files.writeString(directory.resolve("catalog.yaml"), CATALOG);
        catalog = CatalogReader.read(file.toString(), Map.of());
        database.migrate();
        views = new CachedViews(cache, catalog, database, 4);
        admin.jdbi()
                .useHandle(handle ->
                        handle.execute("create table courses (id bigint primary key, title text, teacher int)"));
    }

    @AfterEach
    void close() {
        database.close();
        admin.close();
        cacheServer.close();
        queueServer.close();
    }

    @Test
    void theFirstReadAfterTheAnswerFindsWhatWasWritten() throws InterruptedException {
        var worker = worker();
        for (var title : List.of("Algebra", "Algebra II")) {
            var id = enqueue("course.saved", 3, title, true);
            var working = Thread.ofVirtual().start(worker::runOnce);
            awaitAnswer(id);
            var course = get("course", "courseId", "3");
            assertThat(course.outcome()).isEqualTo(Outcome.HIT);
            assertThat(text(course)).contains("\"title\":\"" + title + "\"");
            var teacher = get("teacher", "teacherId", "9");
            assertThat(teacher.outcome()).as("by a column of lookup").isEqualTo(Outcome.HIT);
            assertThat(text(teacher)).isEqualTo("[{\"title\":\"" + title + "\"}]");
            working.join();
        }
    }

    @Test
    void whatNobodyWaitsForIsLeftToReaders() {
        enqueue("course.saved", 3, "Algebra", false);
        assertThat(worker().runOnce()).isEqualTo(1);
        assertThat(get("course", "courseId", "3").outcome()).isEqualTo(Outcome.MISS);
    }

    @Test
    void aWriteIsAnsweredThoughTheDatabaseDoesNotCome() throws SQLException {
        try (var worker = start();
                var holder = admin.connection();
                var statement = holder.createStatement()) {
            statement.execute("select pg_advisory_lock(5)");
            var id = enqueue("course.held", 5, "", true);
            await().until(() -> waiting(statement) > 0);
            awaitAnswer(id);
            statement.execute("select pg_advisory_unlock(5)");
            assertThat(worker.port()).isPositive();
        }
    }

    private static int waiting(Statement statement) throws SQLException {
        try (var rows = statement.executeQuery("select count(*) from pg_locks where locktype = 'advisory' and objid = 5"
                + " and not granted and database = (select oid from pg_database where datname = current_database())")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    @Test
    void manyWritesOfABatchAreOneStatementOfEachView() {
        admin.jdbi()
                .useHandle(handle ->
                        handle.execute("insert into courses select n, 'c' || n, 9 from generate_series(0, 19) n"));
        var writes = new ArrayList<Written>();
        var rule = catalog.rule("course.saved", "app").orElseThrow();
        for (int i = 0; i < 500; i++) {
            var body = body(i % 20, "c").getBytes(UTF_8);
            try {
                writes.add(new Written(rule, rule.read(body, Instant.now()), List.of(Map.of("teacherId", "9"))));
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
        new Through(catalog, views, LONG).load(writes);
        var times = new HashSet<String>();
        for (int i = 0; i < 20; i++) {
            var course = get("course", "courseId", String.valueOf(i));
            assertThat(course.outcome()).isEqualTo(Outcome.HIT);
            times.add(text(course).replaceAll(".*\"at\":", ""));
        }
        assertThat(times).hasSize(1);
        assertThat(get("teacher", "teacherId", "9").outcome()).isEqualTo(Outcome.HIT);
    }

    @Test
    void nothingThatGoesWrongReachesTheWrite() {
        var rule = catalog.rule("course.saved", "app").orElseThrow();
        var through = new Through(catalog, views, LONG);
        admin.jdbi().useHandle(handle -> handle.execute("drop table courses"));
        try {
            var event = rule.read(body(3, "c").getBytes(UTF_8), Instant.now());
            through.load(List.of(new Written(rule, event, List.of())));
            through.load(List.of(new Written(rule, event, List.of(Map.of("teacherId", "none")))));
            cacheServer.close();
            through.load(List.of(new Written(rule, event, List.of())));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private WorkerProcess start() {
        return WorkerProcess.start(new Settings(Map.of(
                "CATALOG", file.toString(),
                "REDIS_QUEUE_URL", TestServices.shared().queueUrl().toString(),
                "REDIS_CACHE_URL", TestServices.shared().cacheUrl().toString(),
                "REDIS_KEY_PREFIX", prefix,
                "DATABASE_URL", databaseUrl.toString(),
                "WORKER_HOST", "127.0.0.1",
                "WORKER_PORT", Integer.toString(EmbeddedRedis.freePort()))));
    }

    private Worker worker() {
        var clock = Clock.systemUTC();
        var metrics = new SimpleMeterRegistry();
        var leftBehind = new LeftBehind(database, catalog.application());
        var owed = new Owed(queueServer, prefix, List.of(), Owed.LONGEST_RENDER, Owed.MOST_OWED);
        var warmer = new Warmer(cache, views, clock, metrics);
        var parts = new Worker.Parts(
                queue,
                new Applier(database, new Versions(catalog.application()), leftBehind),
                new Invalidator(
                        new Invalidator.Values(cache::invalidate, scores -> {}, cache::clear),
                        owed,
                        warmer::changed,
                        leftBehind,
                        metrics),
                new Through(catalog, views, LONG)::load,
                new Ledger(new Deliveries(database), Duration.ZERO, metrics),
                new Dependencies(database, cacheServer, queueServer, clock),
                metrics);
        return new Worker("w", WorkerOptions.from(new Settings(Map.of())), catalog, parts, clock);
    }

    private void awaitAnswer(String id) {
        await().until(() -> queueServer.await(queue.awaited(List.of(id))).get(id) != Awaited.QUEUED);
    }

    private String enqueue(String topic, int course, String title, boolean awaited) {
        var id = Job.id("app", topic, UUID.randomUUID().toString());
        var body = body(course, title).getBytes(UTF_8);
        queue.enqueue(Job.first(id, "app", topic, Instant.now(), awaited, "trace", body))
                .toCompletableFuture()
                .join();
        return id;
    }

    private static String body(int course, String title) {
        return "{\"payload\":{\"id\":" + course + ",\"title\":\"" + title + "\"}}";
    }

    private Cached get(String name, String parameter, String value) {
        return views.get(Objects.requireNonNull(catalog.views().get(name)), Map.of(parameter, value));
    }

    private static String text(Cached cached) {
        return new String(cached.entry().content(), UTF_8);
    }
}
