package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Query;
import io.lettuce.core.SetArgs;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What dashboards do by themselves: a value is loaded by whoever misses it and kept for its TTL; the webhook's handler writes
 * the row and deletes the keys that it can name. It cannot name the further pages of a list, nor what is filtered.
 */
final class TtlAndDelete implements DayBenchmark.Dashboard, AutoCloseable {
    private static final String UPSERT = """
            insert into enrollments as e
              (id, user_email, course_id, course_name, percentage_completed, free_trial, started_at, completed_at)
            values (?, ?, 4, 'Sample Course', ?, false, '2018-01-26T22:17:01.891Z', null)
            on conflict (id) do update set percentage_completed = excluded.percentage_completed""";

    private final School school;
    private final Function<String, Duration> ttl;
    private final Database database;
    private final Map<String, Query> queries = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> loads = new ConcurrentHashMap<>();

    TtlAndDelete(School school, Function<String, Duration> ttl) {
        this.school = school;
        this.ttl = ttl;
        this.database = new Database(school.databaseUrl(), DatabaseOptions.DEFAULTS.withPoolSize(12));
    }

    @Override
    public DayBenchmark.Answer read(School.Read read) throws SQLException {
        var name = read.view().name();
        var server = school.cacheServer();
        var key = "naive:" + read.view().key(read.values());
        var found = server.await(server.session().commands().get(key));
        if (found != null) {
            return new DayBenchmark.Answer(new String(found, UTF_8), true);
        }
        loads.computeIfAbsent(name, view -> new AtomicLong()).incrementAndGet();
        Map<String, @Nullable String> values = new HashMap<>(read.values());
        try (var connection = database.connection()) {
            var json = queries.computeIfAbsent(
                            name, view -> new Query(read.view().sql()))
                    .json(connection, read.view().kind(), List.of(values))
                    .getFirst();
            server.await(server.session().commands().set(key, json, SetArgs.Builder.px(ttl.apply(name))));
            return new DayBenchmark.Answer(new String(json, UTF_8), false);
        }
    }

    @Override
    public void change(int number, int enrollment, int learner, Instant at, String percentage) throws SQLException {
        var email = School.email(learner);
        try (var connection = database.connection();
                var statement = connection.prepareStatement(UPSERT)) {
            statement.setLong(1, enrollment);
            statement.setString(2, email);
            statement.setBigDecimal(3, new BigDecimal(percentage));
            statement.executeUpdate();
        }
        var cohort = "cohortId=" + Day.cohort(learner);
        var keys = List.of(
                        school.read("dashboard", ""),
                        school.read("statistics", ""),
                        school.read("cohort", cohort),
                        school.read("enrollments", cohort),
                        school.read("user", "email=" + email))
                .stream()
                .map(read -> "naive:" + read.view().key(read.values()))
                .toArray(String[]::new);
        var server = school.cacheServer();
        server.await(server.session().commands().del(keys));
    }

    @Override
    public Map<String, Long> loads() {
        var counts = new TreeMap<String, Long>();
        loads.forEach((view, count) -> counts.put(view, count.get()));
        return counts;
    }

    @Override
    public void close() {
        database.close();
    }
}
