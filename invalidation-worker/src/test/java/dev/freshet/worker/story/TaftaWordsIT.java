package dev.freshet.worker.story;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Server;
import dev.freshet.catalog.Story.Signed;
import dev.freshet.catalog.Targets;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.worker.dev.App;
import io.lettuce.core.api.sync.RedisCommands;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** TAFTA's own words for its settings, its commands and its bounds; {@link TaftaStoryIT} has what happens there. */
class TaftaWordsIT extends SystemStory {
    private static final String ENROLLMENTS = "/api/enrollments/cached?cohortId=";
    private static final String STATISTICS = "/api/statistics/cached";

    TaftaWordsIT() {
        super("tafta");
    }

    @Test
    @Row("cache locking")
    void whateverManyReadOneLoads() throws Exception {
        clear("{\"all\":true}");
        double before = metric("freshet_cache_loads_total", label("view", "dashboard"));
        try (var database = new Database(app.stage().database(), DatabaseOptions.DEFAULTS.withPoolSize(1));
                var readers = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<Future<HttpResponse<String>>>();
            database.inTransaction(
                    connection -> { // loads wait until it ends
                        try (var statement = connection.createStatement()) {
                            statement.execute("lock table cohorts in access exclusive mode");
                        }
                        var read = (Callable<HttpResponse<String>>) () -> get("/api/dashboard/cached");
                        IntStream.range(0, 40).forEach(n -> answers.add(readers.submit(read)));
                        awaitUntil(() -> waiting(app) == 1);
                        return null;
                    });
            for (var answer : answers) {
                assertThat(answer.get().statusCode()).isEqualTo(200);
            }
        }
        assertThat(metric("freshet_cache_loads_total", label("view", "dashboard")))
                .isEqualTo(before + 1);
    }

    /** How many statements wait for somebody's lock. */
    private static int waiting(App app) throws SQLException {
        try (var database = new Database(app.stage().database(), DatabaseOptions.DEFAULTS.withPoolSize(1));
                var connection = database.connection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("select count(*) from pg_locks where not granted"
                        + " and database = (select oid from pg_database where datname = current_database())")) {
            row.next();
            return row.getInt(1);
        }
    }

    @Test
    @Row({
        "`REDIS_HOST`, `REDIS_PORT`, `REDIS_PASSWORD`, `REDIS_DB`",
        "`CACHE_TTL_ENROLLMENTS`, `_APPLICANTS`, `_STATISTICS`, `_DASHBOARD`",
        "`RATE_LIMIT_API_REQUESTS`, `RATE_LIMIT_WINDOW_MS`"
    })
    void itsSettingsAreUnderstood() {
        expectTtl(app, ENROLLMENTS + 3, 300);
        expectTtl(app, "/api/applicants/cached", 300);
        expectTtl(app, STATISTICS, 600);
        expectTtl(app, "/api/dashboard/cached", 300);
        try (var redis = EmbeddedRedis.start(0, "requirepass of-tafta");
                var own = stage(Map.ofEntries(
                        Map.entry("REDIS_QUEUE_URL", ""),
                        Map.entry("REDIS_CACHE_URL", ""),
                        Map.entry("REDIS_HOST", "127.0.0.1"),
                        Map.entry("REDIS_PORT", String.valueOf(redis.port())),
                        Map.entry("REDIS_PASSWORD", "of-tafta"),
                        Map.entry("REDIS_DB", "2"),
                        Map.entry("CACHE_TTL_ENROLLMENTS", "120"),
                        Map.entry("CACHE_TTL_APPLICANTS", "3m"),
                        Map.entry("CACHE_TTL_STATISTICS", "LONG"),
                        Map.entry("CACHE_TTL_DASHBOARD", "90000ms"),
                        Map.entry("RATE_LIMIT_API_REQUESTS", "14"),
                        Map.entry("RATE_LIMIT_DATABASE_REQUESTS", "8"),
                        Map.entry("RATE_LIMIT_CACHE_REQUESTS", "2"),
                        Map.entry("RATE_LIMIT_WEBHOOK_REQUESTS", "2"),
                        Map.entry("RATE_LIMIT_WINDOW_MS", "3600000")));
                var there = new App(own)) {
            expectTtl(there, ENROLLMENTS + 3, 120);
            expectTtl(there, "/api/applicants/cached", 180);
            expectTtl(there, STATISTICS, 1_800);
            expectTtl(there, "/api/dashboard/cached", 90);
            var url = "redis://:of-tafta@127.0.0.1:" + redis.port();
            long ours = redis(url + "/2", RedisCommands::dbsize);
            assertThat(ours).isPositive();
            long others = redis(url + "/0", RedisCommands::dbsize);
            assertThat(others).isZero();

            var loads = IntStream.rangeClosed(11, 15)
                    .mapToObj(cohort -> there.get(ENROLLMENTS + cohort).statusCode());
            assertThat(loads).as("4 were loaded before").containsExactly(200, 200, 200, 200, 429);
            var reads = IntStream.rangeClosed(1, 6)
                    .mapToObj(n -> there.get(STATISTICS).statusCode());
            assertThat(reads).as("9 were asked for before").containsExactly(200, 200, 200, 200, 200, 429);
            assertThat(there.get(STATISTICS).headers().firstValue("Retry-After"))
                    .isPresent();
            var operations = IntStream.rangeClosed(1, 3)
                    .mapToObj(n -> admin(there, "GET", STATS, "").statusCode());
            assertThat(operations).containsExactly(200, 200, 429);
            var webhooks = IntStream.rangeClosed(1, 3)
                    .mapToObj(n -> there.send(lead("limited-" + n)).statusCode());
            assertThat(webhooks).containsExactly(200, 200, 429);
        }
    }

