package dev.freshet.benchmarks.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.ingest.Main;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Settings;
import dev.freshet.testing.DatabaseProcess;
import dev.freshet.testing.RedisProcess;
import dev.freshet.worker.cli.Freshet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** All processes of one run and the network between them: one relay for each process and server that speak. */
final class Stack implements AutoCloseable {
    static final String PREFIX = "faults";
    static final Duration LEASE = Duration.ofSeconds(2);
    private static final int WORKERS = 2;
    private static final int FRONT_ENDS = 2;
    private static final String HOST = "127.0.0.1";
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    /** A worker, and its ways to the servers. */
    record Worker(Jvm jvm, Relay queue, Relay cache, Relay database) {
        List<Relay> relays() {
            return List.of(queue, cache, database);
        }
    }

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Path logs;
    final Secrets secrets = Secrets.random();
    final DatabaseProcess database;
    final QueueServers queue;
    final RedisProcess cache;
    final List<Site> sites = new ArrayList<>();
    final List<Relay> toSites = new ArrayList<>();
    final List<Worker> workers = new ArrayList<>();
    final Jvm ingest;
    final Relay ingestToQueue;
    final Relay ingestToDatabase;
    final Relay toIngest;
    final Jvm serve;
    final Relay serveToCache;
    final Relay serveToDatabase;
    final URI reads;
    final Catalog catalog;
    private final Map<String, String> environment;

