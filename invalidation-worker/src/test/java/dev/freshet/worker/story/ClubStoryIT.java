package dev.freshet.worker.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.Targets;
import dev.freshet.worker.dev.App;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The running club, from end to end. */
class ClubStoryIT extends SystemStory {
    private static final String ALL_OF_ADA = "Ada, her runs, her shoes, her profile, the feed of Kim";

    ClubStoryIT() {
        super("club");
    }

    @Test
    @Row("strategies per data type: TTL, tags, compression")
    void eachTypeOfDataHasItsStrategy() {
        assertThat(List.of("user", "runs", "shoes", "feed", "profile", "leaderboard", "coaches").stream()
                        .map(this::strategy))
                .containsExactly(
                        "900 [user:{userId}]",
                        "300 [user:{userId}, runs:{userId}]",
                        "600 [user:{userId}, shoes:{userId}]",
                        "120 [feed, social:{userId}]",
                        "300 [social:{userId}, user:{userId}] uncompressed",
                        "600 [leaderboard]",
                        "3600 [coaches]");
        app.sql("insert into runs (user_id, km, seconds, run_on, note)"
                + " select 12, 5, 1500, current_date, 'as every day' from generate_series(1, 30)");
        awaitQuiet();
        Map.of(
                        "/api/users/12", 900,
                        "/api/runs?userId=12", 300,
                        "/api/shoes?userId=12", 600,
                        "/api/feed?userId=12", 120,
                        "/api/profiles/12", 300,
                        "/api/coaches", 3_600)
                .forEach((path, ttl) -> {
                    get(path);
                    var entry = app.entry(asked(path)).orElseThrow();
                    assertThat(Duration.between(entry.loadedAt(), entry.softExpiry()))
                            .as("%s: up to a tenth less", path)
                            .isBetween(Duration.ofSeconds(ttl * 9 / 10), Duration.ofSeconds(ttl));
                    assertThat(entry.gzipped()).as(path).isEqualTo(entry.content().length >= 1_024);
                });
        assertThat(app.entry(asked("/api/runs?userId=12")).orElseThrow().gzipped())
                .isTrue();
        for (var valueAndTag : List.of(
                "Ada user:7",
                "her runs user:7",
                "her runs runs:7",
                "her shoes user:7",
                "her shoes shoes:7",
                "the feed of Kim feed",
                "the feed of Kim social:1",
                "her profile social:7",
                "her profile user:7",
                "the leaderboard leaderboard",
                "the coaches coaches")) {
            int blank = valueAndTag.lastIndexOf(' ');
            var value = valueAndTag.substring(0, blank);
            get(value);
            assertThat(App.outcome(get(value))).as(value).isEqualTo("HIT");
            admin("POST", CLEAR, "{\"tags\":[\"" + valueAndTag.substring(blank + 1) + "\"]}");
            assertThat(App.outcome(get(value))).as(valueAndTag).isEqualTo("MISS");
        }
    }

    private String strategy(String name) {
        var view = Objects.requireNonNull(app.catalog().views().get(name));
        return view.ttl().toSeconds() + " " + view.tags() + (view.serving().gzip() ? "" : " uncompressed");
    }

    @Test
    @Row("invalidate by several tags; delete by pattern; delete one")
    void whatWasInvalidatedByHandIsFreshByItself() {
        expect(
                sql("update users set name = 'Ada L.' where id = 7"),
                ALL_OF_ADA + ", the leaderboard",
                "user:7 social:7 feed leaderboard");
        expect(
                sql("insert into runs (user_id, km, seconds, run_on) values (7, 10, 3000, current_date)"),
                "her runs, her profile, the feed of Kim, the leaderboard",
                "runs:7 social:7 feed");
        expect(event("run.created", "{\"userId\": 7}"), ALL_OF_ADA, "runs:7 user:7 social:7 feed");
        expect(event("profile.updated", "{\"userId\": 7}"), ALL_OF_ADA, "user:7 social:7 feed leaderboard");
        expect(event("user.deleted", "{\"userId\": 7}"), ALL_OF_ADA, "user:7 social:7 runs:7 shoes:7 feed leaderboard");

        get("her runs");
        get("/api/runs?userId=7&page=2");
        assertThat(clear("{\"pattern\":\"runs:7:*\"}")).isEqualTo(2);
        get("the coaches");
        assertThat(clear("{\"pattern\":\"coaches\"}")).isEqualTo(1);
        get("her shoes");
        assertThat(admin("POST", CLEAR, "{\"tags\":[\"shoes:7\",\"feed\"]}").statusCode())
                .isEqualTo(200);
        assertThat(App.outcome(get("her shoes"))).isEqualTo("MISS");
        assertThat(App.outcome(get("the feed of Kim"))).isEqualTo("MISS");
    }

    /** Runs, shoes and follows go with their user; nobody lists what depended on them. */
    @Test
    void ofAUserWhoIsDeletedNothingStaysCached() {
        app.sql("""
                insert into users (id, name, city, email) values (7000, 'Gus', 'Lund', 'gus@example.com');
                insert into runs (user_id, km, seconds, run_on) values (7000, 5, 1500, current_date);
                insert into shoes values (70001, 7000, 'Road', 1);
                insert into follows values (7000, 7);
                """);
        var paths = List.of("/api/users/7000", "/api/runs?userId=7000", "/api/shoes?userId=7000", "/api/profiles/7000");
        awaitQuiet();
        paths.forEach(this::get);

        expect(
                sql("delete from users where id = 7000"),
                "her profile, the feed of Kim, the leaderboard",
                "user:7000 social:7000 runs:7000 shoes:7000 social:7 feed leaderboard");

        assertThat(paths.stream().map(path -> get(path).body().strip())).containsExactly("null", "[]", "[]", "null");
    }

