package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.Cached.Outcome;
import dev.freshet.cache.Survey;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.view.CachedViews;
import dev.freshet.worker.view.Warming;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrewarmerIT {
    private static final String CATALOG = """
            application: school
            views:
              student:
                key: student:{id}
                kind: row
                params: { id: { type: int, min: 1 } }
                sql: select id, name from students where id = :id
                tags: [ "student:{id}" ]
                ttl: 5m
                warm:
                  sql: select id from logins order by at desc
                  every: 30m
              popular:
                key: popular:{course}
                kind: value
                params: { course: { type: text, default: all } }
                sql: select :course || '!'
                tags: [ popular ]
                ttl: 5m
                warm: select 'maths' as course union all select 'all'
              nobody:
                key: nobody
                sql: select 1 as one
                tags: [ nobody ]
                ttl: 5m
            """;

    private final RedisServer redis =
            new RedisServer("cache", TestServices.shared().cacheUrl(), Duration.ofSeconds(5));
    private final Database database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final TagCache cache =
            new TagCache(redis, CacheOptions.defaults(TestServices.shared().newPrefix()), new CacheStats(metrics));
    private final TestClock clock = new TestClock();
    private Catalog catalog;

    @BeforeEach
    void begin(@TempDir Path directory) throws IOException {
        var file = Files.writeString(directory.resolve("catalog.yaml"), CATALOG);
        catalog = CatalogReader.read(file.toString(), Map.of());
        execute("create table students (id int primary key, name text)");
        execute("create table logins (id int, at int)");
        execute("insert into students select n, 'student ' || n from generate_series(1, 100) n");
    }

    @AfterEach
    void close() {
        database.close();
        redis.close();
    }

    @Test
    void whenAWorkerStartsItLoadsWhatTheViewsName() {
        login(1, 45);
        execute("insert into logins values (0, 0), (null, 0), (7, 99)"); // nobody's number, none, and one again
        assertThat(newPrewarmer(() -> true).runOnce()).isEqualTo(47);

        for (int id : List.of(1, 7, 45)) {
            assertThat(read("student", Map.of("id", "" + id))).isEqualTo(Outcome.HIT);
        }
        assertThat(read("student", Map.of("id", "46"))).isEqualTo(Outcome.MISS);
        assertThat(read("popular", Map.of("course", "maths"))).isEqualTo(Outcome.HIT);
        assertThat(read("popular", Map.of("course", "all"))).isEqualTo(Outcome.HIT);
        assertThat(read("nobody", Map.of())).isEqualTo(Outcome.MISS);
        assertThat(count("student", "stored")).isEqualTo(45);
        assertThat(count("student", "refused")).isEqualTo(2);
        assertThat(count("popular", "stored")).isEqualTo(2);
    }

    @Test
    void whatReadersGetAlreadyIsNotLoadedAgain() {
        login(1, 3);
        read("student", Map.of("id", "2"));
        read("student", Map.of("id", "3"));
        cache.invalidate(List.of(new Tag("student:3")));
        newPrewarmer(() -> true).runOnce();
        assertThat(count("student", "current")).isEqualTo(1);
        assertThat(count("student", "stored")).isEqualTo(2);
        assertThat(count("student", "left")).isZero();
    }

    @Test
    void itComesAgainAsOftenAsAViewSays() {
        var prewarmer = newPrewarmer(() -> true);
        assertThat(prewarmer.runOnce()).isEqualTo(2);
        login(1, 3);
        assertThat(prewarmer.runOnce()).isZero();
        freeTurns(); // Redis' own clock cannot be moved
        clock.move(Duration.ofMinutes(29));
        assertThat(prewarmer.runOnce()).isZero();
        clock.move(Duration.ofMinutes(1));
        assertThat(prewarmer.runOnce()).as("students, and nothing of popular").isEqualTo(3);
    }

    @Test
    void oneWorkerOfTheFleetDoesIt() {
        login(1, 5);
        execute("alter table logins rename to all_logins");
        execute("create sequence asked");
        execute("create view logins as select l.* from (select nextval('asked')) a, all_logins l");
        assertThat(newPrewarmer(() -> true).runOnce()).isEqualTo(7);
        cache.invalidate(List.of(new Tag("popular"), new Tag("student:1")));
        long asked = timesAsked();
        assertThat(newPrewarmer(() -> true).runOnce()).isZero();
        assertThat(timesAsked()).as("the others do not ask").isEqualTo(asked);
    }

    private long timesAsked() {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("select last_value from asked where is_called")
                        .mapTo(Long.class)
                        .one());
    }

    @Test
    void whatNobodyHasReadYetIsNotLoadedAgainAfterEachChange() {
        login(1, 2);
        read("student", Map.of("id", "2"));
        newPrewarmer(() -> true).runOnce();
        var both = List.of(new Tag("student:1"), new Tag("student:2"));
        cache.invalidate(both);
        assertThat(cache.sweep(both))
                .singleElement()
                .satisfies(hot -> assertThat(hot.key()).endsWith("student:2"));
    }

    @Test
    void whatIsMoreUrgentComesFirst() {
        login(1, 60);
        var asked = new AtomicInteger();
        var prewarmer = newPrewarmer(() -> asked.incrementAndGet() <= 3);
        assertThat(prewarmer.runOnce()).as("two statements of twenty").isEqualTo(40);
        assertThat(count("student", "left")).isEqualTo(20);
        assertThat(read("student", Map.of("id", "60")))
                .as("the last to log in is the first")
                .isEqualTo(Outcome.HIT);
        assertThat(read("student", Map.of("id", "20"))).isEqualTo(Outcome.MISS);
        assertThat(read("popular", Map.of("course", "all")))
                .as("its turn did not come")
                .isEqualTo(Outcome.MISS);
    }

    @Test
    void sqlThatFailsHidesNoOtherViewAndIsTriedAgain() {
        execute("drop table logins");
        assertThat(newPrewarmer(() -> true).runOnce()).as("popular").isEqualTo(2);
        execute("create table logins (id int, at int)");
        login(1, 2);
        assertThat(newPrewarmer(() -> true).runOnce()).as("another worker").isEqualTo(2);
    }

    @Test
    void whoFoundATurnTakenAsksOnceMore() {
        login(1, 3);
        var turn = new Tag("warm:student");
        cache.takeTurns(Map.of(turn, Duration.ofMinutes(10)));
        var prewarmer = newPrewarmer(() -> true);
        assertThat(prewarmer.runOnce()).as("popular").isEqualTo(2);
        cache.giveBackTurn(turn); // by a worker whose SQL failed
        clock.move(Duration.ofSeconds(59));
        assertThat(prewarmer.runOnce()).isZero();
        clock.move(Duration.ofSeconds(1));
        assertThat(prewarmer.runOnce()).isEqualTo(3);
    }

    private Prewarmer newPrewarmer(BooleanSupplier mayGoOn) {
        var views = new CachedViews(cache, catalog, database, 2);
        return new Prewarmer(
                cache,
                new Survey(redis, cache.options()),
                new Warming(views, database),
                catalog.views().values(),
                10_000,
                mayGoOn,
                clock,
                metrics);
    }

    /** The last one most lately. */
    private void login(int from, int to) {
        execute("insert into logins select n, n from generate_series(" + from + ", " + to + ") n");
    }

    private void freeTurns() {
        TestServices.shared().asRedisAdmin(commands -> {
            var turns = commands.keys(cache.options().prefix() + "*warm:*");
            return commands.del(turns.toArray(String[]::new));
        });
    }

    private Outcome read(String view, Map<String, String> values) {
        var found = Objects.requireNonNull(catalog.views().get(view));
        return new CachedViews(cache, catalog, database, 2)
                .get(found, found.parse(values), () -> {})
                .outcome();
    }

    private long count(String view, String outcome) {
        return (long) metrics.get("freshet_warmed_total")
                .tag("view", view)
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    private void execute(String sql) {
        database.jdbi().useHandle(handle -> handle.execute(sql));
    }
}
