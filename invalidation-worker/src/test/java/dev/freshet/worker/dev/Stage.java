package dev.freshet.worker.dev;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.ingest.Ingest;
import dev.freshet.model.Hmac;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.ServeProcess;
import dev.freshet.worker.WorkerProcess;
import dev.freshet.worker.frontend.StandInFrontEnd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The TAFTA application with all that Freshet is made of, in this process. */
public final class Stage implements AutoCloseable {
    public static final String WEBHOOK_SECRET = "local-webhook-secret";
    public static final String EVENTS_SECRET = "local-events-secret";
    private static final String REVALIDATE_SECRET = "local-revalidate-secret";
    private static final String LOOPBACK = "127.0.0.1";

    /** The ports to take; 0 is any free one. */
    public record Ports(int ingest, int serve, int worker, int frontEnd) {
        public static final Ports FREE = new Ports(0, 0, 0, 0);
    }

    /**
     * Where Redis and PostgreSQL are.
     *
     * @param database as an administrator, who makes the application's tables
     * @param logins of the processes
     * @param ownQueue the queue's Redis where it is the stage's own
     * @param owned what is to be stopped with the stage, the last one first
     */
    private record Services(
            URI queue,
            URI cache,
            URI database,
            Logins logins,
            String prefix,
            Optional<EmbeddedRedis> ownQueue,
            Deque<AutoCloseable> owned) {

        /** One Redis for the queue and one for the cache, as in production. */
        static Services embedded() {
            var owned = new ArrayDeque<AutoCloseable>();
            try {
                var queue = EmbeddedRedis.start(0);
                owned.push(queue);
                var cache = EmbeddedRedis.start(0, "maxmemory 256mb", "maxmemory-policy allkeys-lru");
                owned.push(cache);
                var database = EmbeddedDatabase.start(0);
                owned.push(database);
                return new Services(
                        queue.url(), cache.url(), database.url(), Logins.SAME, "freshet", Optional.of(queue), owned);
            } catch (RuntimeException | Error e) {
                closeAll(owned);
                throw e;
            }
        }

        /** Those of a benchmark. */
        static Services given(EmbeddedRedis queue, EmbeddedRedis cache, EmbeddedDatabase database) {
            return new Services(
                    queue.url(),
                    cache.url(),
                    database.url(),
                    Logins.SAME,
                    "freshet",
                    Optional.of(queue),
                    new ArrayDeque<>(List.of(database, cache, queue)));
        }

        /** Those that the tests of one JVM share, with a key prefix and a database of its own. */
        static Services ofTests() {
            var services = TestServices.shared();
            return new Services(
                    services.queueUrl(),
                    services.cacheUrl(),
                    services.newDatabase(),
                    new Logins(services::workUrl, services::serveUrl, services::ingestUrl),
                    services.newPrefix(),
                    Optional.empty(),
                    new ArrayDeque<>());
        }
    }

    /** From the administrator's URL of a database to the one of each process. */
    private record Logins(UnaryOperator<URI> work, UnaryOperator<URI> serve, UnaryOperator<URI> ingest) {
        static final Logins SAME =
                new Logins(UnaryOperator.identity(), UnaryOperator.identity(), UnaryOperator.identity());
    }

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Deque<AutoCloseable> services;
    private final Optional<EmbeddedRedis> queue;
    private final Map<String, String> environment = new HashMap<>();
    private final List<StandInFrontEnd> frontEnds = new ArrayList<>();
    private final URI database;
    private final Ingest ingest;
    private final ServeProcess serve;
    private final WorkerProcess worker;

    /**
     * On embedded services of its own, with one stand-in front end.
     *
     * @param beside instances that may run or not, each with its revalidation route
     * @param told gets a line for each call that the stand-in front end is sent
     * @param more settings that win over those of the stage
     */
    public Stage(Ports ports, List<URI> beside, Consumer<String> told, Map<String, String> more) {
        this(Services.embedded(), ports, 1, beside, told, more);
    }

