package dev.freshet.worker.view;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.cache.Boards;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.View;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.ServeProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BoardViewIT {
    private static final String CATALOG = """
            application: club
            views:
              board:
                kind: leaderboard
                route: /api/leaderboards/{club}
                key: board:{club}
                params: { club: int }
                sql: |
                  select user_id, max(name) as name, sum(km) as km from runs where club = :club group by user_id
                member: user_id
                score: km
                tags: [ "club:{club}" ]
                ttl: 10m
              broken:
                kind: leaderboard
                key: broken
                sql: select user_id, km from runs
                member: user_id
                score: km
                tags: [ broken ]
                ttl: 10m
            """;

    private static final Pattern MEMBER = Pattern.compile("\"member\":\"(.*?)\"");
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final EmbeddedRedis redis = EmbeddedRedis.start(0);
    private final URI databaseUrl = TestServices.shared().newDatabase();
    private final Database database = new Database(databaseUrl, DatabaseOptions.DEFAULTS);
    private final RedisServer server = new RedisServer("cache", redis.url(), Duration.ofSeconds(10));
    private final TagCache cache = new TagCache(server, CacheOptions.defaults("freshet"));
    private final Boards boards = new Boards(cache);
    private Catalog catalog;
    private ServeProcess process;

    @BeforeEach
    void start(@TempDir Path directory) throws IOException {
        var file = Files.writeString(directory.resolve("catalog.yaml"), CATALOG);
        catalog = CatalogReader.read(file.toString(), Map.of());
        database.jdbi().useHandle(handle -> {
            handle.execute("create table runs (user_id int, name text, km numeric, club int)");
            handle.execute("insert into runs values (1, 'Ada', 40, 3), (1, 'Ada', 2.5, 3), (2, 'Bob \"B\"', 42, 3),"
                    + " (3, null, 7, 3), (4, 'Dan', 1, 4)");
        });
        process = ServeProcess.start(new Settings(Map.of(
                "SERVE_PORT", "0",
                "SERVE_HOST", "127.0.0.1",
                "CATALOG", file.toString(),
                "REDIS_CACHE_URL", redis.url().toString(),
                "DATABASE_URL", TestServices.shared().serveUrl(databaseUrl).toString())));
    }

    @AfterEach
    void stop() {
        process.close();
        server.close();
        database.close();
        redis.close();
    }

    @Test
    void placesAreReadByRankByMemberAndAround() {
        var first = get("/api/leaderboards/3");
        assertThat(first.body())
                .isEqualTo("{\"size\":3,\"members\":["
                        + "{\"rank\":1,\"member\":\"1\",\"score\":42.5,\"name\": \"Ada\"},"
                        + "{\"rank\":2,\"member\":\"2\",\"score\":42,\"name\": \"Bob \\\"B\\\"\"},"
                        + "{\"rank\":3,\"member\":\"3\",\"score\":7,\"name\": null}]}");
        assertThat(header(first, "X-Cache")).isEqualTo("MISS");
        assertThat(header(first, "Cache-Control")).isEqualTo("no-cache");
        assertThat(header(first, "Cache-Tag")).isEqualTo("club:3");
        assertThat(first.headers().firstValue("ETag")).isEmpty();

        var top = get("/views/board?club=3&top=1");
        assertThat(top.body())
                .isEqualTo("{\"size\":3,\"members\":[{\"rank\":1,\"member\":\"1\",\"score\":42.5,\"name\": \"Ada\"}]}");
        assertThat(header(top, "X-Cache")).isEqualTo("HIT");
        assertThat(Integer.parseInt(header(top, "Age"))).isBetween(0, 60);

        assertThat(get("/api/leaderboards/3?member=3").body())
                .isEqualTo("{\"size\":3,\"rank\":3,\"member\":\"3\",\"score\":7,\"name\": null}");
        assertThat(get("/api/leaderboards/3?member=4").body()).isEqualTo("null");
        assertThat(members("/api/leaderboards/3?member=3&around=1")).isEqualTo("2 3");
        assertThat(members("/api/leaderboards/3?member=1&around=5")).isEqualTo("1 2 3");
        assertThat(get("/api/leaderboards/3?member=4&around=1").body()).isEqualTo("{\"size\":3,\"members\":[]}");
        assertThat(get("/api/leaderboards/9").body()).isEqualTo("{\"size\":0,\"members\":[]}");
    }

    @Test
    void aMarkedMemberIsLoadedAndATagLoadsAll() {
        assertThat(members("/api/leaderboards/3")).isEqualTo("1 2 3");
        database.jdbi().useHandle(handle -> {
            handle.execute("insert into runs values (3, 'Cy', 100, 3)");
            handle.execute("insert into runs values (2, 'Bob', 200, 3)");
        });
        assertThat(members("/api/leaderboards/3"))
                .as("nobody has said anything")
                .isEqualTo("1 2 3");

        boards.mark(Map.of(key("3"), List.of("3")));
        var marked = get("/api/leaderboards/3");
        assertThat(header(marked, "X-Cache")).isEqualTo("MISS");
        assertThat(members(marked)).isEqualTo("3 1 2");
        assertThat(header(get("/api/leaderboards/3"), "X-Cache")).isEqualTo("HIT");

        cache.invalidate(List.of(new Tag("club:3")));
        assertThat(members("/api/leaderboards/3")).isEqualTo("2 3 1");
    }

    @Test
    void aHotBoardIsBuiltAnewBeforeItsNextReader() {
        members("/api/leaderboards/3");
        database.jdbi().useHandle(handle -> handle.execute("insert into runs values (3, 'Cy', 100, 3)"));
        cache.invalidate(List.of(new Tag("club:3")));
        var views = new CachedViews(cache, catalog, database, 4);

        assertThat(views.warm(cache.sweep(List.of(new Tag("club:3")))).stored()).isEqualTo(1);

        var read = get("/api/leaderboards/3");
        assertThat(header(read, "X-Cache")).isEqualTo("HIT");
        assertThat(members(read)).isEqualTo("3 1 2");
        boards.mark(Map.of(key("3"), List.of("3", "1")));
        assertThat(views.patch("board", Map.of("club", "3"))).isTrue();
        assertThat(header(get("/api/leaderboards/3"), "X-Cache")).isEqualTo("HIT");
    }

    @Test
    void withoutRedisPlacesComeFromTheDatabase() {
        var cached = get("/api/leaderboards/3").body();
        redis.stop();
        await().untilAsserted(() -> {
            var read = get("/api/leaderboards/3");
            assertThat(header(read, "X-Cache")).isEqualTo("BYPASS");
            assertThat(read.body()).isEqualTo(cached);
        });
        assertThat(get("/api/leaderboards/3?member=3").body()).contains("\"rank\":3,");
        assertThat(members("/api/leaderboards/3?member=3&around=1")).isEqualTo("2 3");
        assertThat(get("/api/leaderboards/3?member=8").body()).isEqualTo("null");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "club=3&top=0|top must be a whole number from 1 to 1000, was '0'",
                "club=3&top=1001|top must be a whole number from 1 to 1000, was '1001'",
                "club=3&top=ten|top must be a whole number from 1 to 1000, was 'ten'",
                "club=3&member=1&around=101|around must be a whole number from 0 to 100, was '101'",
                "club=3&around=1|around is for a member; give member too",
                "club=3&member=%00|member must be text of at most 400 characters, none of them a control character",
                "club=3&member=1&top=3|top and member cannot be asked for at once; take one of them",
                "member=1|club is missing; it must be a whole number",
                "club=3&member=1&member=2|member is given more than once; give it once",
                "club=3&rank=1|there is no parameter rank; board takes club",
            })
    void whatCannotBeAskedForIsRefused(String query, String message) {
        var refused = get("/views/board?" + query);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains(message);
    }

    @Test
    void aMemberInTwoRowsIsAnErrorOfTheCatalog() {
        var failed = get("/views/broken");
        assertThat(failed.statusCode()).isEqualTo(500);
        assertThat(failed.body()).contains("\"error\":\"failed\"");
        assertThat(cache.begin("free", List.of())).isPresent();
    }

    @Test
    void theListOfViewsSaysWhatCanBeAskedFor() {
        assertThat(get("/views").body())
                .contains("\"top\":{\"type\":\"int\",\"default\":\"10\",\"min\":1,\"max\":1000}");
    }

    private View view() {
        return Objects.requireNonNull(catalog.views().get("board"));
    }

    private String key(String club) {
        return view().key(Map.of("club", club));
    }

    private String members(String path) {
        return members(get(path));
    }

    private static String members(HttpResponse<String> answer) {
        return MEMBER.matcher(answer.body())
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.joining(" "));
    }

    private HttpResponse<String> get(String path) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + process.port() + path))
                .build();
        try {
            return HTTP.send(request, BodyHandlers.ofString(UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String header(HttpResponse<String> answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }
}
