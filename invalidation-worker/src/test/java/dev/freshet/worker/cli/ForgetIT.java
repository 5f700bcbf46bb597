package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.DeadBodies;
import dev.freshet.db.Deliveries;
import dev.freshet.db.Delivery;
import dev.freshet.db.Delivery.State;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.queue.BodyStore;
import dev.freshet.queue.Claim;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.JobCodec;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.Overflow;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.session.SessionOptions;
import dev.freshet.session.Sessions;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code freshet forget} wherever a body stands. */
class ForgetIT {
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
    private static final Attempt FAILED = new Attempt(NOW, "w1", "apply", "boom");
    private static final String ADA = "{\"payload\":{\"email\":\"Ada\\u0040example.com\"}}";
    private static final String GRACE = "{\"payload\":{\"email\":\"grace@example.com\",\"not\":\"nada@example.com\"}}";

    private final TestServices services = TestServices.shared();
    private final URI databaseUrl = services.newDatabase();
    private final String prefix = services.newPrefix();
    private final Map<String, String> environment = Map.of(
            "REDIS_URL",
            services.redisUrl().toString(),
            "REDIS_KEY_PREFIX",
            prefix,
            "DATABASE_URL",
            databaseUrl.toString());
    private final RedisServer server = new RedisServer("queue", services.redisUrl(), Duration.ofSeconds(5));
    private final JobQueue queue = new JobQueue(server, QueueOptions.defaults(prefix));
    private final Database database = new Database(databaseUrl, DatabaseOptions.DEFAULTS);
    private final Deliveries ledger = new Deliveries(database);

    @BeforeEach
    void migrate() {
        database.migrate();
    }

    @AfterEach
    void close() {
        database.close();
        server.close();
    }

    private CommandRun run(String... arguments) {
        return CommandRun.of(environment, arguments);
    }

    private static Job job(String id, String body) {
        return Job.first(id, "main", "user.signup", NOW, false, "", body.getBytes(UTF_8));
    }

    private void spill(Job job) {
        database.jdbi()
                .useHandle(handle -> handle.execute(
                        "insert into freshet.deliveries (id, site, topic, state, received, job)"
                                + " values (?, 'main', 'user.signup', 'spilled', now(), ?)",
                        job.id(),
                        JobCodec.encode(job)));
    }

    private List<String> spilled() {
        return ledger
                .list(
                        new Deliveries.Filter(
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of(State.SPILLED),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty()),
                        0,
                        10)
                .stream()
                .map(Delivery::id)
                .toList();
    }

    private void store() throws SQLException {
        server.await(queue.enqueueDead(job("d1", ADA), FAILED));
        server.await(queue.enqueueDead(job("d2", GRACE), FAILED));
        server.await(queue.enqueueDead(job("d3", "email=ada%40example.com"), FAILED));
        spill(job("s1", ADA));
        spill(job("s2", GRACE));
        ledger.record(List.of(new Delivery(
                "d1",
                "main",
                "user.signup",
                State.DEAD,
                "Key (email)=(ada@example.com) is taken",
                1,
                NOW,
                Optional.empty(),
                Optional.empty())));
    }

    @Test
    void bodiesGoFromDeadLettersAndSpillAndTheAddressFromTheLedger() throws SQLException {
        store();
        var run = run("forget", "ada@example.com");
        assertThat(run.out())
                .isEqualTo("removed 2 dead letters and 1 spilled delivery, and the address from 1 row of the ledger\n");
        assertThat(run.code()).isZero();
        assertThat(run("dlq", "list", "--json").json().findValues("id"))
                .singleElement()
                .satisfies(id -> assertThat(id.asText()).isEqualTo("d2"));
        assertThat(spilled()).containsExactly("s2");
        assertThat(ledger.find("s1").orElseThrow().state()).isEqualTo(State.DISCARDED);
        assertThat(ledger.find("d1").orElseThrow().outcome()).isEmpty();
        assertThat(ledger.find("d1").orElseThrow().state()).isEqualTo(State.DISCARDED);
        assertThat(ledger.find("d3").orElseThrow().state()).isEqualTo(State.DISCARDED);
        assertThat(run("dlq", "log").out()).contains("forget", "(address)");
        assertThat(queue.status().missing()).isZero();
        assertThat(run("forget", "ada@example.com").out())
                .isEqualTo(
                        "removed 0 dead letters and 0 spilled deliveries, and the address from 0 rows of the ledger\n");
    }

