package dev.freshet.worker.story;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.Story.Reader;
import dev.freshet.catalog.Story.Server;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.queue.Claim;
import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.queue.Verdict;
import dev.freshet.redis.RedisServer;
import dev.freshet.worker.dev.App;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The dashboard of initiatives, from end to end. */
class InitiativeStoryIT extends SystemStory {
    private static final Reader ADA = reader(Map.of("sub", "1", "role", "admin", "tenant", "1"));
    private static final Reader KIM = reader(Map.of("sub", "3", "role", "member", "tenant", "1"));
    private static final Reader LEE = reader(Map.of("sub", "11", "role", "admin", "tenant", "2"));

    InitiativeStoryIT() {
        super("initiative");
    }

    @Test
    @Row("KPI cache per tenant, dashboards per role and user with a freshness stamp, `X-Cache`")
    void aTenantsValuesAreItsOwn() {
        assertThat(List.of(family("kpi"), family("dashboard"), family("areas")))
                .containsExactly("300 kpi:{tenant}", "600 dashboard:{role}:{userId}:{tenant}", "600 areas:{tenant}");
        get("/api/kpi", ADA);
        var kpi = get("/api/kpi", ADA);
        assertThat(App.outcome(kpi)).isEqualTo("HIT");
        assertThat(Instant.parse(kpi.headers().firstValue("X-Loaded-At").orElseThrow()))
                .isBeforeOrEqualTo(Instant.now().plusSeconds(60));
        assertThat(App.outcome(get("/api/kpi", KIM))).as("of the same tenant").isEqualTo("HIT");
        assertThat(get("/api/kpi", LEE).body()).isNotEqualTo(kpi.body());
        assertThat(json(get("/api/dashboard", ADA)).path("budgetCents").isNumber())
                .isTrue();
        assertThat(json(get("/api/dashboard", KIM)).path("budgetCents").isNull())
                .isTrue();
        assertThat(get("/api/kpi?tenant=1", LEE).statusCode()).isEqualTo(400);
        assertThat(get("/api/kpi").statusCode()).isEqualTo(401);
        assertThat(get("/api/kpi", reader(Map.of("sub", "1", "role", "admin"))).statusCode())
                .isEqualTo(403);
    }

    @Test
    @Row("cache-aside, write-through, refresh-ahead")
    void whatIsWrittenIsReadAtOnce() {
        expect(
                write(
                        "POST /api/kpi",
                        "{\"id\": 500001, \"initiativeId\": 1, \"at\": \"2026-01-05T12:00:00Z\", \"name\": \"churn\", \"value\": 3}"),
                "Acme's KPIs, the 5th of January at Acme",
                "kpi:1 stats:1:2026-01-05");
        write(
                        "POST /api/kpi",
                        "{\"id\": 500002, \"initiativeId\": 1, \"at\": \"2030-01-05T12:00:00Z\", \"name\": \"nps\", \"value\": 77}")
                .run();
        var read = get("/api/kpi", ADA);
        assertThat(read.body()).contains("77");
        assertThat(Objects.requireNonNull(app.catalog().events().get("kpi.reported"))
                        .through())
                .containsExactly("kpi");
        assertThat(app.catalog().views().values())
                .allSatisfy(view -> assertThat(view.serving().refreshAhead()).isEqualTo(0.2));
    }

    @Test
    @Row("invalidation: direct, by pattern, by tag, by TTL")
    void valuesAreRemovedInEveryWay() {
        expect(
                sql("update initiatives set progress = 0.5 where id = 2"),
                "Ada's dashboard, Sam's dashboard, what runs at Acme",
                "initiatives:1 dashboard:1 user:3");
        expect(sql("insert into areas values (500, 1, 'More')"), "Acme's areas", "areas:1");
        expect(
                sql("update users set name = 'Leonie' where id = 11"),
                "Lee's dashboard, Globex's leaderboard",
                "dashboard:2 user:11 leaderboard:2");
        get("/api/areas", ADA);
        get("/api/areas", LEE);
        assertThat(clear("{\"pattern\":\"areas:1\"}")).isEqualTo(1);
        assertThat(clear("{\"pattern\":\"areas:*\"}")).isEqualTo(1);
        get("/api/areas", ADA);
        assertThat(admin("POST", CLEAR, "{\"tags\":[\"areas:1\"]}").statusCode())
                .isEqualTo(200);
        assertThat(App.outcome(get("/api/areas", ADA))).isEqualTo("MISS");
    }

