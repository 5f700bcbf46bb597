package dev.freshet.worker.story;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.Codec;
import dev.freshet.cache.TagCache;
import dev.freshet.cache.TypedCache;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Server;
import dev.freshet.catalog.Targets;
import dev.freshet.catalog.Targets.OfView;
import dev.freshet.model.Tag;
import dev.freshet.testing.Project;
import dev.freshet.worker.dev.App;
import io.lettuce.core.RedisClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The learning platform, from end to end. */
class ScormStoryIT extends SystemStory {
    private static final Instant WRITTEN = Instant.parse("2026-03-01T00:00:00Z");
    private static final String OF_THE_COURSE = "course 7, the courses of North, the dashboard of North";

    public record Course(long id, String title) {}

    ScormStoryIT() {
        super("scorm");
    }

    @Test
    @Row(
            "works without Redis: reads go to PostgreSQL, nothing throws, health says degraded; reconnects with exponential backoff")
    void withoutRedisAllGoesOn() {
        awaitUntil(() -> cacheIsUp() == 2);
        without(Server.CACHE, () -> {
            awaitUntil(() -> App.outcome(get("course 7")).equals("BYPASS"));
            assertThat(get("course 7").statusCode()).isEqualTo(200);
            assertThat(get("the dashboard of South").statusCode()).isEqualTo(200);
            awaitUntil(() -> json(get("/health")).path("status").asText().equals("degraded"));
            awaitUntil(() -> cacheIsUp() == 0); // which FreshetRedisAway asks for
        });
        awaitUntil(() -> App.outcome(get("course 7")).equals("HIT"));
        without(Server.QUEUE, () -> {
            var site = Objects.requireNonNull(app.catalog().sites().get("app"));
            var event = new Act.Event(site, "package.uploaded", "{\"filename\": \"spilled.zip\"}");
            assertThat(app.send(event).statusCode()).isEqualTo(202);
        });
        awaitUntil(() -> app.stage().frontEnd().tags().contains("manifest:spilled.zip"));
        assertThat(app.queue().dead()).isZero();
        assertThat(app.queue().missing()).isZero();
    }

    @Test
    @Row("cache API: get, set, wrap (cache-aside), delete, deletePattern, mget, mset, JSON values, statistics, health")
    void theCacheIsALibraryToo() {
        var stats = new CacheStats(new SimpleMeterRegistry());
        var cache = new TagCache(app.cacheServer(), app.cache().options(), stats);
        var courses = TypedCache.<Long, Course>of(cache, "own", Codec.json(Course.class))
                .tags(id -> List.of(new Tag("course:" + id)))
                .ttl(Duration.ofMinutes(10))
                .build();
        assertThat(courses.get(1L)).isEmpty();
        assertThat(courses.wrap(1L, id -> new Course(id, "one"))).isEqualTo(new Course(1, "one"));
        assertThat(courses.set(2L, new Course(2, "two"))).isTrue();
        assertThat(courses.mset(Map.of(3L, new Course(3, "three"), 4L, new Course(4, "four"))))
                .isEqualTo(2);
        assertThat(courses.mget(List.of(1L, 2L, 3L, 9L))).containsOnlyKeys(1L, 2L, 3L);
        assertThat(courses.delete(2L)).isTrue();
        assertThat(courses.get(2L)).isEmpty();
        assertThat(courses.deletePattern("*").orElseThrow()).isEqualTo(3);
        assertThat(stats.snapshot()).anySatisfy(view -> assertThat(view.reads()).isPositive());
    }

    /** How many of worker and serve get an answer from the cache's Redis. */
    private double cacheIsUp() {
        return metric("freshet_dependency_up", label("dependency", "cache"));
    }

    /** What the platform changes reaches its own cache of the library too: tags are shared. */
    @Test
    @Row(
            value = "warming on start, distributed invalidation, a metrics dashboard, eviction policies, Redis Cluster",
            also = {
                "dev.freshet.cache.ClusterCacheIT#everyBucketIsFilledReadSweptAndInvalidated",
                "dev.freshet.worker.run.ClusterStartIT#itWorksOffAllPartitionsAndOwesTheFrontEnds"
            })
    void aChangeReachesEveryProcess() {
        var courses = TypedCache.<Long, Course>of(app.cache(), "elsewhere", Codec.json(Course.class))
                .tags(id -> List.of(new Tag("course:" + id)))
                .build();
        courses.set(9L, new Course(9, "old"));
        app.sql("update courses set title = 'new' where id = 9");
        awaitUntil(() -> courses.get(9L).isEmpty());
    }

