package dev.freshet.worker.dev;

import dev.freshet.capture.CaptureTriggers;
import dev.freshet.capture.Outbox;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogException;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.Problem;
import dev.freshet.catalog.Problem.Severity;
import dev.freshet.catalog.Story;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Server;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Failure;
import dev.freshet.ingest.Ingest;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.ServeProcess;
import dev.freshet.worker.WorkerProcess;
import dev.freshet.worker.frontend.StandInFrontEnd;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A system and all that Freshet is made of, in this process: its tables with sample rows, and the three processes. */
public final class Stage implements AutoCloseable {
    private static final String REVALIDATE_SECRET = "REVALIDATE_SECRET";
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
     * @param own the Redis of queue and cache where they are the stage's own
     * @param owned what is to be stopped with the stage, the last one first
     */
    private record Services(
            URI queue,
            URI cache,
            URI database,
            Logins logins,
            String prefix,
            Map<Server, EmbeddedRedis> own,
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
                        queue.url(), cache.url(), database.url(), Logins.SAME, "freshet", own(queue, cache), owned);
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
                    own(queue, cache),
                    new ArrayDeque<>(List.of(database, cache, queue)));
        }

        /** The database of the tests, and a Redis for the queue and one for the cache that may be stopped. */
        static Services ofTestsButRedis() {
            var queue = EmbeddedRedis.start(0);
            var cache = EmbeddedRedis.start(0);
            var services = TestServices.shared();
            return new Services(
                    queue.url(),
                    cache.url(),
                    services.newDatabase(),
                    new Logins(services::workUrl, services::serveUrl, services::ingestUrl),
                    "freshet",
                    own(queue, cache),
                    new ArrayDeque<>(List.of(cache, queue)));
        }

        private static Map<Server, EmbeddedRedis> own(EmbeddedRedis queue, EmbeddedRedis cache) {
            return Map.of(Server.QUEUE, queue, Server.CACHE, cache);
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
                    Map.of(),
                    new ArrayDeque<>());
        }
    }

    /** From the administrator's URL of a database to the one of each process. */
    private record Logins(UnaryOperator<URI> work, UnaryOperator<URI> serve, UnaryOperator<URI> ingest) {
        static final Logins SAME =
                new Logins(UnaryOperator.identity(), UnaryOperator.identity(), UnaryOperator.identity());
    }

    private final Story story;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Services services;
    private final Scratch scratch;
    private final Map<String, String> environment = new HashMap<>();
    private final List<StandInFrontEnd> frontEnds = new ArrayList<>();
    private final Ingest ingest;
    private final ServeProcess serve;
    private final WorkerProcess worker;
    private @Nullable ServeProcess uncached;

    /**
     * On embedded services of its own, with one stand-in front end.
     *
     * @param beside instances that may run or not, each with its revalidation route
     * @param told gets a line for each call that the stand-in front end is sent
     * @param more settings that win over those of the stage
     */
    public Stage(Story story, Ports ports, List<URI> beside, Consumer<String> told, Map<String, String> more) {
        this(story, Services.embedded(), ports, 1, beside, told, more);
    }

    private Stage(
            Story story,
            Services services,
            Ports ports,
            int instances,
            List<URI> beside,
            Consumer<String> told,
            Map<String, String> more) {
        this.story = story;
        this.services = services;
        open.addAll(services.owned());
        try {
            scratch = keep(new Scratch());
            story.files().forEach(scratch::put);
            var folder = scratch.folder().toString();
            story.settings().forEach((name, value) -> environment.put(name, value.replace("{scratch}", folder)));
            environment.putIfAbsent(REVALIDATE_SECRET, "local-revalidate-secret");
            load();
            for (int i = 0; i < instances; i++) {
                int port = i == 0 ? ports.frontEnd() : 0;
                frontEnds.add(keep(StandInFrontEnd.start(port, told, setting(REVALIDATE_SECRET))));
            }
            var logins = services.logins();
            environment.putAll(Map.of(
                    "CATALOG",
                    story.source(),
                    "REDIS_QUEUE_URL",
                    services.queue().toString(),
                    "REDIS_CACHE_URL",
                    services.cache().toString(),
                    "REDIS_KEY_PREFIX",
                    services.prefix(),
                    "DATABASE_URL",
                    logins.work().apply(services.database()).toString(),
                    "FRONT_END_URLS",
                    Stream.concat(frontEnds.stream().map(StandInFrontEnd::address), beside.stream())
                            .map(URI::toString)
                            .collect(Collectors.joining(","))));
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
            capture(logins.work().apply(services.database()));
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
     * @param catalog one that comes with Freshet
     * @param instances how many stand-ins of the one front end there are
     * @param more settings that win over those of the stage
     */
    public static Stage ofTests(String catalog, int instances, Map<String, String> more) {
        return new Stage(Story.read(catalog), Services.ofTests(), Ports.FREE, instances, List.of(), line -> {}, more);
    }

    /** On the tests' database and Redis servers of its own, which a story may stop. */
    public static Stage ofTests(Story story, Map<String, String> more) {
        return new Stage(story, Services.ofTestsButRedis(), Ports.FREE, 1, List.of(), line -> {}, more);
    }

    /**
     * On services that are stopped with it.
     *
     * @param catalog one that comes with Freshet
     * @param instances how many stand-ins of the one front end there are
     * @param more settings that win over those of the stage
     */
    public static Stage on(
            String catalog,
            EmbeddedRedis queue,
            EmbeddedRedis cache,
            EmbeddedDatabase database,
            int instances,
            Map<String, String> more) {
        var services = Services.given(queue, cache, database);
        return new Stage(Story.read(catalog), services, Ports.FREE, instances, List.of(), line -> {}, more);
    }

    /** What it plays. */
    public Story story() {
        return story;
    }

    /** The catalog as the processes have it. */
    public Catalog catalog() {
        return CatalogReader.read(story.source(), environment);
    }

    /** The application's PostgreSQL, for an administrator. */
    public URI database() {
        return services.database();
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

    /** Where reads are answered by a process without a cache, which is started when it is first asked for. */
    public synchronized URI uncached(String path) {
        if (uncached == null) {
            var database = services.logins().serve().apply(services.database());
            var own = new HashMap<>(environment);
            own.putAll(Map.of("REDIS_ENABLED", "false", "SERVE_PORT", port(0), "DATABASE_URL", database.toString()));
            uncached = keep(ServeProcess.start(new Settings(own)));
        }
        return URI.create("http://" + LOOPBACK + ":" + uncached.port() + path);
    }

    public URI worker(String path) {
        return URI.create("http://" + LOOPBACK + ":" + worker.port() + path);
    }

    /** @throws NullPointerException when the processes have no such setting */
    public String setting(String name) {
        return Objects.requireNonNull(environment.get(name), name);
    }

    /** Writes a file where the story has its files. */
    public void put(Act.Put file) {
        scratch.put(file);
    }

    /** One of its own servers, to stop it and start it again. */
    public EmbeddedRedis server(Server server) {
        return Objects.requireNonNull(services.own().get(server));
    }

    /** As if Freshet were not there, for who writes: no trigger fires and no worker runs. Reads and sessions are answered. */
    public void withdraw() {
        try (var database = new Database(services.database(), DatabaseOptions.DEFAULTS)) {
            new CaptureTriggers(catalog(), database).remove();
        } catch (SQLException e) {
            throw new IllegalStateException("cannot remove capture: " + e.getMessage(), e);
        }
        worker.close();
    }

    /** Stops the processes before the services they need. */
    @Override
    public void close() {
        closeAll(open);
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

    /**
     * By the administrator, since what may write triggers may do anything; the tables that they write to are the worker's.
     * Anything may have changed before, as installing says, but nothing is cached yet.
     */
    private void capture(URI work) {
        try (var own = new Database(work, DatabaseOptions.DEFAULTS);
                var database = new Database(services.database(), DatabaseOptions.DEFAULTS)) {
            own.migrate();
            var catalog = catalog();
            new CaptureTriggers(catalog, database).install(false);
            new Outbox(database, catalog.application()).collect(rows -> rows);
        } catch (SQLException e) {
            if (Database.classify(e) == Failure.OUTAGE) {
                throw new IllegalStateException("cannot install capture: " + e.getMessage(), e);
            }
            var what = "changes cannot be captured: " + e.getMessage();
            var remedy = beside("schema.sql") + " makes the tables";
            throw new CatalogException(
                    List.of(new Problem(Severity.ERROR, story.catalog().file(), 0, what, remedy)));
        }
    }

    /** Runs what an administrator of the application would. */
    private void load() {
        try (var database = new Database(services.database(), DatabaseOptions.DEFAULTS);
                var connection = database.connection()) {
            new SqlScript(beside("schema.sql"), story.schema()).run(connection);
            new SqlScript(beside("sample.sql"), story.sample()).run(connection);
        } catch (SQLException e) {
            throw new IllegalStateException("cannot load the sample application: " + e.getMessage(), e);
        }
    }

    /** How messages call a file of the story. */
    private String beside(String name) {
        return Path.of(story.catalog().file()).resolveSibling(name).toString();
    }

    private static String port(int wanted) {
        return Integer.toString(wanted == 0 ? EmbeddedRedis.freePort() : wanted);
    }
}
