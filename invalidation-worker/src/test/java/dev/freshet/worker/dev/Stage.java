package dev.freshet.worker.dev;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.ingest.Ingest;
import dev.freshet.model.Hmac;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.worker.ServeProcess;
import dev.freshet.worker.WorkerProcess;
import dev.freshet.worker.frontend.StandInFrontEnd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The TAFTA application with all that Freshet is made of, in this process, on embedded Redis and PostgreSQL. */
final class Stage implements AutoCloseable {
    static final String WEBHOOK_SECRET = "local-webhook-secret";
    static final String EVENTS_SECRET = "local-events-secret";
    private static final String REVALIDATE_SECRET = "local-revalidate-secret";
    private static final String LOOPBACK = "127.0.0.1";

    /** The ports to take; 0 is any free one. A port that is taken gives way to a free one. */
    record Ports(int ingest, int serve, int worker, int frontEnd) {
        static final Ports FREE = new Ports(0, 0, 0, 0);
    }

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Map<String, String> environment = new HashMap<>();
    private final StandInFrontEnd frontEnd;
    private final Ingest ingest;
    private final ServeProcess serve;

    /**
     * @param told gets a line for each call that the stand-in front end is sent
     * @param more settings that win over those of the stage
     */
    Stage(Ports ports, Consumer<String> told, Map<String, String> more) {
        try {
            var queue = keep(EmbeddedRedis.start(0));
            var cache = keep(EmbeddedRedis.start(0, "maxmemory 256mb", "maxmemory-policy allkeys-lru"));
            var database = keep(EmbeddedDatabase.start(0));
            load(database.url(), "schema.sql", "sample.sql");
            frontEnd = keep(StandInFrontEnd.start(free(ports.frontEnd()), told, REVALIDATE_SECRET));
            environment.putAll(Map.of(
                    "CATALOG",
                    "tafta",
                    "REDIS_QUEUE_URL",
                    queue.url().toString(),
                    "REDIS_CACHE_URL",
                    cache.url().toString(),
                    "DATABASE_URL",
                    database.url().toString(),
                    "THINKIFIC_SECRETS",
                    WEBHOOK_SECRET,
                    "EVENTS_SECRET",
                    EVENTS_SECRET,
                    "FRONT_END_URLS",
                    frontEnd.address().toString(),
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
            keep(WorkerProcess.start(settings()));
            serve = keep(ServeProcess.start(settings()));
            ingest = keep(Ingest.start(settings()));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** The environment of the processes, for commands that are to meet them. */
    Map<String, String> environment() {
        return Map.copyOf(environment);
    }

    StandInFrontEnd frontEnd() {
        return frontEnd;
    }

    URI ingest(String path) {
        return URI.create("http://" + LOOPBACK + ":" + ingest.port() + path);
    }

    URI reads(String path) {
        return URI.create("http://" + LOOPBACK + ":" + serve.port() + path);
    }

    /** A {@code curl} command that delivers the body, signed, and works when pasted. */
    String curl(String body) {
        return "curl -sS -X POST " + ingest("/webhooks/thinkific") + " -H 'X-Thinkific-Hmac-Sha256: "
                + Hmac.signHex(WEBHOOK_SECRET, body.getBytes(UTF_8)) + "' -d '" + body + "'";
    }

    /** Stops the processes before the services they need. */
    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("cannot stop cleanly", e);
            }
        }
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

    private Settings settings() {
        return new Settings(environment);
    }

    private <T extends AutoCloseable> T keep(T part) {
        open.push(part);
        return part;
    }

    private static void load(URI url, String... files) {
        try (var database = new Database(url, DatabaseOptions.DEFAULTS);
                var connection = database.dataSource().getConnection();
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
        return Integer.toString(free(wanted));
    }

    private static int free(int wanted) {
        try (var socket = new ServerSocket(wanted)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            return EmbeddedRedis.freePort();
        }
    }
}