    Stack(Path logs) throws IOException, SQLException {
        this.logs = logs;
        try {
            database = keep(DatabaseProcess.start(
                    logs.resolve("postgresql.log"), "max_connections=80", "fsync=off", "log_error_verbosity=terse"));
            load();
            queue = keep(new QueueServers(secrets.redis()));
            cache = keep(RedisProcess.server(
                            RedisProcess.freePort(), List.of("requirepass " + secrets.redis(), "save \"\"")))
                    .ready();
            ingestToQueue = relay("ingest→queue", queue.master());
            ingestToDatabase = relay("ingest→postgresql", database.port());
            serveToCache = relay("serve→cache", cache.port());
            serveToDatabase = relay("serve→postgresql", database.port());

            int readPort = RedisProcess.freePort();
            reads = URI.create("http://" + HOST + ":" + readPort);
            for (int i = 1; i <= FRONT_ENDS; i++) {
                var site = keep(new Site("site-" + i, secrets.revalidate(), reads));
                sites.add(site);
                toSites.add(relay("workers→" + site.name(), site.port()));
            }
            environment = environment();
            catalog = CatalogReader.read(Objects.requireNonNull(environment.get("CATALOG")), environment);
            int ingestPort = RedisProcess.freePort();
            toIngest = relay("provider→ingest", ingestPort);
            ingest = jvm(
                    "ingest",
                    Main.class,
                    List.of(),
                    ingestPort,
                    "INGEST",
                    ways(ingestToQueue, ingestToQueue, ingestToDatabase));
            serve = jvm(
                    "serve",
                    dev.freshet.worker.Main.class,
                    List.of("serve"),
                    readPort,
                    "SERVE",
                    ways(serveToCache, serveToCache, serveToDatabase));
            for (int i = 1; i <= WORKERS; i++) {
                workers.add(worker("worker-" + i));
            }
        } catch (IOException | SQLException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private Worker worker(String name) throws IOException {
        var toQueue = relay(name + "→queue", queue.master());
        var toCache = relay(name + "→cache", cache.port());
        var toDatabase = relay(name + "→postgresql", database.port());
        var jvm = jvm(
                name,
                dev.freshet.worker.Main.class,
                List.of("work"),
                RedisProcess.freePort(),
                "WORKER",
                ways(toQueue, toCache, toDatabase));
        return new Worker(jvm, toQueue, toCache, toDatabase);
    }

    private Jvm jvm(
            String name, Class<?> main, List<String> arguments, int port, String family, Map<String, String> ways) {
        var own = new HashMap<>(environment);
        own.putAll(ways);
        own.put("REDIS_TIMEOUT", "2s");
        own.put(family + "_HOST", HOST);
        own.put(family + "_PORT", String.valueOf(port));
        if (family.equals("INGEST")) {
            own.put("QUEUE_WAIT_REPLICAS", "1");
        }
        if (family.equals("WORKER")) {
            own.putAll(Map.of(
                    "CALLBACK_MAX_PAUSE", "500ms",
                    "WORKER_LEASE", LEASE.toSeconds() + "s",
                    "WORKER_DRAIN", "5s",
                    "WORKER_RETRY_ATTEMPTS", "100",
                    "WORKER_RETRY_CAP", "5s",
                    "WORKER_AUDIT_INTERVAL", "10s",
                    "CALLBACK_LONGEST_RENDER", "2s",
                    "CALLBACK_TIMEOUT", "5s"));
        }
        if (family.equals("SERVE")) {
            own.put("ADMIN_TOKEN", secrets.admin());
        }
        return keep(new Jvm(
                name,
                new Jvm.Program(main, arguments, own),
                URI.create("http://" + HOST + ":" + port + "/health"),
                logs.resolve(name + ".log")));
    }

    private Map<String, String> environment() throws IOException {
        var catalogFile = logs.resolve("catalog.yaml");
        Files.writeString(catalogFile, resource("catalog.yaml"));
        var addresses = toSites.stream()
                .map(relay -> "http://" + HOST + ":" + relay.port())
                .toList();
        return Map.of(
                "CATALOG", catalogFile.toString(),
                "REDIS_KEY_PREFIX", PREFIX,
                "WEBHOOK_SECRET", secrets.webhook(),
                "EVENTS_SECRET", secrets.events(),
                "REVALIDATE_SECRET", secrets.revalidate(),
                "FRONT_END_URLS", String.join(",", addresses));
    }

    private Map<String, String> ways(Relay queue, Relay cache, Relay database) {
        return Map.of(
                "REDIS_QUEUE_URL", redisUrl(queue.port()),
                "REDIS_CACHE_URL", redisUrl(cache.port()),
                "DATABASE_URL", databaseUrl(database.port()));
    }

    String redisUrl(int port) {
        return "redis://:" + secrets.redis() + "@" + HOST + ":" + port;
    }

    private String databaseUrl(int port) {
        return "postgresql://freshet_app:" + secrets.database() + "@" + HOST + ":" + port + "/postgres";
    }

    /** Every way to the queue's master. */
    List<Relay> toQueue() {
        var ways = new ArrayList<>(List.of(ingestToQueue));
        workers.forEach(worker -> ways.add(worker.queue));
        return ways;
    }

    /** Everything between two processes of Freshet's and servers. */
    List<Relay> relays() {
        var all = new ArrayList<>(List.of(ingestToQueue, ingestToDatabase, serveToCache, serveToDatabase, toIngest));
        workers.forEach(worker -> all.addAll(worker.relays()));
        all.addAll(toSites);
        return all;
    }

    List<Jvm> jvms() {
        var all = new ArrayList<>(List.of(ingest, serve));
        workers.forEach(worker -> all.add(worker.jvm));
        return all;
    }

    /** What the command says, standing where operators stand: beside the servers. */
    String freshet(String... words) {
        var own = new HashMap<>(environment);
        own.put("REDIS_QUEUE_URL", redisUrl(queue.master()));
        own.put("DATABASE_URL", databaseUrl(database.port()));
        var said = new ByteArrayOutputStream();
        var out = new PrintStream(said, true, UTF_8);
        Freshet.run(own, out, out, words);
        return said.toString(UTF_8);
    }

    /** Straight to the queue's master, to be closed by the caller. */
    RedisServer connectToQueue() {
        return new RedisServer("queue", URI.create(redisUrl(queue.master())), TIMEOUT);
    }

    QueueOptions queueOptions() {
        return QueueOptions.from(new Settings(Map.of()), PREFIX);
    }

    /** Straight to the database as its superuser, to be closed by the caller. */
    Connection connectToDatabase() throws SQLException {
        return database.connect();
    }

    Path logs() {
        return logs;
    }

    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                System.err.println("cannot stop cleanly: " + e);
            }
        }
    }

    private void load() throws IOException, SQLException {
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            statement.execute(resource("schema.sql").replace("{password}", secrets.database()));
        }
    }

    private Relay relay(String name, int port) {
        return keep(new Relay(name, port));
    }

    private <T extends AutoCloseable> T keep(T part) {
        open.push(part);
        return part;
    }

    private static String resource(String name) throws IOException {
        try (var stream = Stack.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(stream, name).readAllBytes(), UTF_8);
        }
    }
}
