package dev.freshet.worker.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.cache.BoardRange;
import dev.freshet.cache.Boards;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.Lifetime;
import dev.freshet.cache.Standing;
import dev.freshet.cache.Survey;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Deliveries;
import dev.freshet.db.Delivery;
import dev.freshet.model.Job;
import dev.freshet.model.Tag;
import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetter;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.queue.QueueStatus;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.frontend.Changes;
import dev.freshet.worker.frontend.Owed;
import dev.freshet.worker.view.Auditor;
import dev.freshet.worker.view.CachedViews;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** A small application with members in cohorts, and workers for it, on real services of its own. */
final class Club implements AutoCloseable {
    static final Duration LEASE = Duration.ofSeconds(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final String CATALOG = """
            application: club
            sites:
              main: { scheme: thinkific, secrets: secret }
            views:
              cohort:
                key: cohort:{cohortId}
                params: { cohortId: { type: int, min: 0, max: 1000 } }
                sql: select id from members where cohort_id = :cohortId order by id
                tags: [ "cohort:{cohortId}" ]
                ttl: 5m
              clock:
                key: clock
                sql: select clock_timestamp() as now
                tags: [ members ]
                ttl: 5m
                audit: false
              sizes:
                kind: leaderboard
                key: sizes
                sql: select cohort_id, count(*) as members from members group by cohort_id
                member: cohort_id
                score: members
                tags: [ sizes ]
                ttl: 5m
            events:
              member.saved:
                with: { id: /payload/id, cohort: /payload/cohort, at: /created_at }
                identity: member:{id}
                version: at
                apply: >-
                  insert into members (id, cohort_id) values (:id, :cohort)
                  on conflict (id) do update set cohort_id = excluded.cohort_id
                lookup: select cohort_id as "cohortId" from members where id = :id
                tags: [ members, "cohort:{cohortId}" ]
                paths: [ { path: "/cohort/{cohortId}", version: "as of {at}" } ]
                scores: [ { board: sizes, member: "{cohortId}" } ]
              member.deleted:
                with: { id: /payload/id, at: /created_at }
                identity: member:{id}
                version: at
                apply: delete from members where id = :id
                lookup: select cohort_id as "cohortId" from members where id = :id
                tags: [ members, "cohort:{cohortId}" ]
            changes:
              members:
                with: { cohortId: cohort_id }
                tags: [ "cohort:{cohortId}" ]
                scores: [ { board: sizes, member: "{cohortId}" } ]
              teams:
                with: [ name ]
                lookup: >-
                  select case :name when 'later' then currval('teams_id_seq') when 'next' then nextval('teams_id_seq')
                    else (:name)::int end as "cohortId"
                tags: [ "cohort:{cohortId}" ]
            frontEnds:
              site: { type: nextjs, instances: "http://127.0.0.1:9", secret: secret }
            """;

    final String prefix = TestServices.shared().newPrefix();
    private final Path catalogFile = writeCatalog();
    final Catalog catalog = CatalogReader.read(catalogFile.toString(), Map.of());
    private final URI databaseUrl;
    private final URI queueUrl;
    private final URI cacheUrl;
    /** As an administrator: to look, and to break things. */
    final Database admin;
    /** As the workers. */
    final Database database;

    final RedisServer queueServer;
    final RedisServer cacheServer;
    final JobQueue queue;
    final TagCache cache;
    final Owed owed;
    private final List<Worker> workers = new ArrayList<>();

    Club() {
        this(TestServices.shared().queueUrl());
    }

    /** @param queueUrl a Redis that may be the test's own */
    Club(URI queueUrl) {
        var adminUrl = TestServices.shared().newDatabase();
        this.databaseUrl = TestServices.shared().workUrl(adminUrl);
        this.queueUrl = queueUrl;
        this.cacheUrl = TestServices.shared().cacheUrl();
        queueServer = new RedisServer("queue", queueUrl, TIMEOUT);
        cacheServer = new RedisServer("cache", cacheUrl, TIMEOUT);
        queue = new JobQueue(queueServer, QueueOptions.defaults(prefix));
        cache = new TagCache(cacheServer, CacheOptions.defaults(prefix));
        owed = new Owed(queueServer, prefix, catalog.frontEnds().values(), Owed.LONGEST_RENDER, Owed.MOST_OWED);
        Changes.settle(owed, queueServer, prefix, catalog.frontEnds().values());
        admin = new Database(adminUrl, DatabaseOptions.DEFAULTS);
        database = new Database(databaseUrl, DatabaseOptions.DEFAULTS);
        database.migrate();
        execute("create table if not exists members (id bigint primary key, cohort_id int not null);"
                + " create table if not exists teams (name text, id serial)");
    }

    CachedViews views() {
        return new CachedViews(cache, catalog, database, 4);
    }

    /** Reads a cohort as an application would. */
    byte[] read(int cohort) {
        var view = Objects.requireNonNull(catalog.views().get("cohort"));
        return views().get(view, Map.of("cohortId", String.valueOf(cohort)))
                .entry()
                .content();
    }

    /** Reads which cohorts have the most members, as an application would. */
    Standing sizes() {
        var view = Objects.requireNonNull(catalog.views().get("sizes"));
        return views().standing(view, Map.of(), new BoardRange.Top(10), () -> {});
    }

    /** Such as {@code 3=2 4=1}. */
    static String text(Standing sizes) {
        return sizes.rows().stream()
                .map(row -> row.member() + "=" + (int) row.score())
                .collect(Collectors.joining(" "));
    }

    Auditor newAuditor(Duration patience) {
        var survey = new Survey(cacheServer, cache.options());
        return new Auditor(survey, catalog, database, queue, Duration.ZERO, patience);
    }

    Worker newWorker() {
        var clock = Clock.systemUTC();
        return newWorker(database, new Dependencies(database, cacheServer, queueServer, clock), clock);
    }

    /** @param database in the place of the club's own */
    Worker newWorker(Database database, Dependencies dependencies, Clock clock) {
        var metrics = new SimpleMeterRegistry();
        var warmer = new Warmer(cache, new CachedViews(cache, catalog, database, 4), Clock.systemUTC(), metrics);
        var options = new WorkerOptions(
                500,
                2,
                LEASE,
                Duration.ofSeconds(5),
                Duration.ZERO,
                Duration.ofMillis(200),
                Optional.empty(),
                Duration.ofDays(30),
                new RetryPolicy(3, Duration.ofHours(1), Duration.ofMillis(1), Duration.ofMillis(1)));
        var parts = new Worker.Parts(
                queue,
                new Applier(
                        database, new Versions(catalog.application()), new LeftBehind(database, catalog.application())),
                newInvalidator(database, warmer::changed),
                new Through(catalog, views(), LEASE)::load,
                newLedger(),
                dependencies,
                metrics);
        var worker = new Worker("w" + workers.size(), options, catalog, parts, clock);
        workers.add(worker);
        return worker;
    }

    Invalidator newInvalidator(Database database, Consumer<Collection<Tag>> warmer) {
        var marker = new Marker(catalog, new Boards(cache), boards -> {}, new SimpleMeterRegistry());
        var values = new Invalidator.Values(cache::invalidate, marker, cache::clear);
        return new Invalidator(
                values, owed, warmer, new LeftBehind(database, catalog.application()), new SimpleMeterRegistry());
    }

    /** What a worker process needs to work for this club; a test puts proxies in the place of servers. */
    Map<String, String> environment() {
        var environment = new HashMap<String, String>();
        environment.put("CATALOG", catalogFile.toString());
        environment.put("REDIS_QUEUE_URL", queueUrl.toString());
        environment.put("REDIS_CACHE_URL", cacheUrl.toString());
        environment.put("REDIS_KEY_PREFIX", prefix);
        environment.put("DATABASE_URL", databaseUrl.toString());
        environment.put("WORKER_HOST", "127.0.0.1");
        environment.put("WORKER_PORT", Integer.toString(EmbeddedRedis.freePort()));
        environment.put("WORKER_LEASE", "2s");
        return environment;
    }

    /**
     * Makes whoever writes a member wait in the middle of its transaction until the gate is closed.
     *
     * @param members a condition on {@code new.id}
     */
    Gate gate(String members) {
        return new Gate(this, members);
    }

    /** Claims that died with a job in them. */
    long crashes() {
        return queueServer.await(queueServer.session().commands().hlen(prefix + ":{q:0}:crashes"));
    }

    /** What the ledger says, the last received first. */
    List<Delivery> ledger() {
        return new Deliveries(database).list(Deliveries.Filter.all(), 0, 1_000);
    }

    Ledger newLedger() {
        return new Ledger(new Deliveries(database), Duration.ofDays(30), new SimpleMeterRegistry());
    }

    Applier newApplier() {
        return new Applier(
                database, new Versions(catalog.application()), new LeftBehind(database, catalog.application()));
    }

    void saved(long member, int cohort, Instant at) {
        deliver("member.saved", member, Integer.toString(cohort), at);
    }

    void deleted(long member, Instant at) {
        deliver("member.deleted", member, "null", at);
    }

    /** @param cohort JSON, right or wrong */
    void deliver(String topic, long member, String cohort, Instant at) {
        var body = """
                {"created_at":"%s","payload":{"id":%d,"cohort":%s}}""".formatted(at, member, cohort);
        enqueue(topic, body);
    }

    void enqueue(String topic, String body) {
        var id = Job.id("main", topic, UUID.randomUUID().toString());
        queue.enqueue(Job.first(id, "main", topic, Instant.now(), false, "trace", body.getBytes(UTF_8)))
                .toCompletableFuture()
                .join();
    }

    /** Caches a value under a cohort's tag, as a reader would. */
    void cache(int cohort) {
        var key = "view:" + cohort;
        var fill = cache.begin(key, tags(cohort)).orElseThrow();
        cache.fill(fill, "old".getBytes(UTF_8), Lifetime.of(Duration.ofMinutes(5)), "{}", Instant.now());
    }

    boolean isCached(int cohort) {
        return cache.read("view:" + cohort, tags(cohort)).isPresent();
    }

    /** Cohort by member. */
    Map<Long, Integer> members() {
        return admin.jdbi()
                .withHandle(handle -> handle.createQuery("select id, cohort_id from members")
                        .reduceRows(new java.util.TreeMap<Long, Integer>(), (found, row) -> {
                            found.put(row.getColumn("id", Long.class), row.getColumn("cohort_id", Integer.class));
                            return found;
                        }));
    }

    void execute(String sql) {
        try (var connection = admin.connection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs something while another transaction holds what the statement takes. */
    void whileHeld(String sql, Runnable work) {
        try (var connection = admin.connection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(sql);
            try {
                work.run();
            } finally {
                connection.rollback();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    long number(String sql) {
        return admin.jdbi()
                .withHandle(handle -> handle.createQuery(sql).mapTo(Long.class).one());
    }

    List<DeadLetter> dead() {
        var letters = new DeadLetters(queueServer, QueueOptions.defaults(prefix));
        return letters.list(DeadFilter.all(), 0, 1_000).stream()
                .map(letter -> letters.find(letter.job().id()).orElseThrow())
                .toList();
    }

    /** What the one front end is to be told: tags and paths as they are sent. */
    long owed() {
        return owed.status().stream().mapToLong(status -> status.owed()).sum();
    }

    QueueStatus status() {
        return queue.status();
    }

    @Override
    public void close() {
        workers.forEach(Worker::close);
        database.close();
        admin.close();
        cacheServer.close();
        queueServer.close();
        delete(catalogFile);
    }

    private static List<Tag> tags(int cohort) {
        return List.of(new Tag("cohort:" + cohort));
    }

    private static Path writeCatalog() {
        try {
            return Files.writeString(Files.createTempFile("club", ".yaml"), CATALOG);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