    @Test
    void anAddressThatEndsAlikeIsSomebodyElses() throws SQLException {
        ledger.record(List.of(new Delivery(
                "d2",
                "main",
                "user.signup",
                State.DEAD,
                "nada@example.com",
                1,
                NOW,
                Optional.empty(),
                Optional.empty())));
        assertThat(run("forget", "ada@example.com").out()).contains("from 0 rows of the ledger");
        assertThat(ledger.find("d2").orElseThrow().outcome()).isEqualTo("nada@example.com");
    }

    @Test
    void alsoAnAddressThatTheLedgerHoldsPercentEncodedGoes() throws SQLException {
        ledger.record(List.of(
                new Delivery(
                        "d2",
                        "main",
                        "user.signup",
                        State.DEAD,
                        "GET /?email=ada%40example.com",
                        1,
                        NOW,
                        Optional.empty(),
                        Optional.empty()),
                new Delivery(
                        "main:user.signup:ada%40example.com",
                        "main", "user.signup", State.DEAD, "no", 1, NOW, Optional.empty(), Optional.empty())));
        assertThat(run("forget", "ada@example.com").out()).contains("from 2 rows of the ledger");
        assertThat(ledger.find("d2").orElseThrow().outcome()).isEmpty();
        assertThat(ledger.find("main:user.signup:ada%40example.com")).isEmpty();
    }

    @Test
    void aDryRunChangesNothing() throws SQLException {
        store();
        var run = run("forget", "ADA@example.com", "--dry-run", "--json");
        assertThat(run.code()).isZero();
        assertThat(run.json().path("deadLetters").asInt()).isEqualTo(2);
        assertThat(run.json().path("spilled").asInt()).isEqualTo(1);
        assertThat(run.json().path("ledgerRows").asInt()).isEqualTo(1);
        assertThat(run.json().path("dryRun").asBoolean()).isTrue();
        assertThat(queue.status().dead()).isEqualTo(3);
        assertThat(spilled()).hasSize(2);
        assertThat(ledger.find("d1").orElseThrow().outcome()).contains("ada@example.com");
    }

    @Test
    void theSessionsOfTheAddressEndAndNobodyElses(@TempDir Path directory) throws IOException {
        var all = withSessions(directory);
        var rules = CatalogReader.read(new Settings(all)).sessions().orElseThrow();
        try (var redis = new RedisServer("cache", services.redisUrl(), Duration.ofSeconds(5))) {
            var cache = new TagCache(redis, CacheOptions.defaults(prefix));
            var options = SessionOptions.of("app", rules);
            var sessions = new Sessions(cache, database, options, Clock.systemUTC());
            var hers = sessions.create("ada@example.com", new byte[0]).token();
            var also = sessions.create("ada@example.com", new byte[0]).token();
            var his = sessions.create("grace@example.com", new byte[0]).token();

            var dry = CommandRun.of(all, "forget", "Ada@Example.com", "--dry-run", "--json");
            assertThat(dry.json().path("sessions").asInt()).isEqualTo(2);
            assertThat(sessions.get(hers)).isPresent();

            assertThat(CommandRun.of(all, "forget", "ada@example.com").out()).contains("ended 2 sessions\n");
            assertThat(sessions.get(hers)).isEmpty();
            assertThat(sessions.get(also)).isEmpty();
            assertThat(sessions.get(his)).isPresent();
        }
    }

    @Test
    void thatSessionsCannotBeEndedKeepsNothingElseFromBeingForgotten(@TempDir Path directory)
            throws IOException, SQLException {
        store();
        var all = withSessions(directory);
        database.jdbi().useHandle(handle -> handle.execute("drop table freshet.sessions"));
        var run = CommandRun.of(all, "forget", "ada@example.com");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .contains("cannot end the sessions of the address, run this again")
                .doesNotContain("ada@");
        assertThat(run.out()).contains("removed 2 dead letters and 1 spilled delivery");
        assertThat(spilled()).containsExactly("s2");
        assertThat(run("dlq", "log").out()).contains("forget", "(address)");
    }

