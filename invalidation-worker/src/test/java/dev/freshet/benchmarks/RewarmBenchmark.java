package dev.freshet.benchmarks;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Query;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.worker.view.CachedViews;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A thousand hot keys of one view after one invalidation: from the invalidation until all are cached again, against the
 * view's own query and a SET for one key after the other. The limit is what the view's statements alone would come to.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class RewarmBenchmark {
    private static final int KEYS = 1_000;
    private static final int ROUNDS = 15;
    /** Compiled code comes late: this many take half a minute. */
    private static final int WARM_UP = 40;

    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
    private static final Tag MEMBERS = new Tag("members");
    private static final String TABLES = """
            create table members (id int primary key, name text not null, cohort int not null);
            create table progress (member int not null, lesson int not null, done numeric not null, primary key (member, lesson));
            insert into members select i, 'Member number ' || i, i % 20 from generate_series(1, 20000) i;
            insert into progress select 1 + i % 20000, i / 20000, (i % 100) / 100.0 from generate_series(0, 199999) i;
            analyze""";
    private static final String CATALOG = """
            application: club
            sites:
              main: { scheme: thinkific, secrets: secret }
            views:
              member:
                key: member:{id}
                params: { id: { type: int, min: 1, max: 100000 } }
                sql: |
                  select m.id, m.name, m.cohort, p.lesson, p.done
                    from members m
                    join progress p on p.member = m.id
                   where m.id = :id
                   order by p.lesson
                tags: [ members, "member:{id}" ]
                ttl: 10m
                rewarm: always
            """;

    private final RedisServer server;
    private final TagCache cache;
    private final CachedViews views;
    private final View view;
    private final Database database;

    private RewarmBenchmark(RedisServer server, Database database, String catalogFile) {
        var catalog = CatalogReader.read(catalogFile, Map.of());
        this.server = server;
        this.database = database;
        this.cache = new TagCache(server, CacheOptions.defaults("bench"));
        this.views = new CachedViews(cache, catalog, database, 4);
        this.view = Objects.requireNonNull(catalog.views().get("member"));
    }

    static boolean run() throws Exception {
        var file = Files.createTempFile("freshet-catalog-", ".yaml");
        try (var redis = Mode.current().redis();
                var postgres = EmbeddedDatabase.start(0);
                var server = new RedisServer("cache", redis.url(), Duration.ofSeconds(10));
                var database = new Database(postgres.url(), DatabaseOptions.DEFAULTS)) {
            Files.writeString(file, CATALOG);
            try (var connection = database.connection();
                    var statement = connection.createStatement()) {
                statement.execute(TABLES);
            }
            return new RewarmBenchmark(server, database, file.toString()).compare();
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private boolean compare() throws Exception {
        for (int id = 1; id <= KEYS; id++) {
            views.get(view, values(id));
        }
        for (int i = 0; i < WARM_UP; i++) {
            var unused = ours() + reference() + statements();
        }
        var comparison = Comparison.ofRates("rewarm", "keys/s");
        var limits = new ArrayList<Double>();
        long lost = 0;
        for (int i = 0; i < ROUNDS; i++) {
            double first = i % 2 == 0 ? 0 : reference();
            double our = ours();
            lost += KEYS - current();
            double reference = first > 0 ? first : reference();
            comparison.add(our, reference);
            double statements = statements();
            limits.add(statements / reference);
            System.out.printf(
                    Locale.ROOT,
                    "  ours %,.0f keys/s; one by one %,.0f keys/s; the statements alone %,.0f keys/s%n",
                    our,
                    reference,
                    statements);
        }
        return comparison
                .with("keys", Integer.toString(KEYS))
                .with("limit", "%.2f".formatted(Comparison.median(limits)))
                .print("at least 20", comparison.ratio() >= 20, lost);
    }

    private double ours() {
        long start = System.nanoTime();
        cache.invalidate(List.of(MEMBERS));
        var warmed = views.warm(cache.sweep(List.of(MEMBERS)));
        double perSecond = perSecond(start);
        if (warmed.stored() != KEYS) {
            throw new IllegalStateException("re-warmed " + warmed.stored() + " of " + KEYS + " keys");
        }
        return perSecond;
    }

    private double reference() throws SQLException {
        var rows = (Source.Rows) view.source();
        var query = new Query(rows.sql());
        long start = System.nanoTime();
        try (var connection = database.connection()) {
            for (int id = 1; id <= KEYS; id++) {
                Map<String, @Nullable String> values = new HashMap<>(values(id));
                var json = query.json(connection, rows.kind(), List.of(values)).getFirst();
                server.await(server.session().commands().set("plain:member:" + id, json));
            }
        }
        return perSecond(start);
    }

    /** What PostgreSQL alone takes for all keys, in as few statements as there are processors. */
    private double statements() throws InterruptedException, ExecutionException {
        int share = Math.ceilDiv(KEYS, PROCESSORS);
        long start = System.nanoTime();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = IntStream.range(0, PROCESSORS)
                    .mapToObj(part -> threads.submit(() -> load(part * share + 1, Math.min(KEYS, (part + 1) * share))))
                    .toList();
            for (var statement : running) {
                statement.get();
            }
        }
        return perSecond(start);
    }

    private int load(int from, int to) throws SQLException {
        var keys = IntStream.rangeClosed(from, to)
                .<Map<String, @Nullable String>>mapToObj(id -> new HashMap<>(values(id)))
                .toList();
        var rows = (Source.Rows) view.source();
        try (var connection = database.connection()) {
            return new Query(rows.sql()).json(connection, rows.kind(), keys).size();
        }
    }

    private long current() {
        var keys =
                IntStream.rangeClosed(1, KEYS).mapToObj(RewarmBenchmark::values).toList();
        return cache
                .readAll(
                        keys.stream().map(view::key).toList(),
                        keys.stream().map(view::tags).toList())
                .stream()
                .filter(Optional::isPresent)
                .count();
    }

    private static double perSecond(long start) {
        return KEYS / ((System.nanoTime() - start) / 1e9);
    }

    private static Map<String, String> values(int id) {
        return Map.of("id", Integer.toString(id));
    }
}
