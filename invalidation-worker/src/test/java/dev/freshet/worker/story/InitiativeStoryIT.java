package dev.freshet.worker.story;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.Codec;
import dev.freshet.cache.TypedCache;
import dev.freshet.catalog.Story;
import dev.freshet.catalog.Story.Read;
import dev.freshet.catalog.Story.Reader;
import dev.freshet.catalog.Story.Server;
import dev.freshet.catalog.Targets;
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
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
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
    @Row(
            "KPI cache per tenant, dashboards per role and user with a freshness stamp, query results, API responses with `X-Cache: HIT\\|MISS`")
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
        for (var path : List.of("/api/initiatives?status=done", "/api/initiatives?page=2")) {
            assertThat(App.outcome(get(path, KIM))).isEqualTo("MISS");
            assertThat(App.outcome(get(path, KIM))).isEqualTo("HIT");
        }
        expectKey(get("/api/kpi", ADA), "kpi:1");
        expectKey(get("/api/dashboard", KIM), "dashboard:member:3:1");
        expectKey(get("/api/areas", LEE), "areas:2");
        assertThat(get("/api/kpi?tenant=1", LEE).statusCode()).isEqualTo(400);
        assertThat(get("/api/kpi").statusCode()).isEqualTo(401);
        assertThat(get("/api/kpi", reader(Map.of("sub", "1", "role", "admin"))).statusCode())
                .isEqualTo(403);
    }

    @Test
    @Row("cache-aside, write-through, refresh-ahead (refresh in the background when < 20 % of the TTL is left)")
    void whatIsWrittenIsReadAtOnce() {
        expect(
                write(
                        "POST /api/kpi",
                        "{\"id\": 500001, \"initiativeId\": 1, \"at\": \"2026-01-05T12:00:00Z\", \"name\": \"churn\", \"value\": 3}"),
                "Acme's KPIs, the 5th of January at Acme",
                "kpi:1 stats:1:2026-01-05");
        var id = new AtomicInteger(500_100);
        var stale = new ArrayList<String>();
        awaitUntil(
                () -> { // a load that takes too long is left to readers
                    clear("{\"pattern\":\"kpi:1\"}");
                    int value = id.incrementAndGet();
                    write("POST /api/kpi", """
                            {"id": %1$d, "initiativeId": 1, "at": "2030-01-05T12:00:00Z", "name": "nps", "value": %1$d}""".formatted(value)).run();
                    var read = get("/api/kpi", ADA);
                    if (!read.body().contains(String.valueOf(value))) {
                        stale.add(read.body());
                    }
                    return App.outcome(read).equals("HIT"); // though nobody had read it since it was cleared
                });
        assertThat(stale).isEmpty();
    }

    /** On a clock that is faster: values of two seconds. */
    @Test
    @Row({
        "cache-aside, write-through, refresh-ahead (refresh in the background when < 20 % of the TTL is left)",
        "invalidation: direct, by pattern, by tag, by TTL"
    })
    void whatIsReadIsLoadedAheadAndWhatIsNotExpires() {
        try (var hurried = stage(Map.of("CACHE_TTL_KPI", "2s", "CACHE_TTL_AREAS", "1s"));
                var there = new App(hurried)) {
            var areas = Story.ask(there.catalog(), new Read("/api/areas", Optional.of(ADA)))
                    .orElseThrow();
            assertThat(App.outcome(there.get("/api/areas", ADA))).isEqualTo("MISS");
            var expiry = there.entry(areas).orElseThrow().softExpiry();

            var loaded = new AtomicReference<>(loadedAt(there.get("/api/kpi", ADA)));
            var before = new AtomicReference<>(Instant.MAX);
            awaitUntil(() -> {
                var read = there.get("/api/kpi", ADA);
                before.set(loaded.getAndSet(loadedAt(read)));
                return App.outcome(read).equals("HIT")
                        && loadedAt(read).isAfter(before.get()); // and this, its only reader, did not load it
            });
            assertThat(Duration.between(before.get(), loaded.get()))
                    .as("four fifths of a ttl that was shortened by a tenth at the most")
                    .isGreaterThan(Duration.ofMillis(2_000 * 9 / 10 * 4 / 5 - 1));

            awaitUntil(() -> Instant.now().isAfter(expiry));
            assertThat(App.outcome(there.get("/api/areas", ADA))).isEqualTo("MISS");
        }
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
            value =
                    "rate limit per identifier, allows when Redis is away; address from X-Forwarded-For behind trusted proxies only",
            also = "dev.freshet.worker.view.LimitsIT#withoutTrustedProxiesTheSenderCannotChooseItsAddress")
    void whoAsksTooOftenIsTurnedAway() {
        try (var limited = stage(Map.of(
                        "RATE_LIMIT_IDENTIFIER_REQUESTS", "3",
                        "RATE_LIMIT_API_REQUESTS", "20",
                        "RATE_LIMIT_WINDOW_MS", "3600000",
                        "TRUSTED_PROXIES", "127.0.0.1"));
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
            for (int n = 0; n < 20; n++) {
                assertThat(forwarded(there, n, "198.51.100.7")).isEqualTo(200);
            }
            assertThat(forwarded(there, 20, "198.51.100.7")).isEqualTo(429);
            assertThat(forwarded(there, 21, "203.0.113.9, 198.51.100.7"))
                    .as("only the proxy is believed, not who came to it")
                    .isEqualTo(429);
            assertThat(forwarded(there, 22, "198.51.100.8")).isEqualTo(200);
            limited.server(Server.CACHE).stop();
            awaitUntil(() -> App.outcome(there.get("/api/areas", LEE)).equals("BYPASS"));
            var uncounted = List.of(1, 2, 3, 4, 5).stream()
                    .map(n -> there.get("/api/areas", KIM).statusCode())
                    .toList();
            assertThat(uncounted).containsOnly(200);
        }
    }

    private static Instant loadedAt(HttpResponse<String> read) {
        return Instant.parse(read.headers().firstValue("X-Loaded-At").orElseThrow());
    }

    /**
     * As a trusted proxy passes it on.
     *
     * @param user each has an identifier's limit of its own
     */
    private static int forwarded(App there, int user, String address) {
        var as = reader(Map.of("sub", String.valueOf(1_000 + user), "role", "member", "tenant", "1"));
        return there.send(there.request("/api/areas", as).header("X-Forwarded-For", address))
                .statusCode();
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
        var top = json(get("/api/leaderboard?top=2", LEE)).path("members");
        assertThat(top)
                .hasSize(2)
                .allSatisfy(
                        member -> assertThat(member.path("score").asDouble()).isPositive());
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
    @Row("circuit breaker; pipelines for batches; hit/miss ratio; warming")
    void withoutRedisReadersAreServed() {
        get("/api/kpi", ADA);
        without(Server.CACHE, () -> {
            awaitUntil(() -> App.outcome(get("/api/kpi", ADA)).equals("BYPASS"));
            assertThat(App.outcome(get("/api/kpi", ADA))).isEqualTo("BYPASS");
        });
        awaitUntil(() -> App.outcome(get("/api/kpi", ADA)).equals("HIT"));
        awaitUntil(() -> stats("kpi").path("hitRate").asDouble() > 0);
        assertThat(stats("kpi").path("misses").isNumber()).isTrue();
        var warm = freshet("cache", "warm");
        assertThat(warm.code()).as(warm.said()).isZero();
    }

    @Test
    @Row(
            value = "circuit breaker; pipelines for batches; hit/miss ratio; warming",
            also = "dev.freshet.worker.run.PrewarmerIT#whenAWorkerStartsItLoadsWhatTheViewsName")
    void aBatchIsReadAndLoadedTogether() {
        var loads = new ArrayList<Integer>();
        var users = TypedCache.<Long, String>of(app.cache(), "own-users", Codec.json(String.class))
                .build();
        var ids = LongStream.range(0, 200).boxed().toList();
        for (int i = 0; i < 2; i++) {
            assertThat(users.wrapAll(ids, missing -> {
                        loads.add(missing.size());
                        return missing.stream().collect(Collectors.toMap(id -> id, id -> "user " + id));
                    }))
                    .hasSize(200)
                    .containsEntry(7L, "user 7");
        }
        assertThat(loads).containsExactly(200);
        assertThat(users.mget(ids)).hasSize(200);
    }

    @Test
    @Row("targets")
    void whatIsExpectedIsComparedWithWhatIsMeasured() {
        var day = new AtomicReference<>(LocalDate.of(1990, 1, 1));
        expectTargets(
                new Targets(
                        Optional.of(0.85),
                        Optional.empty(),
                        Map.of(),
                        Optional.empty(),
                        Optional.of(Duration.ofMillis(50)),
                        Optional.empty(),
                        Optional.of(Duration.ofMillis(5)),
                        Optional.empty(),
                        Optional.empty()),
                "*",
                () -> get("/api/kpi", ADA),
                () -> get("/api/stats?date=" + day.getAndUpdate(date -> date.plusDays(1)), ADA));
    }
}
