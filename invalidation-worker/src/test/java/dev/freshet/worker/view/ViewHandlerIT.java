package dev.freshet.worker.view;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.Hot;
import dev.freshet.cache.Lifetime;
import dev.freshet.cache.Survey;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.ServeProcess;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(Lifecycle.PER_CLASS)
class ViewHandlerIT {
    private static final String CATALOG = """
            application: library
            views:
              books:
                route: /api/shelves/{shelf}/books
                key: books:{shelf}:{page}
                params:
                  shelf: { type: int, min: 1, max: 1000 }
                  page: { type: int, default: 1, min: 1, max: 100 }
                sql: |
                  select id, title from books where shelf = :shelf order by id limit 100 offset (:page - 1) * 100
                tags: [ "shelf:{shelf}" ]
                ttl: 5m
                grace: 1h
              title:
                key: title:{id}
                kind: row
                params: { id: { type: int } }
                sql: select title from books where id = :id
                tags: [ "book:{id}" ]
                ttl: 1h
                absentFor: 30s
              share:
                key: share:{of}
                kind: row
                params: { of: { type: int } }
                sql: select 100 / :of::int as percent
                tags: [ share ]
                ttl: 5m
            """;

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final EmbeddedRedis redis = EmbeddedRedis.start(0);
    private final URI databaseUrl = TestServices.shared().newDatabase();
    private final Database database = new Database(databaseUrl, DatabaseOptions.DEFAULTS);
    private final RedisServer server = new RedisServer("cache", redis.url(), Duration.ofSeconds(10));
    private final TagCache cache = new TagCache(server, CacheOptions.defaults("freshet"));

