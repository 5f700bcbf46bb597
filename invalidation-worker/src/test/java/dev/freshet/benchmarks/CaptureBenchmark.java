package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.TagCache;
import dev.freshet.capture.CaptureTriggers;
import dev.freshet.capture.Outbox;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.worker.WorkerProcess;
import dev.freshet.worker.view.CachedViews;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.postgresql.PGConnection;

/**
 * What captured changes cost whoever writes: updates of one row, of a hundred rows and of a million rows in a statement, in
 * CPU time of the PostgreSQL process that serves it, so that nothing else that the machine does counts.
 * Four tables take turns: ours, one whose trigger writes a row of an outbox for each row, one whose trigger does the least that
 * one of a statement can, and one without triggers.
 * After the million, all jobs must be done and no value old.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class CaptureBenchmark {
    private static final int ROWS = 1_000_000;
    private static final int USERS = 10_000;
    private static final int VALUES = 1_000;
    private static final int SINGLE = 10_000;
    private static final int STATEMENTS = 300;
    private static final int STATEMENT_ROWS = 100;
    private static final int WARM_UP = 1;
    private static final int ROUNDS = 5;
    private static final int MASS_ROUNDS = 3;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration REST = Duration.ofMinutes(3);
    private static final String CATALOG = """
            application: club
            views:
              user:
                kind: value
                key: user:{userId}
                params: { userId: int }
                sql: select sum(km) from ours where user_id = :userId
                tags: [ "runs:{userId}" ]
                ttl: 5h
            changes:
              ours: { columns: [ km, run_on ], with: [ user_id ], tags: [ "runs:{user_id}" ] }
            """;
    private static final String ROW_TRIGGER = """
            create table outbox (id bigint generated always as identity primary key, source text not null, row jsonb);
            create function tell() returns trigger language plpgsql as $$
            begin
              insert into outbox (source, row)
              values ('runs', jsonb_build_object('before', old.user_id, 'after', new.user_id));
              return null;
            end $$;
            create trigger tell after update of km, run_on on reference for each row execute function tell();
            """;
    /** Says whose rows a statement has changed, before and after it, once each, and not whether they are any different. */
    private static final String LEAST_TRIGGER = """
            create function note() returns trigger language plpgsql as $$
            begin
              insert into outbox (source, row)
              select 'runs', jsonb_agg(user_id)
                from (select user_id from earlier union select user_id from later) changed;
              return null;
            end $$;
            create trigger note after update on least
              referencing old table as earlier new table as later for each statement execute function note();
            """;

    private static final List<String> TABLES = List.of("ours", "reference", "least", "bare");

    private final Database database;
    private final Connection writer;
    private final ProcessHandle backend;
    private final Catalog catalog;
    private final URI redis;
    private final Map<String, String> environment;

    private CaptureBenchmark(Database database, Connection writer, URI databaseUrl, URI redis, Path file)
            throws SQLException {
        this.database = database;
        this.writer = writer;
        this.backend = ProcessHandle.of(writer.unwrap(PGConnection.class).getBackendPID())
                .orElseThrow();
        this.redis = redis;
        this.catalog = CatalogReader.read(file.toString(), Map.of());
        this.environment = Map.of(
                "CATALOG", file.toString(),
                "REDIS_URL", redis.toString(),
                "DATABASE_URL", databaseUrl.toString(),
                "WORKER_HOST", "127.0.0.1",
                "WORKER_PORT", "0");
    }

    static boolean run() throws Exception {
        var file = Files.writeString(Files.createTempFile("freshet-catalog-", ".yaml"), CATALOG, UTF_8);
        try (var postgres = EmbeddedDatabase.start(0);
                var redis = Mode.current().redis();
                var database = new Database(
                        postgres.url(), new DatabaseOptions(4, Duration.ofMinutes(5), Duration.ofSeconds(10)));
                var writer = database.connection()) {
            database.migrate();
            var benchmark = new CaptureBenchmark(database, writer, postgres.url(), redis.url(), file);
            benchmark.prepare();
            boolean isRight = benchmark.rows();
            return benchmark.mass() && isRight;
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private void prepare() throws SQLException {
        for (var table : TABLES) {
            execute("""
                    create table %s (id int primary key, user_id int not null, km int not null, run_on date not null);
                    insert into %1$s select n, n %% 10000, 5, '2026-01-31' from generate_series(1, 1000000) n;
                    create index on %1$s (user_id);
                    """.formatted(table));
        }
        execute(ROW_TRIGGER);
        execute(LEAST_TRIGGER);
        new CaptureTriggers(catalog, database).install(false);
        execute("vacuum analyze");
    }

    /** Statements of one row and of a hundred, each its own transaction. */
    private boolean rows() throws SQLException {
        var single = Comparison.ofCosts("capture-row", "us of CPU per row");
        var more = new LinkedHashMap<String, List<Double>>();
        var limits = new ArrayList<Double>();
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            var costs = new LinkedHashMap<String, Double>();
            for (var table : inTurn(round)) {
                costs.put(table, singles(table));
                costs.put(table + "_of_100", hundreds(table));
            }
            execute("truncate outbox, freshet.outbox");
            if (round >= 0) {
                single.add(cost(costs, "ours"), cost(costs, "reference"));
                limits.add(cost(costs, "least") / cost(costs, "reference"));
                costs.forEach((name, cost) ->
                        more.computeIfAbsent(name, key -> new ArrayList<>()).add(cost));
            }
        }
        for (var name : List.of("bare", "least", "ours_of_100", "reference_of_100", "least_of_100", "bare_of_100")) {
            var median = Comparison.median(Objects.requireNonNull(more.get(name)));
            System.out.printf(Locale.ROOT, "  %s %.2f us of CPU per row%n", name, median);
            single.with(name, String.format(Locale.ROOT, "%.2f", median));
        }
        return single.with("limit", "%.3f".formatted(Comparison.median(limits)))
                .print("at most 1.5", single.ratio() <= 1.5, 0);
    }

    private static double cost(Map<String, Double> costs, String name) {
        return Objects.requireNonNull(costs.get(name));
    }

    /** Whoever begins has the emptier machine. */
    private static List<String> inTurn(int round) {
        var turn = new ArrayList<>(TABLES);
        Collections.rotate(turn, round);
        return turn;
    }

    private double singles(String table) throws SQLException {
        try (var update = writer.prepareStatement("update " + table + " set km = km + 1 where id = ?")) {
            double start = micros();
            for (int i = 1; i <= SINGLE; i++) {
                update.setInt(1, i * 37 % ROWS + 1);
                update.executeUpdate();
            }
            return (micros() - start) / SINGLE;
        }
    }

    private double hundreds(String table) throws SQLException {
        try (var update = writer.prepareStatement("update " + table + " set km = km + 1 where id between ? and ?")) {
            double start = micros();
            for (int i = 0; i < STATEMENTS; i++) {
                int from = i * 997 + 1;
                update.setInt(1, from);
                update.setInt(2, from + STATEMENT_ROWS - 1);
                update.executeUpdate();
            }
            return (micros() - start) / STATEMENTS / STATEMENT_ROWS;
        }
    }

    /** A million rows in one statement, under a worker that is there. */
    private boolean mass() throws SQLException, IOException, InterruptedException {
        var mass = Comparison.ofCosts("capture-mass", "us of CPU per row");
        var bare = new ArrayList<Double>();
        var limits = new ArrayList<Double>();
        var fresh = new ArrayList<Double>();
        long lost = 0;
        long jobs = 0;
        try (var queueServer = new RedisServer("queue", redis, TIMEOUT);
                var cacheServer = new RedisServer("cache", redis, TIMEOUT);
                var worker = WorkerProcess.start(new Settings(environment))) {
            var queue = new JobQueue(queueServer, QueueOptions.defaults("freshet"));
            var views =
                    new CachedViews(new TagCache(cacheServer, CacheOptions.defaults("freshet")), catalog, database, 4);
            System.out.println("  worker on port " + worker.port());
            rest(queue);
            for (int round = 0; round < MASS_ROUNDS; round++) {
                read(views);
                long done = queue.status().count("done");
                double ours = 0;
                double reference = 0;
                double least = 0;
                for (var table : inTurn(round)) {
                    double cost = update(table);
                    switch (table) {
                        case "ours" -> {
                            ours = cost;
                            long committed = System.nanoTime();
                            rest(queue);
                            fresh.add((System.nanoTime() - committed) / 1e6);
                        }
                        case "reference" -> reference = cost;
                        case "least" -> least = cost;
                        default -> bare.add(cost);
                    }
                    execute("truncate outbox");
                    execute("vacuum " + table);
                }
                jobs = queue.status().count("done") - done;
                lost += stale(views) + queue.status().dead();
                mass.add(ours, reference);
                limits.add(least / reference);
                System.out.printf(
                        Locale.ROOT,
                        "  ours %.2f, a row each %.2f, the least %.2f, without triggers %.2f us of CPU per row; %d jobs%n",
                        ours,
                        reference,
                        least,
                        bare.getLast(),
                        jobs);
            }
        }
        return mass.with("rows", Integer.toString(ROWS))
                .with("values", Integer.toString(USERS))
                .with("limit", "%.3f".formatted(Comparison.median(limits)))
                .with("bare", String.format(Locale.ROOT, "%.2f", Comparison.median(bare)))
                .with("jobs", Long.toString(jobs))
                .with("fresh_ms", String.format(Locale.ROOT, "%.0f", Comparison.median(fresh)))
                .print("at most 0.5", mass.ratio() <= 0.5, lost);
    }

    private double update(String table) throws SQLException {
        double start = micros();
        execute("update " + table + " set km = km + 1");
        return (micros() - start) / ROWS;
    }

    /** CPU time of the process that serves the writer. */
    private double micros() {
        return backend.info().totalCpuDuration().orElseThrow().toNanos() / 1e3;
    }

    /** Until all that was captured is done. */
    private void rest(JobQueue queue) throws SQLException, InterruptedException {
        var outbox = new Outbox(database, catalog.application());
        long deadline = System.nanoTime() + REST.toNanos();
        while (!outbox.isEmpty() || queue.status().inFlight() > 0) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("not done after " + REST + ": " + queue.status());
            }
            Thread.sleep(5);
        }
    }

    private List<String> read(CachedViews views) {
        var view = Objects.requireNonNull(catalog.views().get("user"));
        var values = new ArrayList<String>();
        for (int user = 0; user < VALUES; user++) {
            var content = views.get(view, Map.of("userId", Integer.toString(user)))
                    .entry()
                    .content();
            values.add(new String(content, UTF_8));
        }
        return values;
    }

    /** Values that are not what the database says. */
    private long stale(CachedViews views) throws SQLException {
        var cached = read(views);
        long stale = 0;
        try (var statement = writer.createStatement();
                var found = statement.executeQuery(
                        "select user_id, sum(km) from ours where user_id < " + VALUES + " group by 1")) {
            while (found.next()) {
                stale += cached.get(found.getInt(1)).equals(found.getString(2)) ? 0 : 1;
            }
        }
        return stale;
    }

    private void execute(String sql) throws SQLException {
        try (var statement = writer.createStatement()) {
            statement.execute(sql);
        }
    }
}
