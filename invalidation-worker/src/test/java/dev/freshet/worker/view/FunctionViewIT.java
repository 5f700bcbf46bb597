package dev.freshet.worker.view;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.Cached;
import dev.freshet.cache.Cached.Outcome;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogException;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.View;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Failure;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Settings;
import dev.freshet.testing.TestServices;
import dev.freshet.view.ViewFunctionException;
import dev.freshet.worker.ServeProcess;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FunctionViewIT {
    private static final String CATALOG = """
        application: functions
        views:
          scene:
            kind: function
            function: scripted
            options: { script: scene }
            key: scene:{n}
            params: { n: { type: int } }
            tags: [ "scene:{n}" ]
            ttl: 1h
            absentFor: 1m
        """;

    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(50);

    private final RedisServer redis =
            new RedisServer("cache", TestServices.shared().cacheUrl(), Duration.ofSeconds(5));
    private final URI databaseUrl = TestServices.shared().newDatabase();
    private final Database database = new Database(databaseUrl, DatabaseOptions.DEFAULTS);
    private final TagCache cache = new TagCache(
            redis, CacheOptions.defaults(TestServices.shared().newPrefix()), new CacheStats(new SimpleMeterRegistry()));
    private final AtomicInteger calls = new AtomicInteger();

    @TempDir
    private Path directory;

    private Catalog catalog;
    private CachedViews views;

    @BeforeEach
    void read() throws IOException {
        catalog = CatalogReader.read(catalog(CATALOG), Map.of());
        views = views(4, LONG, LONG);
    }

    @AfterEach
    void close() {
        database.close();
        redis.close();
    }

    @Test
    void aReadIsAMissThenAHitAndCalledAgainAfterAnInvalidation() {
        ScriptedFunction.does(
                "scene", values -> json("{\"n\":" + values.get("n") + ",\"call\":" + calls.incrementAndGet() + "}"));

        assertThat(text(get(3))).isEqualTo("{\"n\":3,\"call\":1}");
        assertThat(get(3).outcome()).isEqualTo(Outcome.HIT);
        assertThat(text(get(4))).isEqualTo("{\"n\":4,\"call\":2}");

        cache.invalidate(List.of(new Tag("scene:3")));
        assertThat(text(get(3))).isEqualTo("{\"n\":3,\"call\":3}");
        assertThat(calls).hasValue(3);
    }

    @Test
    void whatIsNotThereIsNullForAsLongAsTheViewSays() {
        ScriptedFunction.does("scene", values -> Optional.empty());

        var entry = get(3).entry();

        assertThat(new String(entry.content(), UTF_8)).isEqualTo("null");
        assertThat(Duration.between(entry.loadedAt(), entry.softExpiry())).isLessThanOrEqualTo(Duration.ofMinutes(1));
        assertThat(get(3).outcome()).isEqualTo(Outcome.HIT);
    }

    @Test
    void aFunctionSaysWhetherItMayWorkLater() {
        ScriptedFunction.does("scene", values -> {
            throw ViewFunctionException.permanent("package a.zip has no manifest", null);
        });
        assertThat(failure(3))
                .hasMessage("cannot load view scene: package a.zip has no manifest")
                .returns(Failure.PERMANENT, LoadException::failure);

        ScriptedFunction.does("scene", values -> {
            throw ViewFunctionException.temporary("the disk is away", null);
        });
        assertThat(failure(3))
                .hasMessage("cannot load view scene: the disk is away")
                .returns(Failure.TRANSIENT, LoadException::failure);
        assertThat(isFree(3)).isTrue();
    }

    @Test
    void whatAFunctionDidNotMeanToSayIsNotLogged() {
        ScriptedFunction.does("scene", values -> {
            throw new IllegalStateException("ada@example.org has no course");
        });

        assertThat(failure(3))
                .hasMessage("cannot load view scene: its function failed by java.lang.IllegalStateException")
                .returns(Failure.PERMANENT, LoadException::failure);
        assertThat(isFree(3)).isTrue();
    }

    @Test
    void whatIsNoJsonIsNotCached() {
        for (var wrong : List.of("", "{", "<html/>", "{} {}", "nil", "\"a\" 1")) {
            ScriptedFunction.does("scene", values -> json(wrong));
            assertThat(failure(3))
                    .as(wrong)
                    .hasMessageContaining("JSON")
                    .returns(Failure.PERMANENT, LoadException::failure);
        }
        for (var right : List.of("42", "[]", "\"text\"", " { \"a\": [ {} ] } ", "null")) {
            ScriptedFunction.does("scene", values -> json(right));
            cache.invalidate(List.of(new Tag("scene:3")));
            assertThat(text(get(3))).isEqualTo(right);
        }
    }

    @Test
    void aFunctionThatTakesTooLongIsInterruptedAndLeavesNoLease() {
        var interrupted = new CountDownLatch(1);
        ScriptedFunction.does("scene", values -> {
            try {
                new CountDownLatch(1).await();
                return Optional.empty();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        });
        views = views(1, LONG, SHORT);

        assertThat(failure(3))
                .hasMessage("cannot load view scene: its function took longer than PT0.05S")
                .returns(Failure.TRANSIENT, LoadException::failure);
        await().until(() -> interrupted.getCount() == 0);
        assertThat(isFree(3)).isTrue();

        views = views(1, LONG, LONG);
        ScriptedFunction.does("scene", values -> json("1"));
        assertThat(text(get(3))).isEqualTo("1");
    }

    @Test
    void aFunctionThatDoesNotEndKeepsItsTurn() {
        var end = new CountDownLatch(1);
        ScriptedFunction.does("scene", values -> {
            while (end.getCount() > 0) {
                Thread.interrupted(); // hears nothing
                Thread.onSpinWait();
            }
            return Optional.empty();
        });
        views = views(1, SHORT, SHORT);
        try {
            assertThat(failure(3)).hasMessageContaining("took longer");
            assertThat(failure(4))
                    .hasMessage("cannot load view scene: too many calls of functions wait")
                    .returns(Failure.OUTAGE, LoadException::failure);
        } finally {
            end.countDown();
        }
        ScriptedFunction.does("scene", values -> json("1"));
        await().ignoreExceptionsInstanceOf(LoadException.class)
                .until(() -> text(get(5)).equals("1"));
    }

    @Test
    void warmCallsOnceForEachKeyAndOneThatFailsCostsTheOthersNothing() {
        ScriptedFunction.does("scene", values -> {
            calls.incrementAndGet();
            if ("7".equals(values.get("n"))) {
                throw ViewFunctionException.permanent("no seven", null);
            }
            return json(String.valueOf(values.get("n")));
        });
        var hot = IntStream.range(0, 20)
                .mapToObj(n -> CachedViews.hot(view(), Map.of("n", String.valueOf(n))))
                .toList();

        var result = views.warm(hot);

        assertThat(result.stored()).isEqualTo(19);
        assertThat(result.refused()).isEmpty();
        assertThat(calls).hasValue(20);
        assertThat(isFree(7)).isTrue();
        assertThat(get(8).outcome()).isEqualTo(Outcome.HIT);
    }

    @Test
    void aValueIsMadeWithoutTheCacheToo() {
        ScriptedFunction.does("scene", values -> json("1"));
        var direct = new DirectViews(database, cache.stats(), 1);

        assertThat(direct.get(view(), Map.of("n", "3")).outcome()).isEqualTo(Outcome.BYPASS);
    }

    @Test
    void nothingStartsWithAFunctionThatIsNotThereOrNotItsOptions() throws IOException {
        var unknown = catalog(CATALOG.replace("function: scripted", "function: scriptd"));
        var without = catalog(CATALOG.replace("options: { script: scene }", ""));

        assertThatThrownBy(() -> serve(unknown))
                .isInstanceOf(CatalogException.class)
                .hasMessage(unknown + ":5: views.scene.function: there is no function scriptd on the class path;"
                        + " did you mean scripted?");
        assertThatThrownBy(() -> serve(without))
                .isInstanceOf(CatalogException.class)
                .hasMessage(without + ":5: views.scene.function: scripted needs the option script: the name of one");
    }

    @Test
    void aManifestOfAPackageIsReadOverHttp() throws Exception {
        var written = Instant.parse("2026-03-04T05:06:07Z");
        var file = directory.resolve("Einführung (1).zip");
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("imsmanifest.xml"));
            zip.write("""
                <manifest identifier="intro" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3">
                  <organizations><organization><title>Intro</title><item identifierref="r"/></organization></organizations>
                  <resources><resource identifier="r" href="index.html"/></resources>
                </manifest>\
                """.getBytes(UTF_8));
        }
        Files.setLastModifiedTime(file, FileTime.from(written));
        Files.writeString(directory.resolve("broken.zip"), "no zip");
        Files.setLastModifiedTime(directory.resolve("broken.zip"), FileTime.from(written));
        var manifests = catalog("""
            application: packages
            views:
              manifest:
                kind: function
                function: scorm-manifest
                options: { directory: "DIRECTORY" }
                route: /api/manifests/{filename}
                key: manifest:{filename}:{mtime}
                params: { filename: { type: text, maxLength: 120 }, mtime: { type: int, min: 0 } }
                tags: [ "manifest:{filename}" ]
                ttl: 1h
                absentFor: 1m
            """.replace("DIRECTORY", directory.toString()));
        try (var process = serve(manifests)) {
            var path = "/api/manifests/Einf%C3%BChrung%20(1).zip?mtime=" + written.getEpochSecond();
            assertThat(ask(process, path).body())
                    .startsWith("{\"scorm\":\"2004\",\"edition\":null,\"identifier\":\"intro\",\"title\":\"Intro\","
                            + "\"launch\":\"index.html\"");
            assertThat(ask(process, path).headers().firstValue("X-Cache")).contains("HIT");
            assertThat(ask(process, "/api/manifests/other.zip?mtime=1").body()).isEqualTo("null");
            var elsewhere = ask(process, "/views/manifest?filename=..%2Fsecret.zip&mtime=1");
            assertThat(elsewhere.statusCode()).isEqualTo(400);
            assertThat(elsewhere.body())
                    .startsWith("{\"error\":\"bad_parameter\",\"message\":\"filename must be the name of a file");
            var broken = ask(process, "/api/manifests/broken.zip?mtime=" + written.getEpochSecond());
            assertThat(broken.statusCode()).isEqualTo(500);
            assertThat(broken.body())
                    .isEqualTo("{\"error\":\"failed\",\"message\":\"this view cannot be loaded; the server's log says"
                            + " why\"}");
        }
    }

    private String catalog(String yaml) throws IOException {
        return Files.writeString(Files.createTempFile(directory, "catalog", ".yaml"), yaml)
                .toString();
    }

    private CachedViews views(int turns, Duration turn, Duration longest) {
        var functions = new FunctionLoader(Functions.found(), turns, turn, longest);
        return new CachedViews(cache, catalog, new Loaders(new SqlLoader(database, 1), functions));
    }

    private ServeProcess serve(String catalog) {
        return ServeProcess.start(new Settings(Map.of(
                "SERVE_PORT",
                "0",
                "SERVE_HOST",
                "127.0.0.1",
                "CATALOG",
                catalog,
                "REDIS_KEY_PREFIX",
                TestServices.shared().newPrefix(),
                "REDIS_CACHE_URL",
                TestServices.shared().cacheUrl().toString(),
                "DATABASE_URL",
                TestServices.shared().serveUrl(databaseUrl).toString())));
    }

    private static HttpResponse<String> ask(ServeProcess process, String path) throws Exception {
        var uri = URI.create("http://127.0.0.1:" + process.port() + path);
        try (var client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
        }
    }

    private View view() {
        return Objects.requireNonNull(catalog.views().get("scene"));
    }

    private Cached get(int n) {
        return views.get(view(), Map.of("n", String.valueOf(n)));
    }

    private LoadException failure(int n) {
        return catchThrowableOfType(LoadException.class, () -> get(n));
    }

    /** Whether nobody holds the lease. */
    private boolean isFree(int n) {
        var values = Map.of("n", String.valueOf(n));
        return cache.beginAll(List.of(view().key(values)), List.of(view().tags(values))).stream()
                .allMatch(Optional::isPresent);
    }

    private static Optional<byte[]> json(String text) {
        return Optional.of(text.getBytes(UTF_8));
    }

    private static String text(Cached cached) {
        return new String(cached.entry().content(), UTF_8);
    }
}