    @Test
    @Row("warming on start, distributed invalidation, a metrics dashboard, eviction policies, Redis Cluster")
    void eachTenantsDashboardIsLoadedBeforeAnybodyComes() {
        var ofDashboards = label("view", "dashboardStats");
        awaitUntil(() -> metric("freshet_warmed_total", ofDashboards, label("outcome", "stored")) > 0);
        clear("{\"all\":true}");
        var warm = freshet("cache", "warm");
        assertThat(warm.code()).as(warm.said()).isZero();
        assertThat(App.outcome(get("the dashboard of South"))).isEqualTo("HIT");
    }

    @Test
    @Row("warming on start, distributed invalidation, a metrics dashboard, eviction policies, Redis Cluster")
    void theBoardForGrafanaShowsWhatIsMeasured() throws IOException {
        expectServed(Files.readString(Project.path("docs/grafana.json")));
    }

    @Test
    @Row("warming on start, distributed invalidation, a metrics dashboard, eviction policies, Redis Cluster")
    void whatRedisEvictsIsLoadedAgainAndStillInvalidated() {
        get("course 7");
        evictAll();
        assertThat(App.outcome(get("course 7"))).isEqualTo("MISS");
        var redis = json(admin("GET", STATS, "")).path("redis").path(0);
        assertThat(redis.path("evictionPolicy").asText()).isEqualTo("allkeys-lru");
        assertThat(redis.path("evicted").asLong()).isPositive();
        expect(sql("update courses set title = 'Evicted' where id = 7"), OF_THE_COURSE, "course:7 courses:1 stats:1");
    }

    /** The rules for Prometheus ask for what this platform's processes measure, with the platform's own bounds. */
    @Test
    @Row("alerts")
    void theRulesAskForWhatIsMeasured() throws IOException {
        get("course 7");
        get("course 7");
        var rules = new YAMLMapper()
                .readTree(Project.path("docs/alerts.yml").toFile())
                .at("/groups/0/rules")
                .valueStream()
                .collect(Collectors.toMap(rule -> rule.path("alert").asText(), rule -> rule));
        assertRule(rules.get("FreshetRedisAway"), "5m", "freshet_dependency_up{dependency=~\"queue|cache\"}", "== 0");
        assertThat(metric("freshet_dependency_up", label("dependency", "queue")))
                .isNotNaN();
        assertRule(rules.get("FreshetHitRate"), "10m", "freshet_cache_reads_total{outcome=\"hit\"}", "< 0.5");
        assertThat(metric("freshet_cache_reads_total", label("view", "course"), label("outcome", "hit")))
                .isPositive();
        assertRule(rules.get("FreshetReadsSlow"), "5m", "0.95, sum by (le, view)", "> 0.2");
        assertThat(metric("freshet_read_seconds_bucket", label("view", "course"), label("le", "0.2")))
                .as("a bucket ends there, so that nothing is guessed")
                .isNotNaN();
        for (var rule : rules.values()) {
            expectServed(rule.path("expr").asText());
        }
    }

    private static void assertRule(@Nullable JsonNode rule, String lasting, String... asks) {
        var there = Objects.requireNonNull(rule);
        assertThat(there.path("for").asText()).isEqualTo(lasting);
        assertThat(there.path("expr").asText()).contains(asks);
    }

    /** Whatever metrics a text names, one of the processes serves; proofs only where front ends give them. */
    private void expectServed(String text) {
        var served = metrics(app);
        assertThat(Pattern.compile("freshet_[a-z_]+").matcher(text).results().map(MatchResult::group))
                .isNotEmpty()
                .filteredOn(name -> !name.equals("freshet_proofs_total"))
                .allSatisfy(name -> assertThat(served).anyMatch(line -> line.matches(name + "[{ ].*")));
    }

    @Test
    @Row("targets")
    void whatIsExpectedIsComparedWithWhatIsMeasured() {
        var next = new AtomicInteger(1_000_000);
        var ms = Duration.ofMillis(1);
        expectTargets(
                new Targets(
                        Optional.of(0.7),
                        Optional.empty(),
                        Map.of("dashboardStats", new OfView(Optional.of(0.5), Optional.of(ms.multipliedBy(50)))),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(ms.multipliedBy(150)),
                        Optional.of(ms.multipliedBy(5)),
                        Optional.of(0.6),
                        Optional.empty()),
                "*",
                () -> get("course 7"),
                () -> get("/api/courses/" + next.getAndIncrement()));
        assertThat(metric("freshet_session_seconds_bucket", label("le", "0.005")))
                .isNotNaN();
        awaitMissed(app, "dashboardStats", 1, () -> get("/api/dashboard/stats?tenantId=" + next.getAndIncrement()));
        awaitMissed(app, "dashboardStats", 0, () -> get("the dashboard of South"));
    }