    private static void expectTtl(App app, String path, long seconds) {
        app.get(path);
        var asked = app.ask(new dev.freshet.catalog.Story.Read(path, Optional.empty()));
        var entry = app.entry(asked).orElseThrow();
        assertThat(Duration.between(entry.loadedAt(), entry.softExpiry()))
                .as("%s: up to a tenth less", path)
                .isBetween(Duration.ofSeconds(seconds * 9 / 10), Duration.ofSeconds(seconds));
    }

    private Act.Webhook lead(String id) {
        var body = """
                {"id":"%s","resource":"lead","action":"created","created_at":"{now}",
                 "payload":{"id":7001,"email":"lee@example.com","created_at":"{now}"}}""".formatted(id);
        return new Act.Webhook(Objects.requireNonNull(app.catalog().sites().get("main")), "", body, Signed.RIGHT);
    }

    @Test
    @Row({"`cache:stats`", "`cache:stats health`"})
    void whatTheCacheCameToAndHowItFaresIsSaid() {
        get(ENROLLMENTS + 3);
        get(ENROLLMENTS + 3);
        awaitUntil(() -> stats("enrollments").path("hits").asLong() > 0);
        var said = freshet("cache", "stats");
        assertThat(said.code()).as(said.said()).isZero();
        assertThat(said.said()).containsPattern("(?m)^enrollments +\\d").containsIgnoringCase("memory");
        var health = json(admin("GET", "/health/detailed", ""));
        assertThat(health.path("status").asText()).isEqualTo("up");
        assertThat(health.path("redis").path("ms").isNumber()).isTrue();
        assertThat(health.path("database").path("ms").isNumber()).isTrue();
        var status = freshet("status");
        assertThat(status.code()).as(status.said()).isZero();
        assertThat(status.said()).contains("ready", "dead");
    }

    @Test
    @Row("`cache:clear`, `cache:clear enrollments`")
    void allOrOneTypeIsCleared() {
        expectAfter(List.of("cache", "clear", "--all"), "MISS", "MISS");
        expectAfter(List.of("cache", "clear", "--view", "enrollments"), "MISS", "HIT");
        expectAfter(List.of("cache", "clear", "--view", "statistics"), "HIT", "MISS");
        expectAfter(List.of("cache", "clear", "--tag", "cohort:3"), "MISS", "HIT");
        expectAfter(List.of("cache", "clear", "--all", "--dry-run"), "HIT", "HIT");
    }

    private void expectAfter(List<String> command, String enrollments, String statistics) {
        get(ENROLLMENTS + 3);
        get(STATISTICS);
        var run = freshet(command.toArray(String[]::new));
        assertThat(run.code()).as(run.said()).isZero();
        assertThat(App.outcome(get(ENROLLMENTS + 3))).as("%s", command).isEqualTo(enrollments);
        assertThat(App.outcome(get(STATISTICS))).as("%s", command).isEqualTo(statistics);
    }