    @Test
    @Row({
        "gzip for large values; key prefix; database number; switch to turn caching off",
        "warning when the hit rate falls under 70 %; settings per environment"
    })
    void theCacheIsPlacedAndSwitchedOffBySettings() {
        var cacheUrl = app.stage().setting("REDIS_CACHE_URL") + "/1";
        var environment = Map.of(
                "REDIS_CACHE_URL", cacheUrl,
                "REDIS_KEY_PREFIX", "another",
                "CACHE_TTL_COACHES", "60",
                "TARGET_HIT_RATE", "1");
        try (var other = stage(environment);
                var there = new App(other)) {
            get("the coaches");
            assertThat(App.outcome(there.get("/api/coaches"))).isEqualTo("MISS");
            assertThat(App.outcome(there.get("/api/coaches"))).isEqualTo("HIT");
            var entry = there.entry(asked("the coaches")).orElseThrow();
            assertThat(entry.softExpiry()).isBefore(entry.loadedAt().plusSeconds(61));
            List<String> ours = redis(redis -> redis.keys("another:*"));
            assertThat(ours).isEmpty();
            List<String> theirs = redis(redis -> {
                redis.select(1);
                return redis.keys("*");
            });
            assertThat(theirs).isNotEmpty().allMatch(key -> key.startsWith("another:"));
            var large =
                    HttpRequest.newBuilder(other.reads("/api/feed?userId=1")).header("Accept-Encoding", "gzip");
            assertThat(there.send(large).headers().firstValue("Content-Encoding"))
                    .contains("gzip");
            var next = new AtomicInteger();
            awaitMissed(
                    there,
                    "*",
                    1,
                    () -> { // nine of ten are hits, which is enough elsewhere
                        int n = next.getAndIncrement();
                        there.get(n % 10 == 0 ? "/api/users/" + (1_000_000 + n) : "/api/coaches");
                    });
            there.cache().clear();
            assertThat(App.outcome(get("the coaches"))).isEqualTo("HIT");
        }
        try (var off = stage(Map.of("REDIS_ENABLED", "false"));
                var there = new App(off)) {
            assertThat(there.get("/api/coaches").body()).contains("Ines");
            assertThat(App.outcome(there.get("/api/coaches"))).isEqualTo("BYPASS");
        }
    }

    @Test
    @Row({"warning when the hit rate falls under 70 %; settings per environment", "targets"})
    void whatIsExpectedIsComparedWithWhatIsMeasured() {
        var next = new AtomicInteger(1_000_000);
        expectTargets(
                new Targets(
                        Optional.of(0.85),
                        Optional.of(0.7),
                        Map.of(),
                        Optional.of(Duration.ofMillis(2)),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(0.7),
                        Optional.of(2_000L)),
                "*",
                () -> get("the coaches"),
                () -> get("/api/users/" + next.getAndIncrement()));
    }

    @Test
    @Row("statistics: hits, misses, hit rate, errors, reset; Redis version and memory")
    void whatWasReadIsCounted() {
        clear("{\"view\":\"coaches\"}");
        get("the coaches");
        get("the coaches");
        awaitUntil(() -> stats("coaches").path("hits").asLong() > 0);
        assertThat(stats("coaches").path("hitRate").asDouble()).isPositive();
        assertThat(stats("coaches").path("misses").asLong()).isPositive();
        app.sql("alter table shoes rename to moved");
        try {
            assertThat(get("/api/shoes?userId=11").statusCode()).isEqualTo(500);
        } finally {
            app.sql("alter table moved rename to shoes");
        }
        awaitUntil(() -> stats("shoes").path("errors").asLong() > 0);
        var redis = json(admin("GET", STATS, "")).path("redis").path(0);
        assertThat(redis.path("version").asText()).isNotEmpty();
        assertThat(redis.path("usedBytes").asLong()).isPositive();

        assertThat(freshet("cache", "stats", "--reset").code()).isZero();
        awaitUntil(
                () -> json(admin("GET", STATS, "")).path("total").path("loads").asLong() == 0);
    }

    @Test
    @Row("cached endpoints")
    void theApplicationsAddressesAreCached() {
        for (var path :
                List.of("/api/users/9", "/api/runs?userId=9", "/api/leaderboards", "/api/leaderboards?top=50")) {
            assertThat(get(path).statusCode()).isEqualTo(200);
            assertThat(App.outcome(get(path))).as(path).isEqualTo("HIT");
        }
        assertThat(get("/api/users/ada").statusCode()).isEqualTo(400);
        assertThat(get("/api/leaderboards?top=4711").statusCode()).isEqualTo(400);
        assertThat(get("/api/users/9").body()).doesNotContain("@");
        assertThat(json(get("/api/leaderboards?member=9")).path("rank").asInt()).isPositive();
    }
}