    @Test
    @Row("key families and TTLs")
    void theKeyFamiliesAreThoseOfThePlatform() {
        assertThat(List.of("tenant", "course", "dispatch", "dashboardStats", "manifest").stream()
                        .map(this::family))
                .containsExactly(
                        "3600 tenant:{tenantId}",
                        "600 course:{courseId}",
                        "300 dispatch:{dispatchId}",
                        "60 dashboard:stats:{tenantId}",
                        "3600 scorm:manifest:{filename}:{mtime}");
        get("/api/tenants/2");
        get("/api/dispatches/d3");
        get("/api/dashboard/stats?tenantId=2");
        for (var key : List.of("tenant:2", "dispatch:d3", "dashboard:stats:2")) {
            assertThat(clear("{\"pattern\":\"" + key + "\"}")).as(key).isEqualTo(1);
        }
    }

    @Test
    @Row("storage layer that caches reads and invalidates on update")
    void anUpdateIsReadAtOnce() {
        expect(
                write("PUT /api/courses", "{\"id\": 7, \"title\": \"Told\"}"),
                OF_THE_COURSE,
                "course:7 courses:1 stats:1");
        assertThat(json(get("course 7")).path("title").asText()).isEqualTo("Told");
        expect(sql("update courses set title = 'Untold' where id = 7"), OF_THE_COURSE, "course:7 courses:1 stats:1");
        assertThat(json(get("course 7")).path("title").asText()).isEqualTo("Untold");
        expect(write("PUT /api/tenants", "{\"id\": 1, \"plan\": \"gold\"}"), "North", "tenant:1");
        expect(
                write("POST /api/dispatches/launch", "{\"launchId\": \"l-it\", \"dispatchId\": \"d7\"}"),
                "dispatch d7",
                "dispatch:d7");
        expect(
                write(
                        "PUT /api/registrations",
                        "{\"id\": 70001, \"dispatchId\": \"d17\", \"learner\": \"sam\", \"status\": \"completed\"}"),
                "dispatch d17, the dashboard of South",
                "dispatch:d17 stats:2");
        expect(
                write(
                        "PUT /api/registrations",
                        "{\"id\": 70001, \"dispatchId\": \"d7\", \"learner\": \"sam\", \"status\": \"completed\", \"score\": 80}"),
                "dispatch d17, the dashboard of South",
                "dispatch:d17 stats:2");
        expect(
                sql("update dispatches set name = 'Other' where id = 'd7'"),
                "dispatch d7, the dashboard of North",
                "dispatch:d7 stats:1");
        expect(
                sql("delete from registrations where id = 70001"),
                "dispatch d17, the dashboard of South",
                "dispatch:d17 stats:2");
    }

    @Test
    @Row("parsed SCORM manifests cached by file name and mtime")
    void aManifestIsReadOnce() {
        var path = "/api/manifests/boats.zip?mtime=" + WRITTEN.getEpochSecond();
        app.stage().put(new Act.Put("packages/boats.zip", manifest("2004 4th Edition", "Boats"), WRITTEN));
        var read = json(get(path));
        assertThat(read.path("scorm").asText()).isEqualTo("2004");
        assertThat(read.path("title").asText()).isEqualTo("Boats");
        assertThat(App.outcome(get(path))).isEqualTo("HIT");

        var later = WRITTEN.plusSeconds(60);
        app.stage().put(new Act.Put("packages/boats.zip", manifest("1.2", "Ships"), later));
        var again = json(get("/api/manifests/boats.zip?mtime=" + later.getEpochSecond()));
        assertThat(again.path("scorm").asText()).isEqualTo("1.2");
        assertThat(again.path("title").asText()).isEqualTo("Ships");
        event("package.uploaded", "{\"filename\": \"boats.zip\"}").run();
        assertThat(get(path).body()).as("of the file that is gone").isEqualTo("null");

        app.stage().put(new Act.Put("packages/bad.zip", Map.of("imsmanifest.xml", "<!DOCTYPE a><a/>"), WRITTEN));
        var bad = "/api/manifests/bad.zip?mtime=" + WRITTEN.getEpochSecond();
        assertThat(get(bad).statusCode()).isEqualTo(500);
        assertThat(app.loadedAt(asked(bad))).isEmpty();
        assertThat(get("/api/manifests/..%2Fgolf.zip?mtime=1").statusCode()).isNotEqualTo(200);
    }

