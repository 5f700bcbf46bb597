package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.BoardRange;
import dev.freshet.cache.Boards;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.FleetStats;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Job;
import dev.freshet.model.Tag;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.view.CachedViews;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands about the cache, run in this process against a real Redis and PostgreSQL. */
class CacheCommandsIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final String CATALOG = """
            application: library
            views:
              shelf:
                key: shelf:{shelf}
                params: { shelf: { type: int, min: 1, max: 1000 } }
                sql: select id, title from books where shelf = :shelf order by id
                tags: [ books, "shelf:{shelf}" ]
                ttl: 5m
              count:
                key: count
                kind: row
                sql: select count(*) as books from books
                tags: [ books ]
                ttl: 5m
              clock:
                key: clock
                sql: select now() as now
                tags: [ clock ]
                ttl: 5m
                audit: false
                rewarm: never
              wanted:
                key: wanted:{shelf}
                params: { shelf: { type: int, min: 1 } }
                sql: select title from books where shelf = :shelf
                tags: [ "shelf:{shelf}" ]
                ttl: 5m
                warm: select n as shelf from generate_series(0, 29) n
            """;

    private final TestServices services = TestServices.shared();
    private final String prefix = services.newPrefix();
    private final URI databaseUrl = services.newDatabase();
    private final Database database = new Database(databaseUrl, DatabaseOptions.DEFAULTS);
    private final RedisServer server = new RedisServer("cache", services.cacheUrl(), TIMEOUT);
    private final CacheStats stats = new CacheStats(new SimpleMeterRegistry());
    private final TagCache cache = new TagCache(server, CacheOptions.defaults(prefix), stats);
    private final FleetStats fleet = new FleetStats(server, prefix, stats);
    private final Map<String, String> environment = new HashMap<>();
    private Catalog catalog;
    private CachedViews views;

    @BeforeEach
    void open(@TempDir Path folder) throws IOException {
        var file = Files.writeString(folder.resolve("library.yaml"), CATALOG);
        catalog = CatalogReader.read(file.toString(), Map.of());
        views = new CachedViews(cache, catalog, database, 4);
        database.jdbi().useHandle(handle -> {
            handle.execute("create table books (id int, shelf int, title text)");
            handle.execute("insert into books values (1, 3, 'Dune'), (2, 4, 'Emma')");
        });
        environment.putAll(Map.of(
                "REDIS_QUEUE_URL", services.queueUrl().toString(),
                "REDIS_CACHE_URL", services.cacheUrl().toString(),
                "REDIS_KEY_PREFIX", prefix,
                "DATABASE_URL", services.workUrl(databaseUrl).toString(),
                "CATALOG", file.toString()));
    }

    @AfterEach
    void close() {
        server.close();
        database.close();
    }

    private CommandRun run(String... arguments) {
        return CommandRun.of(environment, arguments);
    }

    private String read(String view, Map<String, String> values) {
        var known = Objects.requireNonNull(catalog.views().get(view));
        return new String(views.get(known, known.parse(values)).entry().content(), UTF_8);
    }

    private String readShelf(int shelf) {
        return read("shelf", Map.of("shelf", String.valueOf(shelf)));
    }

    private String keyOfShelf(int shelf) {
        return Objects.requireNonNull(catalog.views().get("shelf")).key(Map.of("shelf", String.valueOf(shelf)));
    }

    private void execute(String sql) {
        database.jdbi().useHandle(handle -> handle.execute(sql));
    }

    private boolean isCached(String... arguments) {
        return run(arguments).code() == 0;
    }

    // --- stats

    @Test
    void statsOfACacheThatNobodyReadAreASentence() {
        var stats = run("cache", "stats");
        assertThat(stats.code()).isZero();
        assertThat(stats.out())
                .startsWith("nothing has been read through the cache yet\n")
                .contains("REDIS");
        assertThat(run("cache", "stats", "--json").json().path("views")).isEmpty();
    }

    @Test
    void statsSayHowTheFleetReadAndWhatRedisSaysOfItself() {
        readShelf(3);
        readShelf(3);
        readShelf(3);
        readShelf(4);
        fleet.runOnce();

        assertThat(run("cache", "stats").out())
                .containsPattern("since \\S+Z, all processes")
                .containsPattern("shelf +2 +2 +0 +0 +50.0 % +2 ")
                .containsPattern("total +2 +2 ");
        var json = run("cache", "stats", "--json").json();
        assertThat(json.path("views").get(0).path("hitRate").asDouble()).isEqualTo(0.5);
        readShelf(3);
        readShelf(3);
        fleet.runOnce();
        assertThat(run("cache", "stats", "--json")
                        .json()
                        .path("total")
                        .path("hitRate")
                        .asDouble())
                .isEqualTo(0.6667);
        assertThat(json.path("total").path("loads").asInt()).isEqualTo(2);
        assertThat(json.path("redis").get(0).path("version").asText()).isNotEmpty();
        assertThat(json.path("redis").get(0).path("usedBytes").asLong()).isPositive();
        assertThat(json.path("redis").get(0).path("keys").asLong()).isPositive();
    }

    @Test
    void resetShowsThemAndStartsAgain() {
        readShelf(3);
        fleet.runOnce();
        assertThat(run("cache", "stats", "--reset").out()).contains("shelf", "reset: they count from zero again");
        assertThat(run("cache", "stats").out()).startsWith("nothing has been read");
    }

    @Test
    void whereTheCacheIsSwitchedOffThereIsNothingToShow() {
        environment.put("REDIS_ENABLED", "false");
        var off = run("cache", "stats");
        assertThat(off.code()).isEqualTo(2);
        assertThat(off.err()).startsWith("the cache is switched off: REDIS_ENABLED is false");
    }

    // --- get

    @Test
    void getSaysThatAValueIsCurrentAndShowsIt() {
        readShelf(3);
        var get = run("cache", "get", "shelf", "shelf=3");
        assertThat(get.code()).isZero();
        assertThat(get.out())
                .contains("key       " + keyOfShelf(3), "state     current: readers get it", "tag       books: current")
                .endsWith("[{\"id\":1,\"title\":\"Dune\"}]\n");
        var json = run("cache", "get", "--key", keyOfShelf(3), "--json").json();
        assertThat(json.path("hit").asBoolean()).isTrue();
        assertThat(json.path("tags").path("shelf:3").asText()).isEqualTo("current");
        assertThat(json.path("freshForSeconds").asInt()).isBetween(1, 300);
        assertThat(json.path("value").get(0).path("title").asText()).isEqualTo("Dune");
    }

    @Test
    void ofALeaderboardGetSaysHowItStands(@TempDir Path folder) throws IOException {
        var file = Files.writeString(folder.resolve("shelves.yaml"), """
                application: library
                views:
                  shelves:
                    kind: leaderboard
                    key: shelves
                    sql: select shelf, count(*) as books from books group by shelf
                    member: shelf
                    score: books
                    tags: [ books ]
                    ttl: 5m
                """);
        var board = Objects.requireNonNull(
                CatalogReader.read(file.toString(), Map.of()).views().get("shelves"));
        var boards = new CachedViews(cache, CatalogReader.read(file.toString(), Map.of()), database, 4);
        boards.standing(board, Map.of(), new BoardRange.Top(1), () -> {});
        environment.put("CATALOG", file.toString());

        assertThat(run("cache", "get", "shelves").out())
                .contains("state     current: readers get it")
                .endsWith("board     2 places\n");
        new Boards(cache).mark(Map.of(board.key(Map.of()), List.of("3")));
        assertThat(run("cache", "get", "shelves").out())
                .endsWith("board     2 places, 1 marked: the next read loads them first\n");
        var json = run("cache", "get", "shelves", "--json").json();
        assertThat(json.path("board").path("marked").asInt()).isEqualTo(1);
        assertThat(json.has("value")).isFalse();
        assertThat(run("cache", "warm", "shelves").out()).contains("already current");
        cache.invalidate(List.of(new Tag("books")));
        assertThat(run("cache", "warm", "shelves").out()).contains("warmed 1 value");
    }

    @Test
    void getSaysWhichTagWasInvalidated() {
        readShelf(3);
        cache.invalidate(List.of(new Tag("shelf:3")));
        assertThat(run("cache", "get", "shelf", "shelf=3").out())
                .contains("state     invalidated", "tag       shelf:3: invalidated\n", "tag       books: current");
    }

    @Test
    void whatIsNotCachedEndsWithOne() {
        assertThat(run("cache", "get", "shelf", "shelf=3"))
                .isEqualTo(new CommandRun(1, "", keyOfShelf(3) + " is not cached\n"));
        var json = run("cache", "get", "shelf", "shelf=3", "--json");
        assertThat(json.code()).isEqualTo(1);
        assertThat(json.json().path("cached").asBoolean()).isFalse();
    }

    @Test
    void aNameOrAParameterThatIsWrongIsMisuse() {
        assertThat(run("cache", "get", "shlf", "shelf=3").err())
                .contains("there is no view shlf in ", "; did you mean shelf?")
                .hasLineCount(1);
        assertThat(run("cache", "get", "shelf", "shelf=x").code()).isEqualTo(2);
        assertThat(run("cache", "get", "shelf", "3").err()).startsWith("parameters are written name=value, was '3'");
        assertThat(run("cache", "get").err()).startsWith("name either a view or --key");
        assertThat(run("cache", "get", "shelf", "--key", "k").code()).isEqualTo(2);
    }

    // --- clear

    @Test
    void clearDoesNothingUnlessToldWhat() {
        readShelf(3);
        var refused = run("cache", "clear");
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).startsWith("name one of --all, --view, --tag, --pattern and --buckets");
        var both = run("cache", "clear", "--all", "--view", "shelf");
        assertThat(both.code()).isEqualTo(2);
        assertThat(both.err()).startsWith("name only one of --all");
        assertThat(run("cache", "clear", "--pattern", "").code()).isEqualTo(2);
        assertThat(isCached("cache", "get", "shelf", "shelf=3")).isTrue();
    }

    @Test
    void clearTakesWhatItIsToldAndNothingElse() {
        readShelf(3);
        readShelf(4);
        read("count", Map.of());

        assertThat(run("cache", "clear", "--view", "shelf", "--dry-run").out()).isEqualTo("would remove 2 values\n");
        assertThat(run("cache", "clear", "--pattern", "shelf:4").out()).isEqualTo("removed 1 value\n");
        assertThat(isCached("cache", "get", "shelf", "shelf=4")).isFalse();
        assertThat(isCached("cache", "get", "shelf", "shelf=3")).isTrue();

        assertThat(run("cache", "clear", "--view", "shelf").out()).isEqualTo("removed 1 value\n");
        assertThat(isCached("cache", "get", "shelf", "shelf=3")).isFalse();
        assertThat(isCached("cache", "get", "count")).isTrue();

        assertThat(run("cache", "clear", "--all", "--json")
                        .json()
                        .path("removed")
                        .asInt())
                .isEqualTo(1);
        assertThat(run("cache", "clear", "--all").out()).isEqualTo("removed no value\n");
        assertThat(run("cache", "clear", "--view", "shlf").code()).isEqualTo(2);
    }

    @Test
    void clearByTagIsWhatAChangeDoes() {
        readShelf(3);
        readShelf(4);
        assertThat(run("cache", "clear", "--tag", "shelf:3", "--dry-run").out())
                .isEqualTo("would invalidate shelf:3\n");
        assertThat(run("cache", "clear", "--tag", "shelf:3", "--tag", "other").out())
                .isEqualTo("invalidated other, shelf:3\n");
        execute("update books set title = title || '!'");
        assertThat(readShelf(3)).contains("Dune!");
        assertThat(readShelf(4)).contains("Emma\"");
    }

    @Test
    void anotherNumberOfBucketsIsAColdCacheThatWorks() {
        readShelf(3);
        assertThat(run("cache", "clear", "--buckets", "0").code()).isEqualTo(2);
        assertThat(run("cache", "clear", "--buckets", "16").out())
                .isEqualTo("removed 1 value, and keep the cache in 16 buckets\n");
        assertThat(run("cache", "warm", "count").out()).isEqualTo("warmed 1 value\n");
        assertThat(isCached("cache", "get", "count")).isTrue();
        assertThat(server.await(server.session().commands().get(prefix + ":cache:buckets")))
                .isEqualTo("16".getBytes(UTF_8));
    }

    // --- warm

    @Test
    void warmLoadsWhatIsKnownAndNotCurrentAndWhatNeedsNoParameter() {
        readShelf(3);
        readShelf(4);
        cache.invalidate(List.of(new Tag("shelf:3")));
        execute("update books set title = 'Dune 2' where id = 1");

        var warmed = run("cache", "warm", "shelf", "count", "--json");
        assertThat(warmed.code()).isZero();
        assertThat(warmed.json().path("warmed").asInt()).isEqualTo(2); // shelf 3 and the count
        assertThat(warmed.json().path("current").asInt()).isEqualTo(1);
        assertThat(run("cache", "get", "shelf", "shelf=3").out()).contains("current: readers get it", "Dune 2");
        assertThat(isCached("cache", "get", "count")).isTrue();
        assertThat(run("cache", "warm", "shelf", "count").out()).isEqualTo("warmed no value; 3 already current\n");
        assertThat(run("cache", "stats", "--json")
                        .json()
                        .path("total")
                        .path("storedBytes")
                        .asInt())
                .as("though nothing was added of the reads")
                .isPositive();
        assertThat(run("cache", "stats").out())
                .as("no hit rate without reads")
                .containsPattern("count +0 +0 +0 +0 +- ");
    }

    @Test
    void warmLoadsWhatTheCatalogNames() {
        assertThat(run("cache", "warm", "wanted").out()).isEqualTo("warmed 29 values\n");
        assertThat(isCached("cache", "get", "wanted", "shelf=29")).isTrue();
        assertThat(run("cache", "warm", "wanted").out()).isEqualTo("warmed no value; 29 already current\n");
    }

    @Test
    void warmLoadsOneValueByItsParameters() {
        assertThat(run("cache", "warm", "shelf", "shelf=4").out()).isEqualTo("warmed 1 value\n");
        assertThat(run("cache", "get", "shelf", "shelf=4").out()).contains("Emma");
        assertThat(run("cache", "warm", "shelf").out()).isEqualTo("warmed no value; 1 already current\n");
        assertThat(run("cache", "warm", "shelf=4").err()).startsWith("parameters go with one view; name it");
        assertThat(run("cache", "warm", "clock").out()).isEqualTo("nothing to do: rewarm is never\n");
    }

    @Test
    void whatARestartOfRedisLeftIsWarmedAgain() throws IOException {
        try (var process = EmbeddedRedis.start(EmbeddedRedis.freePort(), "appendonly yes", "appendfsync always")) {
            environment.put("REDIS_CACHE_URL", process.url().toString());
            assertThat(run("cache", "warm", "shelf", "shelf=3").code()).isZero();
            process.restart();
            assertThat(run("cache", "get", "shelf", "shelf=3").out()).contains("from before Redis restarted");
            assertThat(run("cache", "warm", "shelf").out()).isEqualTo("warmed 1 value\n");
            assertThat(run("cache", "get", "shelf", "shelf=3").out()).contains("current: readers get it");
        }
    }

    // --- top

    @Test
    void topListsWhatIsReadAndSaysHowMuchItLookedAt() {
        assertThat(run("cache", "top").out()).isEqualTo("nothing is cached\n");
        readShelf(3);
        readShelf(4);
        read("count", Map.of());
        var top = run("cache", "top");
        assertThat(top.out())
                .startsWith("VIEW")
                .contains(keyOfShelf(3), keyOfShelf(4), "looked at 3 values")
                .containsPattern("count +\\d+s +");
        assertThat(run("cache", "top", "-n", "1", "--json").json().path("keys")).hasSize(1);
        assertThat(run("cache", "top", "-n", "0").code()).isEqualTo(2);
    }

    @Test
    void topSaysWhatNobodyHasReadYet() {
        run("cache", "warm", "wanted");
        assertThat(run("cache", "top").out()).containsPattern("wanted +never +");
        var rows = run("cache", "top", "--json").json().path("keys");
        assertThat(rows.get(0).path("idleSeconds").isNull()).isTrue();
    }

    @Test
    void topGoesByRedisOwnCountWhereItKeepsOne() throws IOException {
        try (var process = EmbeddedRedis.start(
                        EmbeddedRedis.freePort(), "maxmemory-policy allkeys-lfu", "lfu-log-factor 0");
                var other = new RedisServer("cache", process.url(), TIMEOUT)) {
            environment.put("REDIS_CACHE_URL", process.url().toString());
            views = new CachedViews(new TagCache(other, CacheOptions.defaults(prefix)), catalog, database, 1);
            readShelf(4);
            for (int i = 0; i < 20; i++) {
                readShelf(3);
            }
            var json = run("cache", "top", "--json").json();
            assertThat(json.path("by").asText()).isEqualTo("frequency");
            assertThat(json.path("keys").get(0).path("key").asText()).isEqualTo(keyOfShelf(3));
            assertThat(json.path("keys").get(0).path("view").asText()).isEqualTo("shelf");
        }
    }

    // --- audit

    @Test
    void anAuditOfNothingIsASentence() {
        var audit = run("audit", "cache");
        assertThat(audit.code()).isZero();
        assertThat(audit.out()).isEqualTo("left out: clock (audit: false)\nnothing is cached that could be compared\n");
    }

    @Test
    void anAuditFindsWhatWasChangedAndToldToNobodyAndEndsWithOne() {
        readShelf(3);
        readShelf(4);
        assertThat(run("audit", "cache").out()).contains("sampled 2, compared 2, skipped 0", "stale 0");
        execute("update books set title = 'Dune 2' where id = 1");

        var audit = run("audit", "cache");
        assertThat(audit.code()).isEqualTo(1);
        assertThat(audit.out()).contains("stale 1", "stale " + keyOfShelf(3)).doesNotContain("Dune");
        var json = run("audit", "cache", "--view", "shelf", "--show", "--json").json();
        assertThat(json.path("stale")).hasSize(1);
        assertThat(json.path("stale").get(0).path("cached").asText()).contains("Dune\"");
        assertThat(json.path("stale").get(0).path("database").asText()).contains("Dune 2");
        assertThat(run("audit", "cache", "--view", "count").out()).contains("nothing is cached");
    }

    @Test
    void anAuditDoesNotJudgeWhatAChangeOnItsWayMayReach() {
        readShelf(3);
        execute("update books set title = 'Dune 2' where id = 1");
        try (var queueServer = new RedisServer("queue", services.queueUrl(), TIMEOUT)) {
            var queue = new JobQueue(queueServer, QueueOptions.defaults(prefix));
            var id = Job.id("main", "book.changed", "1");
            queueServer.await(queue.enqueue(
                    Job.first(id, "main", "book.changed", Instant.now(), false, "", "{}".getBytes(UTF_8))));
            var audit = run("audit", "cache", "--patience", "0s");
            assertThat(audit.code()).isZero();
            assertThat(audit.out()).contains("stale 0", "1 differ while changes are on their way");
        }
    }
}