    @Test
    @Row("cache warming")
    void afterARestartOfRedisValuesAreLoadedBeforeTheirReaders() {
        get(STATISTICS);
        without(Server.CACHE, () -> {});
        var warm = freshet("cache", "warm");
        assertThat(warm.code()).as(warm.said()).isZero();
        assertThat(App.outcome(get(STATISTICS))).isEqualTo("HIT");
    }

    @Test
    @Row("hit rate per type; speed")
    void whatIsExpectedIsComparedWithWhatIsMeasured() {
        var cohort = new AtomicInteger(1_000);
        expectTargets(
                new Targets(
                        Optional.empty(),
                        Optional.empty(),
                        Map.of(
                                "enrollments", hits(0.85),
                                "applicants", hits(0.8),
                                "statistics", hits(0.9),
                                "dashboard", hits(0.85)),
                        Optional.of(Duration.ofMillis(300)),
                        Optional.of(Duration.ofMillis(800)),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(0.8),
                        Optional.empty()),
                "enrollments",
                () -> get(ENROLLMENTS + 3),
                () -> get(ENROLLMENTS + cohort.getAndIncrement()));
    }

    @Test
    @Row(
            value =
                    "password, TLS, validated and sanitised requests, errors that leak nothing, logs of hit/miss, errors and webhook processing",
            also = {
                "dev.freshet.redis.SecuredRedisIT#aTrustedServerIsUsedOverTlsWithUserAndPassword",
                "dev.freshet.worker.story.SecretsIT#noSecretAndNoAddressOfAPersonIsEverSaid"
            })
    void whatIsAskedIsCheckedAndWhatFailsIsLoggedAndNotTold() {
        for (var wrong : List.of("0", "3%3Bdrop%20table%20x", "'3'", "3&page=0", "3&cohortId=4", "3&sort=id")) {
            assertThat(get(ENROLLMENTS + wrong).statusCode()).as(wrong).isEqualTo(400);
        }
        var none = get("/api/users/x'%20or%20'1'='1/cached");
        assertThat(json(none).path("userId").isNull()).as(none.body()).isTrue();
        try (var views = Said.by("dev.freshet.worker.view.ViewHandler", Level.ERROR);
                var cache = Said.by("dev.freshet.cache.log", Level.DEBUG);
                var worker = Said.by("dev.freshet.worker.run.Worker", Level.INFO)) {
            app.sql("alter table orders rename to moved");
            try {
                clear("{\"view\":\"statistics\"}");
                var failed = get(STATISTICS);
                assertThat(failed.statusCode()).isEqualTo(500);
                assertThat(failed.body()).doesNotContain("orders", "select", "relation", "Exception");
            } finally {
                app.sql("alter table moved rename to orders");
            }
            assertThat(views.lines()).anyMatch(line -> line.startsWith("view failed path=") && line.contains("orders"));
            get(STATISTICS);
            get(STATISTICS);
            assertThat(cache.lines())
                    .anyMatch(line -> line.matches("GET .*statistics MISS .* ms"))
                    .anyMatch(line -> line.matches("GET .*statistics HIT .* ms"));
            app.send(lead("logged"));
            awaitUntil(() -> worker.lines().stream().anyMatch(line -> line.matches("batch jobs=\\d+ applied=[1-9].*")));
        }
    }

    @Test
    @Row(
            value = "several Redis nodes, analytics, compression, prefetching, CDN headers, index advice",
            also = {
                "dev.freshet.cache.ClusterCacheIT#everyBucketIsFilledReadSweptAndInvalidated",
                "dev.freshet.cache.CacheReadsIT#aHitThatSoonExpiresIsLoadedAgainInTheBackground",
                "dev.freshet.worker.view.KeepingIT#aSharedCacheMayServeWhatTheViewLeavesToItAndIsToldTheSameBy304",
                "dev.freshet.db.SqlCheckIT#aViewIsCheckedWithoutRunningIt"
            })
    void whatWasPlannedThereIsHere() {
        var read = get(ENROLLMENTS + 3);
        assertThat(read.headers().firstValue("Cache-Tag").orElseThrow()).contains("cohort:3");
        var entry = app.entry(asked(ENROLLMENTS + 3)).orElseThrow();
        assertThat(entry.gzipped()).isEqualTo(entry.content().length >= 1_024).isTrue();
        awaitUntil(() -> stats("enrollments").path("compression").asDouble() < 1);
        var top = freshet("cache", "top");
        assertThat(top.code()).as(top.said()).isZero();
        assertThat(top.said()).contains("enrollments:3:1");
    }
}