    @Test
    void whatWasEndedWithoutTheCacheIsRemovedFromItByTheNextTime(@TempDir Path directory) throws IOException {
        var all = withSessions(directory);
        var rules = CatalogReader.read(new Settings(all)).sessions().orElseThrow();
        try (var redis = new RedisServer("cache", services.redisUrl(), Duration.ofSeconds(5))) {
            var cache = new TagCache(redis, CacheOptions.defaults(prefix));
            var sessions = new Sessions(cache, database, SessionOptions.of("app", rules), Clock.systemUTC());
            var token = sessions.create("ada@example.com", new byte[0]).token();
            assertThat(sessions.get(token)).isPresent();

            var away = new HashMap<>(all);
            away.put("REDIS_QUEUE_URL", services.redisUrl().toString());
            away.put("REDIS_CACHE_URL", "redis://127.0.0.1:" + EmbeddedRedis.freePort());
            var first = CommandRun.of(away, "forget", "ada@example.com");
            assertThat(first.code()).isEqualTo(1);
            assertThat(first.out()).contains("ended 1 session\n");
            assertThat(first.err()).contains("the cache does not answer");
            assertThat(sessions.get(token)).as("still in the cache").isPresent();

            assertThat(CommandRun.of(all, "forget", "ada@example.com").code()).isZero();
            assertThat(sessions.get(token)).isEmpty();
        }
    }

    private Map<String, String> withSessions(Path directory) throws IOException {
        var catalog = Files.writeString(directory.resolve("catalog.yaml"), """
                application: app
                sessions: { secrets: "thirty-two characters and some more", access: { tokens: t } }
                """);
        var all = new HashMap<>(environment);
        all.put("CATALOG", catalog.toString());
        return all;
    }

    @Test
    void whatWaitsInTheQueueIsCountedAndLeftToBeDone() {
        server.await(queue.enqueue(job("1", ADA)));
        server.await(queue.enqueue(job("2", GRACE)));
        var claim = (Claim) queue.claim(1, Duration.ofMinutes(1));
        var run = run("forget", "ada@example.com");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("in the queue: 1 job with the address, left to be done; then run this again\n");
        assertThat(queue.status().inFlight()).isEqualTo(2);

        queue.settle(claim, List.of(), Map.of());
        assertThat(run("forget", "ada@example.com").code()).isZero();
    }

    @Test
    void bodiesThatWereMovedToPostgresqlGoToo() {
        var filler = "x".repeat(300);
        server.await(
                queue.enqueueDead(job("d1", "{\"email\":\"ada@example.com\",\"note\":\"" + filler + "\"}"), FAILED));
        server.await(
                queue.enqueueDead(job("d2", "{\"email\":\"grace@example.com\",\"note\":\"" + filler + "\"}"), FAILED));
        server.await(
                queue.enqueueDead(job("d3", "{\"email\":\"ada@example.com\",\"note\":\"y" + filler + "\"}"), FAILED));
        var bodies = new DeadBodies(database, prefix);
        assertThat(new Overflow(server, QueueOptions.defaults(prefix), bodies, 0)
                        .move()
                        .moved())
                .isEqualTo(3);
        new DeadLetters(server, QueueOptions.defaults(prefix), bodies).replay(List.of("d3"), 100);

        var dry = run("forget", "ada@example.com", "--dry-run", "--json").json();
        assertThat(dry.path("deadLetters").asInt()).isEqualTo(1);
        assertThat(dry.path("leftoverBodies").asInt()).isEqualTo(1);
        assertThat(bodies.keys(Optional.empty(), 10)).hasSize(3);

        var run = run("forget", "ada@example.com");
        assertThat(run.out())
                .contains("removed 1 dead letter and 0 spilled deliveries")
                .contains("removed 1 body of dead letters that were replayed before\n");
        assertThat(bodies.keys(Optional.empty(), 10))
                .extracting(BodyStore.Key::id)
                .containsExactly("d2");
        assertThat(run("dlq", "show", "d2").out()).contains("grace@example.com");
    }

    @Test
    void aDeadLetterWhoseBodyCannotBeHadIsNamed() {
        server.await(queue.enqueueDead(job("d1", "{\"note\":\"" + "x".repeat(300) + "\"}"), FAILED));
        var bodies = new DeadBodies(database, prefix);
        new Overflow(server, QueueOptions.defaults(prefix), bodies, 0).move();
        bodies.delete(bodies.keys(Optional.empty(), 10));
        var run = run("forget", "ada@example.com");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("d1");
    }

    @Test
    void whatIsNoAddressIsRefused() {
        var run = run("forget", "ada");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("EMAIL must be an address such as ada@example.com");
    }
}
