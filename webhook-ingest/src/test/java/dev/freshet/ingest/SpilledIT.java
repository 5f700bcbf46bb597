package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Spill;
import dev.freshet.ingest.Spillway.Spilled;
import dev.freshet.model.FreshetSignature;
import dev.freshet.model.Hmac;
import dev.freshet.model.Job;
import dev.freshet.queue.JobCodec;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
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
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the service answers while Redis, PostgreSQL or both are away, hang or refuse. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SpilledIT {
    private static final String CATALOG = """
            application: shop
            sites:
              main: { scheme: thinkific, secrets: "one" }
              app: { scheme: freshet, secrets: "app-secret" }
            events:
              enrollment.created: { tags: [ enrollments ] }
              applicant.approved: { route: PATCH /api/applicants/cached, from: app, tags: [ applicants ] }
            """;

    private final HttpClient http = HttpClient.newHttpClient();
    private final URI redisUrl = TestServices.shared().redisUrl();
    private String prefix = "";
    private Path catalog = Path.of("");
    private CuttingProxy redis = CuttingProxy.before(redisUrl);
    private CuttingProxy postgres = CuttingProxy.before(URI.create("postgresql://nobody@127.0.0.1:1/none"));
    private Database database =
            new Database(URI.create("postgresql://nobody@127.0.0.1:1/none"), DatabaseOptions.DEFAULTS);
    private RedisServer server = new RedisServer("test", redisUrl, Duration.ofSeconds(2));
    private final List<Ingest> running = new ArrayList<>();

    @BeforeAll
    void write(@TempDir Path directory) throws IOException {
        catalog = Files.writeString(directory.resolve("shop.yaml"), CATALOG);
        closeServices();
    }

    @BeforeEach
    void start() {
        prefix = TestServices.shared().newPrefix();
        redis = CuttingProxy.before(redisUrl);
        server = new RedisServer("test", redisUrl, Duration.ofSeconds(20));
        var url = TestServices.shared().newDatabase();
        postgres = CuttingProxy.before(url);
        database = new Database(url, DatabaseOptions.DEFAULTS.withPoolSize(2));
        database.migrate();
    }

    @AfterEach
    void stop() {
        running.forEach(Ingest::close);
        running.clear();
        closeServices();
    }

    private void closeServices() {
        server.close();
        database.close();
        redis.close();
        postgres.close();
    }

    @Test
    void withRedisAwayADeliveryIsAcceptedAndLiesInPostgresql() throws Exception {
        var ingest = ingest();
        redis.cut();
        var answer = deliver(ingest, "1");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"status\":\"accepted\",\"id\":\"main:enrollment.created:1\"}");
        assertThat(spilled()).extracting(Job::id).containsExactly("main:enrollment.created:1");
        assertThat(spilled().getFirst().body()).isEqualTo(body("1"));
        assertThat(get(ingest, "/metrics").body())
                .contains("freshet_deliveries_total{outcome=\"spilled\"} 1.0", "freshet_spilled_total 1.0");
        redis.restore();
        await().until(() -> deliver(ingest, "2").body().contains("accepted")
                && queue().status().ready() > 0);
    }

    @Test
    void aRedisThatHangsHoldsUpNobody() throws Exception {
        var ingest = ingest(Map.of("QUEUE_PATIENCE", "200ms"));
        redis.hold();
        for (int i = 0; i < 20; i++) {
            assertThat(deliver(ingest, String.valueOf(i)).statusCode()).isEqualTo(200);
        }
        assertThat(spilled()).hasSize(20);
        redis.release();
        await().until(() -> {
            deliver(ingest, "after " + Instant.now());
            return queue().status().ready() > 1;
        });
    }

    @Test
    void whilePostgresqlStandsStillNoMoreThanABoundOfBytesWaits() throws Exception {
        var patience = Duration.ofMinutes(1);
        var large = new byte[RequestBody.MAX_BYTES];
        try (var slow = new Database(postgres.url(), new DatabaseOptions(1, patience, patience));
                var locking = database.connection();
                var lock = locking.createStatement()) {
            locking.setAutoCommit(false);
            lock.execute("lock table freshet.deliveries in access exclusive mode");
            var level = new SpillLevel(new Spill(slow), 1_000_000, 1L << 40);
            try (var spillway = new Spillway(new Spill(slow), level, patience, new SimpleMeterRegistry())) {
                var offers = IntStream.range(0, 100)
                        .mapToObj(i -> spillway.offer(
                                Job.first("large" + i, "main", "enrollment.created", Instant.EPOCH, false, "", large)))
                        .toList();
                await().until(() -> offers.stream().anyMatch(CompletableFuture::isDone));
                assertThat(offers.stream().filter(CompletableFuture::isDone))
                        .hasSizeBetween(20, 37)
                        .allMatch(offer -> offer.join() == Spilled.AWAY);
                locking.rollback();
                assertThat(offers.stream().map(CompletableFuture::join))
                        .filteredOn(Spilled.STORED::equals)
                        .hasSizeBetween(63, 80);
            }
        }
    }

    @Test
    void manyAtOnceAreAllStored() throws Exception {
        var ingest = ingest();
        redis.cut();
        var answers = IntStream.range(0, 300)
                .mapToObj(i -> deliverLater(ingest, body("many" + i)))
                .toList();
        for (var answer : answers) {
            assertThat(answer.get().statusCode()).isEqualTo(200);
        }
        assertThat(spilled()).hasSize(300);
    }

    @Test
    void withBothAwayItIsNotAcceptedAndHealthSaysSo() throws Exception {
        var ingest = ingest(Map.of("SPILL_PATIENCE", "1s"));
        redis.cut();
        postgres.cut();
        var answer = deliver(ingest, "1");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("not_durable");
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        await().until(() -> get(ingest, "/health").statusCode() == 503);
        assertThat(get(ingest, "/health/detailed").body())
                .contains("\"spill\":{\"status\":\"down\"", "the queue's Redis is away", "PostgreSQL is away");
        postgres.restore();
        await().until(() -> deliver(ingest, "1").statusCode() == 200);
        await().until(() -> get(ingest, "/health").statusCode() == 200);
    }

    @Test
    void withBothHangingEverybodyIsToldInTime() throws Exception {
        var ingest = ingest(Map.of("QUEUE_PATIENCE", "200ms", "SPILL_PATIENCE", "300ms"));
        redis.hold();
        postgres.hold();
        var answers = IntStream.range(0, 50)
                .mapToObj(i -> deliverLater(ingest, body("hang" + i)))
                .toList();
        for (var answer : answers) {
            assertThat(answer.get().statusCode()).isEqualTo(503);
            assertThat(answer.get().headers().firstValue("Retry-After")).isPresent();
        }
        redis.release();
        await().until(() -> deliver(ingest, "hang0").statusCode() == 200);
    }

    @Test
    void withPostgresqlAwayAloneNobodyNoticesButHealth() throws Exception {
        var ingest = ingest(Map.of("SPILL_PATIENCE", "1s"));
        postgres.cut();
        assertThat(deliver(ingest, "1").body()).contains("\"accepted\"");
        assertThat(queue().status().ready()).isEqualTo(1);
        assertThat(get(ingest, "/health").statusCode()).isEqualTo(200);
        await().until(() -> get(ingest, "/health/detailed").body().contains("the spill cannot be used"));
        assertThat(get(ingest, "/health/detailed").body()).contains("\"status\":\"degraded\"");
    }

    @Test
    void itStartsWithBothAway() throws Exception {
        redis.cut();
        postgres.cut();
        var ingest = ingest(Map.of("SPILL_PATIENCE", "1s"));
        assertThat(deliver(ingest, "1").statusCode()).isEqualTo(503);
        postgres.restore();
        await().until(() -> deliver(ingest, "1").statusCode() == 200);
        assertThat(spilled()).hasSize(1);
    }

    @Test
    void healthIsDegradedWhileDeliveriesAreSpilled() throws Exception {
        var ingest = ingest();
        assertThat(get(ingest, "/health/detailed").body())
                .contains("\"status\":\"up\"", "\"spill\":{\"status\":\"up\",\"waiting\":0,\"bound\":1000000}");
        redis.cut();
        deliver(ingest, "1");
        await().untilAsserted(
                        () -> // one may be counted twice for a second: as stored and as seen
                        assertThat(get(ingest, "/health/detailed").body())
                                .contains(
                                        "\"degraded\"",
                                        "\"queue\":{\"status\":\"down\"}",
                                        "\"waiting\":1",
                                        "deliveries are spilled"));
        assertThat(get(ingest, "/health").statusCode()).isEqualTo(200);
    }

    @Test
    void aLostAnswerLeavesACopyInEachAndTheQueueKnowsIt() throws Exception {
        var ingest = ingest(Map.of("QUEUE_PATIENCE", "200ms"));
        redis.loseAnswers();
        assertThat(deliver(ingest, "1").body()).contains("accepted");
        assertThat(spilled()).hasSize(1);
        await().until(() -> queue().status().ready() == 1);
        assertThat(queue().enqueue(spilled().getFirst())
                        .toCompletableFuture()
                        .get()
                        .name())
                .isEqualTo("DUPLICATE");
    }

    @Test
    void spilledTwiceIsADuplicate() throws Exception {
        var ingest = ingest();
        redis.cut();
        assertThat(deliver(ingest, "1").body()).contains("accepted");
        assertThat(deliver(ingest, "1").body())
                .isEqualTo("{\"status\":\"duplicate\",\"id\":\"main:enrollment.created:1\"}");
        assertThat(spilled()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"done", "discarded", "queued", "dead"})
    void whatWasKnownBeforeIsADuplicateAlsoWhileRedisIsAway(String state) throws Exception {
        var ingest = ingest();
        redis.cut();
        deliver(ingest, "1");
        execute("update freshet.deliveries set job = null, state = '" + state + "'");
        assertThat(deliver(ingest, "1").body()).contains("\"duplicate\"");
        boolean isOver = state.equals("done") || state.equals("discarded");
        assertThat(spilled()).as("the queue may have lost what is not over").hasSize(isOver ? 0 : 1);
    }

    @Test
    void aFullSpillIsAnswered503() throws Exception {
        var ingest = ingest(Map.of("SPILL_MAX_DELIVERIES", "2"));
        redis.cut();
        await().untilAsserted(
                        () -> { // one that PostgreSQL was slow to take is answered 503 as well
                            var answer = deliver(ingest, "" + Instant.now());
                            assertThat(answer.statusCode()).isEqualTo(503);
                            assertThat(answer.body()).contains("spill_full");
                            assertThat(answer.headers().firstValue("Retry-After"))
                                    .isPresent();
                            assertThat(spilled()).hasSize(2);
                        });
        assertThat(get(ingest, "/health").statusCode()).isEqualTo(503);
        execute("delete from freshet.deliveries");
        await().until(() -> deliver(ingest, "room").statusCode() == 200);
    }

    @Test
    void withoutTheTableDeliveriesAreNotAcceptedAndHealthSaysWhy() throws Exception {
        execute("drop table freshet.deliveries");
        var ingest = ingest();
        await().until(() -> get(ingest, "/health/detailed").body().contains("no table freshet.deliveries"));
        redis.cut();
        assertThat(deliver(ingest, "1").statusCode()).isEqualTo(503);
    }

    @Test
    void whatPostgresqlRefusesKeepsTheOthersNotOut() throws Exception {
        execute("alter table freshet.deliveries add constraint c check (id not like '%bad%')");
        var ingest = ingest();
        redis.cut();
        var answers = IntStream.range(0, 20)
                .mapToObj(i -> deliverLater(ingest, body((i == 7 ? "bad" : "good") + i)))
                .toList();
        CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).get();
        assertThat(spilled()).hasSize(19);
        assertThat(answers.get(7).get().statusCode()).isEqualTo(503);
    }

    @Test
    void anUnreadableDeliveryIsSpilledWithItsReason() throws Exception {
        var ingest = ingest();
        redis.cut();
        assertThat(deliverLater(ingest, "no json".getBytes(UTF_8)).get().body()).startsWith("{\"status\":\"dead\"");
        var job = spilled().getFirst();
        assertThat(job.attempts()).hasSize(1);
        assertThat(job.attempts().getFirst().step()).isEqualTo("decode");
    }

    @Test
    void whoWaitsForASpilledOneIsToldThatItIsStillToCome() throws Exception {
        var ingest = ingest();
        redis.cut();
        var answer =
                event(ingest, "/events?wait=applied", "{\"id\":\"w\",\"topic\":\"applicant.approved\",\"payload\":{}}");
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body()).contains("\"applied\":false");
        assertThat(spilled()).hasSize(1);
    }

    @Test
    void whatTooFewReplicasHaveIsSpilledToo() throws Exception {
        var ingest = ingest(Map.of("QUEUE_WAIT_REPLICAS", "1", "QUEUE_WAIT_TIMEOUT", "20ms"));
        assertThat(deliver(ingest, "1").body()).contains("accepted");
        assertThat(spilled()).hasSize(1);
        assertThat(queue().status().ready()).isEqualTo(1);
    }

    @Test
    void aFullQueueIsNoOutage() throws Exception {
        var ingest = ingest(Map.of("QUEUE_MAX_DEPTH", "1"));
        assertThat(deliver(ingest, "1").statusCode()).isEqualTo(200);
        assertThat(deliver(ingest, "2").body()).contains("queue_full");
        assertThat(spilled()).isEmpty();
    }

    @Test
    void whatARedisThatMayEvictWouldLoseIsSpilled() throws Exception {
        int port = EmbeddedRedis.freePort();
        var ingest = ingest(Map.of("REDIS_QUEUE_URL", "redis://127.0.0.1:" + port));
        try (var evicting = EmbeddedRedis.start(port, "maxmemory-policy allkeys-lru", "maxmemory 100mb")) {
            await().until(() -> get(ingest, "/health/detailed").body().contains("cannot be used"));
            assertThat(evicting.port()).isEqualTo(port);
            assertThat(deliver(ingest, "1").statusCode()).isEqualTo(200);
            assertThat(spilled()).hasSize(1);
        }
    }

    @Test
    void timesThatLeaveNoTimeAreRefused() {
        assertThatThrownBy(() -> ingest(Map.of("QUEUE_PATIENCE", "0s")))
                .isInstanceOf(SettingException.class)
                .hasMessageStartingWith("QUEUE_PATIENCE must be from 1ms to 1m");
        assertThatThrownBy(() -> ingest(Map.of("QUEUE_WAIT_REPLICAS", "1", "QUEUE_WAIT_TIMEOUT", "10s")))
                .isInstanceOf(SettingException.class)
                .hasMessageStartingWith("QUEUE_WAIT_TIMEOUT must be below QUEUE_PATIENCE, which is 10s");
    }

    private Ingest ingest() {
        return ingest(Map.of());
    }

    private Ingest ingest(Map<String, String> more) {
        var environment = new HashMap<>(Map.of(
                "INGEST_PORT",
                "0",
                "INGEST_HOST",
                "127.0.0.1",
                "CATALOG",
                catalog.toString(),
                "REDIS_QUEUE_URL",
                redis.url().toString(),
                "DATABASE_URL",
                postgres.url().toString(),
                "REDIS_KEY_PREFIX",
                prefix,
                "QUEUE_PATIENCE",
                "10s",
                "SPILL_PATIENCE",
                "30s"));
        environment.putAll(more);
        var ingest = Ingest.start(new Settings(environment));
        running.add(ingest);
        return ingest;
    }

    private JobQueue queue() {
        return new JobQueue(server, QueueOptions.defaults(prefix));
    }

    private List<Job> spilled() throws Exception {
        var found = new ArrayList<Job>();
        var page = new Spill(database).drain(0, rows -> {
            rows.forEach(row -> found.add(JobCodec.decode(row.job())));
            return List.of();
        });
        assertThat(page).isPresent();
        return found;
    }

    private void execute(String sql) {
        database.jdbi().useHandle(handle -> handle.execute(sql));
    }

    private static byte[] body(String id) {
        return ("{\"id\":\"" + id + "\",\"resource\":\"enrollment\",\"action\":\"created\"}").getBytes(UTF_8);
    }

    private HttpResponse<String> deliver(Ingest ingest, String id) throws Exception {
        return deliverLater(ingest, body(id)).get();
    }

    private CompletableFuture<HttpResponse<String>> deliverLater(Ingest ingest, byte[] body) {
        var request = at(ingest, "/webhooks/thinkific")
                .header("X-Thinkific-Hmac-Sha256", Hmac.signHex("one", body))
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        return http.sendAsync(request, BodyHandlers.ofString());
    }

    private HttpResponse<String> event(Ingest ingest, String path, String body) throws Exception {
        var bytes = body.getBytes(UTF_8);
        return http.send(
                at(ingest, path)
                        .header(FreshetSignature.HEADER, FreshetSignature.header("app-secret", Instant.now(), bytes))
                        .POST(BodyPublishers.ofByteArray(bytes))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpResponse<String> get(Ingest ingest, String path) throws Exception {
        return http.send(at(ingest, path).GET().build(), BodyHandlers.ofString());
    }

    private static HttpRequest.Builder at(Ingest ingest, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ingest.port() + path));
    }
}
