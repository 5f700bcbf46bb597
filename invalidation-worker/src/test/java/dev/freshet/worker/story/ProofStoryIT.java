package dev.freshet.worker.story;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Job;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Settings;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.WorkerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A price changes, and a shop that first renders its page from a replica that lags is told until the page is new. */
class ProofStoryIT {
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final String OLD = "2026-01-01T00:00:00Z";
    private static final String NEW = "2026-01-02T00:00:00Z";

    private static final String CATALOG = """
            application: shop
            sites: { app: { scheme: freshet, secrets: secret } }
            events:
              price.changed:
                with: { id: /payload/id, cents: /payload/cents, at: /payload/at }
                identity: price:{id}
                version: at
                apply: >-
                  insert into prices (id, cents, at) values (:id, :cents, :at)
                  on conflict (id) do update set cents = excluded.cents, at = excluded.at
                lookup: select at as "newest" from prices where id = :id
                tags: [ "price:{id}" ]
                paths: [ { path: "/price/{id}", version: "{newest}" } ]
            frontEnds:
              shop: { type: nextjs, instances: "${SHOP}", secret: secret, proof: { meta: freshet-version } }
              shared: { type: next-cache-handler, redis: "${SHARED}", keyPrefix: "${PREFIX}" }
            """;

    private final String prefix = TestServices.shared().newPrefix();
    private final URI redisUrl = TestServices.shared().redisUrl();
    private final URI databaseUrl = TestServices.shared().newDatabase();
    /** What the shop keeps of its one page; empty when it is to render it. */
    private final AtomicReference<String> kept = new AtomicReference<>("");

    private final AtomicReference<String> replica = new AtomicReference<>(OLD);

    @Test
    void aPageThatWasRenderedFromOldDataIsFoundAndToldAgain(@TempDir Path directory) throws Exception {
        var catalog = Files.writeString(directory.resolve("shop.yaml"), CATALOG);
        var shop = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                var redis = new RedisServer("test", redisUrl, Duration.ofSeconds(5));
                var database = new Database(databaseUrl, DatabaseOptions.DEFAULTS)) {
            shop.setExecutor(threads);
            shop.createContext("/", this::serve);
            shop.start();
            database.jdbi()
                    .useHandle(handle ->
                            handle.execute("create table prices (id bigint primary key, cents int, at timestamptz)"));
            var environment = Map.of(
                    "CATALOG",
                    catalog.toString(),
                    "REDIS_URL",
                    redisUrl.toString(),
                    "REDIS_KEY_PREFIX",
                    prefix,
                    "DATABASE_URL",
                    TestServices.shared().workUrl(databaseUrl).toString(),
                    "WORKER_HOST",
                    "127.0.0.1",
                    "WORKER_PORT",
                    "0",
                    "SHOP",
                    "http://127.0.0.1:" + shop.getAddress().getPort(),
                    "SHARED",
                    redisUrl.toString(),
                    "PREFIX",
                    prefix + ":site:");
            try (var worker = WorkerProcess.start(new Settings(environment))) {
                change(redis);
                await().atMost(LONG).until(() -> hasLooked(worker, "old"));
                assertThat(kept).as("the shop confirmed, and shows what is old").hasValue(OLD);
                assertThat(metrics(worker)).contains("outcome=\"fresh\"} 0.0"); // an alarm asks whether it moves
                replica.set(NEW);
                await().atMost(LONG).until(() -> hasLooked(worker, "fresh"));
                assertThat(kept).hasValue(NEW);
                await().atMost(LONG).until(() -> marks(redis).containsKey("_N_T_/price/7"));
                assertThat(marks(redis)).containsKeys("price:7", "_N_T_/layout");
            }
        } finally {
            shop.stop(0);
        }
    }

    private static boolean hasLooked(WorkerProcess worker, String outcome) throws Exception {
        return metrics(worker)
                .lines()
                .filter(line -> line.startsWith("freshet_proofs_total{frontend=\"shop\",outcome=\"" + outcome + "\"}"))
                .anyMatch(line -> !line.endsWith(" 0.0"));
    }

    private void change(RedisServer redis) {
        var body = "{\"payload\":{\"id\":7,\"cents\":995,\"at\":\"" + NEW + "\"}}";
        var id = Job.id("app", "price.changed", "1");
        new JobQueue(redis, QueueOptions.defaults(prefix))
                .enqueue(Job.first(id, "app", "price.changed", Instant.now(), false, "trace", body.getBytes(UTF_8)))
                .toCompletableFuture()
                .join();
    }

    private Map<String, byte[]> marks(RedisServer redis) {
        return redis.await(redis.session().commands().hgetall(prefix + ":site:__revalidated_tags__"));
    }

    private static String metrics(WorkerProcess worker) throws IOException {
        var url = URI.create("http://127.0.0.1:" + worker.port() + "/metrics").toURL();
        try (var stream = url.openStream()) {
            return new String(stream.readAllBytes(), UTF_8);
        }
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean isCall = "POST".equals(exchange.getRequestMethod());
            if (isCall) {
                exchange.getRequestBody().readAllBytes();
                kept.set("");
            }
            boolean isPage = exchange.getRequestURI().getPath().equals("/price/7");
            if (isPage) {
                kept.compareAndSet("", replica.get());
            }
            var body = isPage ? "<meta name=\"freshet-version\" content=\"" + kept.get() + "\">" : "{}";
            exchange.sendResponseHeaders(isPage || isCall ? 200 : 404, 0);
            exchange.getResponseBody().write(body.getBytes(UTF_8));
        }
    }
}
