package dev.freshet.benchmarks.queue;

import dev.freshet.benchmarks.tools.Child;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.testing.EmbeddedRedis;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Worker processes as they are shipped, with a catalog whose events make tags old and change no rows, and with no ledger:
 * they claim, parse, plan, invalidate and settle, and say nothing to PostgreSQL on that way.
 */
final class Workers implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration LOOK = Duration.ofMillis(50);
    private static final List<String> OPTIONS = List.of("-XX:MaxRAMPercentage=25", "-XX:+ExitOnOutOfMemoryError");

    private static final String HEAD = """
            application: bench
            sites:
              main: { scheme: thinkific, secrets: secret }
            """;
    private static final String VIEW = """
              view-NUMBER:
                kind: row
                key: view-NUMBER:{id}:{course}
                params: { id: { type: int }, course: { type: int } }
                sql: select :id::int as id, :course::int as course
                tags: TAGS
                ttl: 1h
            """;
    private static final String EVENT = """
              NAME:
                with: { id: /payload/id, course: /payload/course_id }
                tags: TAGS
            """;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final List<Child> children = new ArrayList<>();

    /**
     * Starts them, and returns when they work.
     *
     * @param redis its URL, which may name a cluster
     * @param tags how many tags an event makes old
     * @param views how many views and events the catalog has; the jobs are of one of them
     */
    Workers(URI redis, int count, int tags, int views, Map<String, String> settings) throws Exception {
        try {
            var database = EmbeddedDatabase.start(0);
            open.push(database);
            var catalog = Files.createTempFile("freshet-catalog-", ".yaml");
            open.push(() -> Files.deleteIfExists(catalog));
            Files.writeString(catalog, catalog(tags, views));
            var environment = new HashMap<>(Map.of(
                    "REDIS_URL",
                    redis.toString(),
                    "REDIS_KEY_PREFIX",
                    Backlog.PREFIX,
                    "DATABASE_URL",
                    database.url().toString(),
                    "CATALOG",
                    catalog.toString(),
                    "DELIVERIES_KEEP",
                    "0s",
                    "WORKER_AUDIT_INTERVAL",
                    "0s"));
            environment.putAll(settings);
            for (int i = 0; i < count; i++) {
                start(environment, i == 0 ? "worker" : "worker-" + (i + 1));
            }
        } catch (IOException | RuntimeException | InterruptedException e) {
            close();
            throw e;
        }
    }

    private void start(Map<String, String> environment, String name) throws IOException, InterruptedException {
        var own = new HashMap<>(environment);
        int port = EmbeddedRedis.freePort();
        own.put("WORKER_PORT", Integer.toString(port));
        var worker =
                Child.shipped("queue-" + name, "invalidation-worker", OPTIONS, own, "dev.freshet.worker.Main", "work");
        open.push(worker);
        children.add(worker);
        awaitHealthy(worker, URI.create("http://127.0.0.1:" + port + "/health"));
    }

    private static void awaitHealthy(Child worker, URI health) throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            long deadline = System.nanoTime() + START.toNanos();
            while (!isHealthy(client, health)) {
                if (!worker.isAlive() || System.nanoTime() - deadline > 0) {
                    throw new IllegalStateException("the worker does not work; " + worker.tail());
                }
                Thread.sleep(LOOK);
            }
        }
    }

    private static boolean isHealthy(HttpClient client, URI health) throws InterruptedException {
        try {
            var request = HttpRequest.newBuilder(health).timeout(LOOK.multipliedBy(20));
            return client.send(request.build(), BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** None may have ended by itself. */
    void requireAlive() throws IOException {
        for (var child : children) {
            if (!child.isAlive()) {
                throw new IllegalStateException("a worker has ended; " + child.tail());
            }
        }
    }

    /** What all together have taken of the processors. */
    Duration cpu() {
        return children.stream()
                .flatMap(child -> ProcessHandle.of(child.pid()).stream())
                .flatMap(process -> process.info().totalCpuDuration().stream())
                .reduce(Duration.ZERO, Duration::plus);
    }

    /** Resident memory of all together, in KiB. */
    long residentKib() {
        return children.stream().mapToLong(Child::residentKib).sum();
    }

    /** {@code enrollment.created} makes old a tag of its own, one of forty courses, and those that only it names. */
    private static String catalog(int tags, int views) {
        var names = IntStream.range(0, tags)
                .mapToObj(i -> switch (i) {
                    case 0 -> "\"enrollment:{id}\"";
                    case 1 -> "\"course:{course}\"";
                    case 2 -> "enrollments";
                    default -> "\"more-" + i + ":{id}\"";
                })
                .collect(Collectors.joining(", ", "[ ", " ]"));
        return (HEAD
                        + "views:\n"
                        + each(views, VIEW)
                        + "events:\n"
                        + EVENT.replace("NAME", Bodies.TOPIC)
                        + each(views - 1, EVENT.replace("NAME", "other.event_NUMBER")))
                .replace("TAGS", names);
    }

    private static String each(int count, String text) {
        return IntStream.range(0, count)
                .mapToObj(i -> text.replace("NUMBER", Integer.toString(i)))
                .collect(Collectors.joining());
    }

    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("cannot end what the benchmark has started", e);
            }
        }
    }
}