    @Test
    @Row(
            "rate limit per identifier, allows when Redis is away; address from X-Forwarded-For behind trusted proxies only")
    void whoAsksTooOftenIsTurnedAway() {
        try (var limited = stage(Map.of("RATE_LIMIT_IDENTIFIER_REQUESTS", "3", "RATE_LIMIT_WINDOW_MS", "3600000"));
                var there = new App(limited)) {
            var answers = List.of(1, 2, 3, 4).stream()
                    .map(n -> there.get("/api/areas", ADA).statusCode())
                    .toList();
            assertThat(answers).containsExactly(200, 200, 200, 429);
            var refused = there.get("/api/areas", ADA);
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            assertThat(there.get("/api/areas", LEE).statusCode())
                    .as("somebody else")
                    .isEqualTo(200);
            limited.server(Server.CACHE).stop();
            awaitUntil(() -> App.outcome(there.get("/api/areas", LEE)).equals("BYPASS"));
            var uncounted = List.of(1, 2, 3, 4, 5).stream()
                    .map(n -> there.get("/api/areas", KIM).statusCode())
                    .toList();
            assertThat(uncounted).containsOnly(200);
        }
    }

    @Test
    @Row("sessions: store, get, extend")
    void nobodyIsSignedOut() {
        assertThat(app.catalog().sessions().orElseThrow().ttl()).isEqualTo(Duration.ofHours(24));
        sessionsOutliveRedis();
    }

    /** The queue alone is a library: another prefix is another queue. */
    @Test
    @Row("job queue on a Redis list, blocking pop, failures to a dead-letter queue")
    void aQueueOfOnesOwn() {
        try (var server = new RedisServer("queue", queueUrl(), Duration.ofSeconds(5))) {
            var options = QueueOptions.defaults("queue:mail");
            var mail = new JobQueue(server, options);
            var at = Instant.parse("2026-02-01T10:00:00Z");
            mail.enqueue(Job.first("mail-1", "app", "mail.send", at, false, "t", "{\"to\":7}".getBytes(UTF_8)))
                    .toCompletableFuture()
                    .join();
            assertThat(mail.awaitWork(Duration.ofSeconds(10))).isTrue();
            var claim = (Claim) mail.claim(10, Duration.ofSeconds(30));
            var job = claim.jobs().getFirst();
            assertThat(job.id()).isEqualTo("mail-1");
            assertThat(job.receivedAt()).isEqualTo(at);
            var why = new Attempt(at, "test", "send", "nobody there");
            mail.settle(claim, List.of(new Verdict.Bury(job, why)), Map.of());
            assertThat(new DeadLetters(server, options).list(DeadFilter.all(), 0, 10))
                    .singleElement()
                    .satisfies(letter -> assertThat(
                                    letter.job().attempts().getLast().error())
                            .isEqualTo("nobody there"));
        }
    }

    private URI queueUrl() {
        return URI.create(app.stage().setting("REDIS_QUEUE_URL"));
    }

    @Test
    @Row("aggregations cached by tenant and day; leaderboard (add score, top N with scores)")
    void aDayIsAValueOfItsOwn() {
        assertThat(family("stats")).isEqualTo("3600 stats:{tenant}:{date}");
        expect(
                sql("update kpi_values set value = value + 1 where id = 1041"),
                "Acme's KPIs, the 5th of January at Acme",
                "kpi:1 stats:1:2026-01-05");
        expect(
                sql("insert into kpi_values values (500003, 1, 1, now(), 'revenue', 9)"),
                "Acme's KPIs, today at Acme",
                "kpi:1 stats:1:" + Instant.now().toString().substring(0, 10));
        expect(
                write("POST /api/points", "{\"id\": 500004, \"userId\": 13, \"points\": 1000}"),
                "Globex's leaderboard",
                "");
        var first = json(get("/api/leaderboard", LEE)).path("members").path(0);
        assertThat(first.path("member").asText()).isEqualTo("13");
        assertThat(first.path("rank").asInt()).isEqualTo(1);
    }

    @Test
    @Row("health with latency; metrics from Redis INFO (operations, memory, clients)")
    void healthAndRedisAreSaid() {
        var health = json(admin("GET", "/health/detailed", ""));
        assertThat(health.path("status").asText()).isEqualTo("up");
        assertThat(health.path("redis").path("ms").isNumber()).isTrue();
        var redis = json(admin("GET", STATS, "")).path("redis").path(0);
        assertThat(redis.path("commandsPerSecond").isNumber()).isTrue();
        assertThat(redis.path("usedBytes").asLong()).isPositive();
        assertThat(redis.path("clients").asLong()).isPositive();
    }

    @Test
    @Row("circuit breaker; hit/miss ratio; warming")
    void withoutRedisReadersAreServed() {
        without(Server.CACHE, () -> {
            assertThat(App.outcome(get("/api/kpi", ADA))).isEqualTo("BYPASS");
            assertThat(App.outcome(get("/api/kpi", ADA))).isEqualTo("BYPASS");
        });
        awaitUntil(() -> App.outcome(get("/api/kpi", ADA)).equals("HIT"));
        awaitUntil(() -> stats("kpi").path("hitRate").asDouble() > 0);
        var warm = freshet("cache", "warm");
        assertThat(warm.code()).as(warm.said()).isZero();
    }
}
