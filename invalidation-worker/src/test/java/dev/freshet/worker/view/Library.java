package dev.freshet.worker.view;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Settings;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.ServeProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A library with shelves of books, and processes that serve it, on real services with keys and tables of its own. */
final class Library implements AutoCloseable {
    private static final String CATALOG = """
            application: library
            views:
              books:
                key: books:{shelf}
                params: { shelf: int }
                sql: select id, title from books where shelf = :shelf order by id
                tags: [ "shelf:{shelf}" ]
                ttl: 5m
                grace: 1h
              shelves:
                key: shelves:{of}
                params: { of: { type: text, default: "all, of them", maxLength: 400 } }
                sql: select shelf, count(*) from books where :of <> '' group by shelf order by shelf
                tags: [ shelves, "owner:{of}" ]
                ttl: 5m
                cdn: 60s
              loans:
                key: loans
                kind: row
                sql: select 7 as lent
                tags: [ loans ]
                ttl: 5m
                access: { tokens: "${LOANS_TOKENS}" }
            """;

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    final String prefix = TestServices.shared().newPrefix();
    final Database database; // as an administrator
    final RedisServer server;
    final TagCache cache;
    private final URI databaseUrl = TestServices.shared().newDatabase();
    private final URI redisUrl;
    private final Path catalog;
    private final List<ServeProcess> processes = new ArrayList<>();

    Library() {
        this(TestServices.shared().cacheUrl());
    }

    /** @param redisUrl where the processes look for Redis; the test itself always finds it */
    Library(URI redisUrl) {
        this(redisUrl, CATALOG);
    }

    /** A library that is described otherwise. */
    Library(String text) {
        this(TestServices.shared().cacheUrl(), text);
    }

    private Library(URI redisUrl, String text) {
        this.redisUrl = redisUrl;
        try {
            catalog = Files.writeString(Files.createTempFile("library", ".yaml"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server = new RedisServer("test", TestServices.shared().cacheUrl(), Duration.ofSeconds(5));
        cache = new TagCache(server, CacheOptions.defaults(prefix));
        database = new Database(databaseUrl, DatabaseOptions.DEFAULTS);
        execute("create table books (id int primary key, shelf int, title text)");
        execute("insert into books values (1, 3, 'Emma')");
    }

    void execute(String sql) {
        database.jdbi().useHandle(handle -> handle.execute(sql));
    }

    /** Starts a process with these settings, in pairs, beside those that it needs. */
    Desk open(String... settings) {
        var environment = new HashMap<>(Map.of(
                "SERVE_PORT",
                "0",
                "SERVE_HOST",
                "127.0.0.1",
                "CATALOG",
                catalog.toString(),
                "REDIS_KEY_PREFIX",
                prefix,
                "REDIS_CACHE_URL",
                redisUrl.toString(),
                "DATABASE_URL",
                TestServices.shared().serveUrl(databaseUrl).toString()));
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
        var process = ServeProcess.start(new Settings(environment));
        processes.add(process);
        return new Desk(process.port());
    }

    /** As a process reads it. */
    Catalog catalog() {
        return CatalogReader.read(catalog.toString(), Map.of());
    }

    /** What a value is cached under. */
    String key(String view, String parameter, String value) {
        return Objects.requireNonNull(catalog().views().get(view)).key(Map.of(parameter, value));
    }

    boolean isCached(String view, String parameter, String value, String... tags) {
        var all = Arrays.stream(tags).map(Tag::new).toList();
        return cache.read(key(view, parameter, value), all).isPresent();
    }

    @Override
    public void close() throws IOException {
        processes.forEach(ServeProcess::close);
        server.close();
        database.close();
        Files.delete(catalog);
    }

    /** Where one process is asked. */
    record Desk(int port) {
        Reply get(String path, String... headers) {
            return ask(request(path, headers).GET());
        }

        Reply post(String path, String body, String... headers) {
            return ask(request(path, headers).POST(BodyPublishers.ofString(body)));
        }

        private HttpRequest.Builder request(String path, String... headers) {
            var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
            return headers.length == 0 ? request : request.headers(headers);
        }

        private static Reply ask(HttpRequest.Builder request) {
            try {
                return new Reply(HTTP.send(request.build(), BodyHandlers.ofByteArray()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** What was answered. */
    record Reply(HttpResponse<byte[]> response) {
        int status() {
            return response.statusCode();
        }

        String text() {
            return new String(response.body(), UTF_8);
        }

        /** Empty when it was not sent. */
        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        String cache() {
            return header("X-Cache");
        }
    }
}