    private static Map<String, String> manifest(String version, String title) {
        var text = """
                <manifest identifier="m" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"
                    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3">
                  <metadata><schema>ADL SCORM</schema><schemaversion>%s</schemaversion></metadata>
                  <organizations default="O"><organization identifier="O"><title>%s</title>
                    <item identifier="I" identifierref="R"><title>Start</title></item>
                  </organization></organizations>
                  <resources><resource identifier="R" type="webcontent" adlcp:scormType="sco" href="index.html">
                    <file href="index.html"/></resource></resources>
                </manifest>
                """.formatted(version, title);
        return Map.of("imsmanifest.xml", text, "index.html", "hello");
    }

    @Test
    @Row("sessions in Redis, PostgreSQL when Redis is away, found again when it returns; signed session tokens")
    void nobodyIsSignedOut() {
        assertThat(app.catalog().sessions().orElseThrow().ttl()).isEqualTo(Duration.ofDays(7));
        sessionsOutliveRedis();
    }

    @Test
    @Row("admin API behind a bearer token: statistics; clear all or by pattern, itself rate limited")
    void onlyOperatorsClear() {
        get("/api/tenants/1");
        get("/api/tenants/2");
        assertThat(clear("{\"pattern\":\"tenant:*\"}")).isEqualTo(2);
        get("/api/tenants/1");
        assertThat(clear("{\"all\":true}")).isPositive();
        assertThat(App.outcome(get("/api/tenants/1"))).isEqualTo("MISS");
        assertThat(json(admin("GET", STATS, "")).path("views").isArray()).isTrue();
        assertThat(app.get(STATS).statusCode()).isEqualTo(401);
        assertThat(app.send(HttpRequest.newBuilder(app.stage().reads(CLEAR))
                                .POST(BodyPublishers.ofString("{\"all\":true}"))
                                .header("Authorization", "Bearer somebody"))
                        .statusCode())
                .isEqualTo(401);
        try (var limited = stage(Map.of("RATE_LIMIT_CACHE_REQUESTS", "2", "RATE_LIMIT_WINDOW_MS", "86400000"));
                var there = new App(limited)) {
            var answers = List.of(1, 2, 3).stream()
                    .map(n -> there.send(HttpRequest.newBuilder(limited.reads(STATS))
                                    .header("Authorization", "Bearer " + limited.setting("ADMIN_TOKEN")))
                            .statusCode())
                    .toList();
            assertThat(answers).containsExactly(200, 200, 429);
        }
    }

    @Test
    @Row("health: short and detailed (database response time, redis, cache)")
    void healthIsShortOrDetailed() {
        assertThat(json(get("/health")).path("status").asText()).isEqualTo("up");
        get("course 7");
        var detailed = json(admin("GET", "/health/detailed", ""));
        assertThat(detailed.path("database").path("ms").isNumber()).isTrue();
        assertThat(detailed.path("redis").path("ms").isNumber()).isTrue();
        assertThat(detailed.toString()).contains("\"hits\"");
    }

    @Test
    @Row("values validated before they are cached; no passwords cached")
    void noPasswordIsEverCached() {
        assertThat(get("/api/tenants/1").body()).doesNotContain("password").doesNotContain("never cached");
        var checked = TypedCache.<Long, Course>of(app.cache(), "checked", Codec.json(Course.class))
                .validate(course -> !course.title().isEmpty())
                .build();
        checked.wrap(1L, id -> new Course(id, ""));
        assertThat(checked.get(1L)).isEmpty();
        checked.wrap(1L, id -> new Course(id, "one"));
        assertThat(checked.get(1L)).isPresent();
    }

    /** The steps of docs/scorm.md: family by family, beside the helper that is there. */
    @Test
    @Row("moving over beside an old cache, key family by key family")
    void theOldCacheIsLeftAlone() {
        var client = RedisClient.create(app.stage().setting("REDIS_CACHE_URL"));
        try (var connection = client.connect()) {
            var old = connection.sync();
            old.set("course:7", "{\"title\":\"of the old helper\"}");
            old.set("tenant:1", "{}");
            get("course 7");
            clear("{\"pattern\":\"course:*\"}");
            clear("{\"all\":true}");
            expect(sql("update courses set title = 'Moved' where id = 7"), OF_THE_COURSE, "course:7 courses:1 stats:1");
            assertThat(old.get("course:7")).contains("of the old helper");
            assertThat(old.get("tenant:1")).isEqualTo("{}");
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }
}