    private Stage(
            Services services,
            Ports ports,
            int instances,
            List<URI> beside,
            Consumer<String> told,
            Map<String, String> more) {
        open.addAll(services.owned());
        this.services = new ArrayDeque<>(services.owned());
        this.queue = services.ownQueue();
        this.database = services.database();
        try {
            load(services.database(), "schema.sql", "sample.sql");
            for (int i = 0; i < instances; i++) {
                int port = i == 0 ? ports.frontEnd() : 0;
                frontEnds.add(keep(StandInFrontEnd.start(port, told, REVALIDATE_SECRET)));
            }
            environment.putAll(Map.of(
                    "CATALOG",
                    "tafta",
                    "REDIS_QUEUE_URL",
                    services.queue().toString(),
                    "REDIS_CACHE_URL",
                    services.cache().toString(),
                    "REDIS_KEY_PREFIX",
                    services.prefix(),
                    "DATABASE_URL",
                    services.logins().work().apply(services.database()).toString(),
                    "THINKIFIC_SECRETS",
                    WEBHOOK_SECRET,
                    "EVENTS_SECRET",
                    EVENTS_SECRET,
                    "FRONT_END_URLS",
                    Stream.concat(frontEnds.stream().map(StandInFrontEnd::address), beside.stream())
                            .map(URI::toString)
                            .collect(Collectors.joining(",")),
                    "REVALIDATE_SECRET",
                    REVALIDATE_SECRET));
            environment.putAll(Map.of(
                    "INGEST_HOST",
                    LOOPBACK,
                    "INGEST_PORT",
                    port(ports.ingest()),
                    "SERVE_HOST",
                    LOOPBACK,
                    "SERVE_PORT",
                    port(ports.serve()),
                    "WORKER_HOST",
                    LOOPBACK,
                    "WORKER_PORT",
                    port(ports.worker())));
            environment.putAll(more);
            var logins = services.logins();
            worker = keep(WorkerProcess.start(settings(more, logins.work().apply(services.database()))));
            serve = keep(ServeProcess.start(settings(more, logins.serve().apply(services.database()))));
            ingest = keep(Ingest.start(settings(more, logins.ingest().apply(services.database()))));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /**
     * On the services that the tests share.
     *
     * @param instances how many stand-ins of the one front end there are
     * @param more settings that win over those of the stage
     */
    public static Stage ofTests(int instances, Map<String, String> more) {
        return new Stage(Services.ofTests(), Ports.FREE, instances, List.of(), line -> {}, more);
    }

    /**
     * On services that are stopped with it.
     *
     * @param instances how many stand-ins of the one front end there are
     * @param more settings that win over those of the stage
     */
    public static Stage on(
            EmbeddedRedis queue,
            EmbeddedRedis cache,
            EmbeddedDatabase database,
            int instances,
            Map<String, String> more) {
        return new Stage(Services.given(queue, cache, database), Ports.FREE, instances, List.of(), line -> {}, more);
    }

    /** The application's PostgreSQL, for an administrator. */
    public URI database() {
        return database;
    }

    /** The environment of the processes, for commands that are to meet them. */
    public Map<String, String> environment() {
        return Map.copyOf(environment);
    }

    public StandInFrontEnd frontEnd() {
        return frontEnds.getFirst();
    }

    /** All instances of the one front end. */
    public List<StandInFrontEnd> frontEnds() {
        return List.copyOf(frontEnds);
    }

    public URI ingest(String path) {
        return URI.create("http://" + LOOPBACK + ":" + ingest.port() + path);
    }

    public URI reads(String path) {
        return URI.create("http://" + LOOPBACK + ":" + serve.port() + path);
    }

    public URI worker(String path) {
        return URI.create("http://" + LOOPBACK + ":" + worker.port() + path);
    }

    /** A {@code curl} command that delivers the body, signed, and works when pasted. */
    String curl(String body) {
        return "curl -sS -X POST " + ingest("/webhooks/thinkific") + " -H 'X-Thinkific-Hmac-Sha256: "
                + Hmac.signHex(WEBHOOK_SECRET, body.getBytes(UTF_8)) + "' -d '" + body + "'";
    }

    /** The queue's Redis, to stop it and start it again. */
    EmbeddedRedis queue() {
        return queue.orElseThrow();
    }

    /** Stops the processes before the services they need. */
    @Override
    public void close() {
        closeAll(open);
    }

    /** Stops the services only; for a JVM that ends, and with it the processes. */
    void drop() {
        closeAll(services);
    }

    /** A sample of the published deliveries, such as {@code enrollment.created}, as it is stored. */
    static byte[] sample(String topic) {
        try (var stream = Stage.class.getResourceAsStream("/samples/thinkific/" + topic + ".json")) {
            if (stream == null) {
                throw new IllegalArgumentException("no sample of " + topic);
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param database unless the test names one */
    private Settings settings(Map<String, String> more, URI database) {
        var own = new HashMap<>(environment);
        own.put("DATABASE_URL", more.getOrDefault("DATABASE_URL", database.toString()));
        return new Settings(own);
    }

    private <T extends AutoCloseable> T keep(T part) {
        open.push(part);
        return part;
    }

    private static void closeAll(Deque<AutoCloseable> parts) {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("cannot stop cleanly", e);
            }
        }
    }

    /** Runs files of the TAFTA catalog, such as {@code sample.sql}. */
    static void load(URI url, String... files) {
        try (var database = new Database(url, DatabaseOptions.DEFAULTS);
                var connection = database.connection();
                var statement = connection.createStatement()) {
            for (var file : files) {
                try (var stream = Stage.class.getResourceAsStream("/catalogs/tafta/" + file)) {
                    statement.execute(
                            new String(java.util.Objects.requireNonNull(stream).readAllBytes(), UTF_8));
                }
            }
        } catch (SQLException | IOException e) {
            throw new IllegalStateException("cannot load the sample application", e);
        }
    }

    private static String port(int wanted) {
        return Integer.toString(wanted == 0 ? EmbeddedRedis.freePort() : wanted);
    }
}