    private Path file;
    private Catalog catalog;
    private ServeProcess process;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        file = Files.writeString(directory.resolve("catalog.yaml"), CATALOG);
        catalog = CatalogReader.read(file.toString(), Map.of());
        database.jdbi().useHandle(handle -> handle.execute("create table books (id int, shelf int, title text)"));
        process = ServeProcess.start(new Settings(Map.of(
                "SERVE_PORT", "0",
                "SERVE_HOST", "127.0.0.1",
                "CATALOG", file.toString(),
                "REDIS_CACHE_URL", redis.url().toString(),
                "DATABASE_URL", TestServices.shared().serveUrl(databaseUrl).toString())));
    }

    @AfterAll
    void stop() {
        process.close();
        server.close();
        database.close();
        redis.close();
    }

    @BeforeEach
    void oneBook() {
        database.jdbi().useHandle(handle -> {
            handle.execute("truncate books");
            handle.execute("insert into books values (1, 3, 'Emma')");
        });
        cache.invalidate(List.of(new Tag("shelf:3"), new Tag("share")));
    }

    @Test
    void aReadIsAMissThenAHitAndFreshAgainAfterAnInvalidation() {
        var first = get("/api/shelves/3/books");
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(text(first)).isEqualTo("[{\"id\":1,\"title\":\"Emma\"}]");
        assertThat(header(first, "Content-Type")).isEqualTo("application/json");
        assertThat(header(first, "X-Cache")).isEqualTo("MISS");

        database.jdbi().useHandle(handle -> handle.execute("update books set title = 'Persuasion'"));
        var second = get("/views/books?shelf=3&page=01");
        assertThat(header(second, "X-Cache")).isEqualTo("HIT");
        assertThat(Integer.parseInt(header(second, "Age"))).isBetween(0, 60);
        assertThat(text(second)).isEqualTo(text(first));

        cache.invalidate(List.of(new Tag("shelf:3")));
        assertThat(text(get("/api/shelves/3/books"))).contains("Persuasion");
    }

    @Test
    void whoKnowsTheValueIsToldThatItStillHolds() {
        var etag = header(get("/views/books?shelf=3"), "ETag");
        var again = get("/views/books?shelf=3", "If-None-Match", etag);
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(header(again, "ETag")).isEqualTo(etag);
        assertThat(again.headers().map())
                .as("it would be the value's, not that of nothing")
                .doesNotContainKey("content-length");

        cache.invalidate(List.of(new Tag("shelf:3")));
        assertThat(get("/views/books?shelf=3", "If-None-Match", etag).statusCode())
                .as("loaded again, but the same")
                .isEqualTo(304);
        database.jdbi().useHandle(handle -> handle.execute("delete from books"));
        cache.invalidate(List.of(new Tag("shelf:3")));
        var changed = get("/views/books?shelf=3", "If-None-Match", etag);
        assertThat(changed.statusCode()).isEqualTo(200);
        assertThat(text(changed)).isEqualTo("[]");
    }

    @Test
    void aLargeValueIsSentCompressedToWhoAcceptsItAndPlainToOthers() throws Exception {
        database.jdbi()
                .useHandle(
                        handle -> handle.execute(
                                "insert into books select n, 3, repeat('A rather long title', 40) from generate_series(2, 100) n"));
        var plain = get("/views/books?shelf=3");
        var packed = get("/views/books?shelf=3", "Accept-Encoding", "gzip");
        assertThat(header(packed, "X-Cache")).isEqualTo("HIT");
        assertThat(header(packed, "Content-Encoding")).isEqualTo("gzip");
        assertThat(packed.body()).hasSizeLessThan(plain.body().length / 4);
        assertThat(new GZIPInputStream(new ByteArrayInputStream(packed.body())).readAllBytes())
                .isEqualTo(plain.body());
        assertThat(plain.headers().firstValue("Content-Encoding")).isEmpty();
        assertThat(header(plain, "Content-Length")).isEqualTo(String.valueOf(plain.body().length));
        assertThat(header(send("/views/books?shelf=3", "HEAD"), "Content-Length"))
                .isEqualTo(header(plain, "Content-Length"));
    }

    @Test
    void whatTheViewDoesNotTakeIsRefusedWithWhatWouldBeRight() {
        assertRefused("/views/books?shelf=x", 400, "shelf must be a whole number from 1 to 1000, was 'x'");
        assertRefused("/views/books?shelf=1001", 400, "shelf must be a whole number from 1 to 1000, was '1001'");
        assertRefused("/views/books", 400, "shelf is missing; it must be a whole number from 1 to 1000");
        assertRefused("/views/books?shelf=3&q=1", 400, "there is no parameter q; books takes shelf, page");
        assertRefused("/views/books?shelf=3&shelf=4", 400, "shelf is given more than once; give it once");
        assertRefused("/api/shelves/3/books?shelf=4", 400, "shelf is given more than once; give it once");
        assertRefused("/views/films", 404, "there is no such view; there are books, title, share");
        assertRefused("/nowhere", 404, "there is nothing at this address");
    }

    @Test
    void itSaysWhatCanBeReadAndWhatMakesItOldButNothingOfItsSql() {
        var list = get("/views");
        assertThat(list.statusCode()).isEqualTo(200);
        assertThat(header(list, "Content-Type")).isEqualTo("application/json");
        assertThat(header(list, "Cache-Control")).isEqualTo("no-cache");
        assertThat(text(list).replaceAll("(\"version\":\")[0-9a-f]{8}", "$1…"))
                .startsWith(
                        "{\"application\":\"library\",\"views\":{\"books\":{\"route\":\"/api/shelves/{shelf}/books\",\"params\":{"
                                + "\"shelf\":{\"type\":\"int\",\"min\":1,\"max\":1000},"
                                + "\"page\":{\"type\":\"int\",\"default\":\"1\",\"min\":1,\"max\":100}},"
                                + "\"tags\":[\"shelf:{shelf}\"],\"ttl\":300,\"access\":false,\"version\":\"…\"},"
                                + "\"title\":{\"params\":{\"id\":{\"type\":\"int\"}},\"tags\":[\"book:{id}\"],\"ttl\":3600,")
                .doesNotContain("select");
        var again = get("/views", "If-None-Match", header(list, "ETag"));
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
    }

    @Test
    void headIsAnsweredAsGetWithoutItsBody() throws Exception {
        var get = get("/views/books?shelf=3");
        var head = send("/views/books?shelf=3", "HEAD");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(header(head, "ETag")).isEqualTo(header(get, "ETag"));
        assertThat(send("/views/books?shelf=x", "HEAD").statusCode()).isEqualTo(400);
    }

    @Test
    void aWrongMethodIsToldTheRightOnes() throws Exception {
        var answer = send("/views/books?shelf=3", "DELETE");
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(header(answer, "Allow")).contains("GET");
        assertThat(text(answer)).contains("method_not_allowed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GARBAGE",
                "GET /%ff%00 HTTP/1.1",
                "GET /views/%ff HTTP/1.1",
                "GET /a;b/..;/x HTTP/1.1",
                "GET /views/books?shelf=%zz HTTP/1.1"
            })
    void whatIsNoRequestIsAnsweredWithoutAWordOfTheInside(String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), process.port())) {
            socket.getOutputStream().write((request + "\r\nHost: x\r\n\r\n").getBytes(UTF_8));
            socket.shutdownOutput();
            var answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 400 ").contains("application/json", "{\"error\":\"bad_");
            assertThat(answer.toLowerCase(Locale.ROOT)).doesNotContain("jetty", "html", "uri", "exception");
        }
    }

    @Test
    void aStatementThatFailsIsNotTheReadersFault() {
        assertThat(text(get("/views/share?of=4"))).isEqualTo("{\"percent\":25}");
        var failed = get("/views/share?of=0");
        assertThat(failed.statusCode()).isEqualTo(500);
        assertThat(text(failed)).contains("\"error\":\"failed\"").doesNotContain("division");
    }

    @Test
    void hotKeysAreLoadedAgainTogetherAndOneThatFailsLeavesTheOthersAlone() {
        get("/views/share?of=4");
        get("/views/share?of=5");
        var origin = new Origin("share", Map.of("of", "0"));
        var view = Objects.requireNonNull(catalog.views().get("share"));
        var begun = cache.begin(view.key(origin.params()), view.tags(origin.params()))
                .orElseThrow();
        cache.fill(begun, "{}".getBytes(UTF_8), CachedViews.lifetime(view), origin.encode(), begun.begunAt());
        cache.invalidate(List.of(new Tag("share")));
        var views = new CachedViews(cache, catalog, database, 4);

        var result = views.warm(cache.sweep(List.of(new Tag("share"))));

        assertThat(result.stored()).isEqualTo(2);
        assertThat(result.refused()).isEmpty();
        assertThat(header(get("/views/share?of=4"), "X-Cache")).isEqualTo("HIT");
        assertThat(get("/views/share?of=0").statusCode()).isEqualTo(500);
    }

    @Test
    void whatWasReadLastIsLoadedFirst() {
        var view = Objects.requireNonNull(catalog.views().get("share"));
        var hot = IntStream.rangeClosed(1, 120)
                .mapToObj(i -> {
                    var values = Map.of("of", String.valueOf(i));
                    var origin = new Origin("share", values).encode();
                    return new Hot(view.key(values), origin, Instant.ofEpochSecond(i));
                })
                .toList();
        var order = new CachedViews(cache, catalog, database, 4)
                .chunks(hot).stream()
                        .flatMap(chunk -> chunk.stream().map(CachedViews.Wanted::hot))
                        .toList();
        assertThat(order).containsExactlyElementsOf(hot.reversed());
    }

    @Test
    void whatIsNotBegunInTimeIsLeftToItsReaders() {
        var tags = List.of(new Tag("shelf:901"), new Tag("shelf:902"));
        get("/views/books?shelf=901");
        get("/views/books?shelf=902");
        cache.invalidate(tags);
        var hot = cache.sweep(tags);
        var views = new CachedViews(cache, catalog, database, 4);

        var late = views.warm(hot, Duration.ZERO);
        assertThat(late.left()).isEqualTo(2);
        assertThat(late.stored()).isZero();
        assertThat(header(get("/views/books?shelf=901"), "X-Cache")).isEqualTo("MISS");

        assertThat(views.warm(hot, Duration.ofHours(1)).left()).isZero();
        assertThat(header(get("/views/books?shelf=902"), "X-Cache")).isEqualTo("HIT");
    }

    @Test
    void withoutRedisReadsComeFromTheDatabaseAndHealthSaysDegraded() {
        get("/views/books?shelf=3");
        assertThat(text(get("/health"))).isEqualTo("{\"status\":\"up\"}");
        redis.stop();
        await().untilAsserted(() -> {
            var read = get("/views/books?shelf=3");
            assertThat(header(read, "X-Cache")).isEqualTo("BYPASS");
            assertThat(text(read)).contains("Emma");
        });
        var health = get("/health/detailed");
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(text(health)).contains("\"status\":\"degraded\"", "\"redis\":{\"status\":\"away\"}");
        assertThat(text(get("/metrics")))
                .contains("freshet_cache_reads_total{outcome=\"bypass\",view=\"books\"}")
                .contains("freshet_read_seconds_bucket{view=\"books\",le=\"0.2\"}");
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() ->
                        assertThat(text(get("/metrics"))).contains("freshet_dependency_up{dependency=\"cache\"} 0.0"));

        redis.restart();
        await().untilAsserted(() ->
                assertThat(header(get("/views/books?shelf=3"), "X-Cache")).isEqualTo("HIT"));
        await().until(server::isConnected);
    }

    @Test
    void withoutTheDatabaseCachedReadsGoOnAndOthersAreToldToComeAgain() {
        var books = Objects.requireNonNull(catalog.views().get("books"));
        var values = books.parse(Map.of("shelf", "5"));
        var begun = cache.begin(books.key(values), books.tags(values)).orElseThrow();
        var pastItsTtl = new Lifetime(Duration.ofMillis(1), Duration.ofHours(1), Duration.ZERO);
        cache.fill(begun, "[]".getBytes(UTF_8), pastItsTtl, "", begun.begunAt());
        var away = "postgresql://postgres:postgres@127.0.0.1:" + EmbeddedRedis.freePort() + "/none";
        get("/views/books?shelf=3");
        try (var other = ServeProcess.start(new Settings(Map.of(
                "SERVE_PORT",
                "0",
                "CATALOG",
                file.toString(),
                "REDIS_CACHE_URL",
                redis.url().toString(),
                "DATABASE_URL",
                away)))) {
            var port = other.port();
            assertThat(header(get(port, "/views/books?shelf=3"), "X-Cache")).isEqualTo("HIT");
            assertThat(header(get(port, "/views/books?shelf=5"), "X-Cache")).isEqualTo("STALE");
            var refused = get(port, "/views/books?shelf=4");
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(header(refused, "Retry-After")).isEqualTo("2");
            assertThat(text(refused)).contains("\"error\":\"unavailable\"").doesNotContain("127.0.0.1");
        }
    }

    @Test
    void thatThereIsNoSuchRowIsCachedForATimeOfItsOwn() {
        assertThat(text(get("/views/title?id=0"))).isEqualTo("null");
        assertThat(header(get("/views/title?id=0"), "X-Cache")).isEqualTo("HIT");
        assertThat(text(get("/views/title?id=1"))).contains("title");
        var view = Objects.requireNonNull(catalog.views().get("title"));
        var keys = List.of(view.key(Map.of("id", "0")), view.key(Map.of("id", "1")));
        var seen = new Survey(server, cache.options()).look(keys);
        assertThat(seen.getFirst().left()).isBetween(Duration.ofMillis(1), Duration.ofSeconds(30));
        assertThat(seen.getLast().left()).isGreaterThan(Duration.ofSeconds(30));
    }

    private void assertRefused(String path, int status, String message) {
        var answer = get(path);
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(text(answer)).contains("\"message\":\"" + message + "\"");
        assertThat(header(answer, "Content-Type")).isEqualTo("application/json");
    }

    private HttpResponse<byte[]> get(String path, String... headers) {
        return get(process.port(), path, headers);
    }

    private static HttpResponse<byte[]> get(int port, String path, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return HTTP.send(request.build(), BodyHandlers.ofByteArray());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private HttpResponse<byte[]> send(String path, String method) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + process.port() + path));
        return HTTP.send(request.method(method, BodyPublishers.noBody()).build(), BodyHandlers.ofByteArray());
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    private static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), UTF_8);
    }
}
