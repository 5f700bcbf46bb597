package dev.freshet.benchmarks;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.cache.Fill;
import dev.freshet.cache.Lifetime;
import dev.freshet.cache.Loaded;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Query;
import dev.freshet.model.Job;
import dev.freshet.model.Tag;
import dev.freshet.queue.Claim;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * What the promises cost at the least: a delivery is enqueued once and for sure, claimed so that a dead worker's comes back,
 * applied in one transaction with its version, newest wins, its tag is invalidated, and the one value is loaded under a lease
 * and stored if no epoch has changed. Each is one round trip for all deliveries that were claimed together. Nothing is planned
 * by a catalog, looked up, recorded, owed to a front end, logged, counted or tried again, and no other value is touched.
 */
final class KeptChain extends Chain {
    private static final int MOST = 500;
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration WAIT = Duration.ofSeconds(1);
    private static final Lifetime LIFETIME = Lifetime.of(Duration.ofMinutes(10));
    private static final JsonMapper JSON = new JsonMapper();

    private final Source.Rows source;
    private final Query query;
    private final Database database;
    private final TagCache cache;
    private final RedisServer server;
    private final JobQueue queue;
    private final Semaphore lanes = new Semaphore(LANES);
    private final Thread loop;

    private record Change(long enrollment, String email, BigDecimal percentage, Instant at) {}

    KeptChain(School school, TagCache cache) {
        source = (Source.Rows)
                school.read("user", "email=" + School.email(1)).view().source();
        query = new Query(source.sql());
        database = new Database(school.databaseUrl(), DatabaseOptions.DEFAULTS.withPoolSize(LANES));
        this.cache = cache;
        server = new RedisServer("kept", redis(), Duration.ofSeconds(10));
        queue = new JobQueue(server, QueueOptions.defaults("kept"));
        loop = Thread.ofVirtual().name("kept").start(this::claim);
        open();
    }

    @Override
    CompletionStage<?> push(byte[] body) {
        try {
            var id = JSON.readTree(body).get("id").asText();
            return queue.enqueue(Job.first(id, "main", "enrollment.progress", Instant.now(), false, "", body));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void claim() {
        try {
            while (!isClosed()) {
                lanes.acquire();
                if (queue.claim(MOST, LEASE) instanceof Claim claim) {
                    Thread.ofVirtual().start(() -> work(claim));
                } else {
                    lanes.release();
                    queue.awaitWork(WAIT);
                }
            }
        } catch (InterruptedException | RuntimeException e) {
            failed(e);
        }
    }

    private void work(Claim claim) {
        try {
            var changes = new ArrayList<Change>();
            for (var job : claim.jobs()) {
                var event = JSON.readTree(job.body());
                var payload = event.get("payload");
                changes.add(new Change(
                        payload.get("id").asLong(),
                        payload.get("user").get("email").asText(),
                        new BigDecimal(payload.get("percentage_completed").asText()),
                        Instant.parse(event.get("created_at").asText())));
            }
            try (var connection = database.connection()) {
                connection.setAutoCommit(false);
                apply(connection, changes);
                connection.commit();
                connection.setAutoCommit(true);
                var values = changes.stream().map(KeptChain::values).toList();
                cache.invalidate(values.stream().map(this::tag).toList());
                load(connection, values);
            }
            queue.settle(claim, List.of(), Map.of());
        } catch (SQLException | IOException | RuntimeException e) {
            failed(e);
        } finally {
            lanes.release();
        }
    }

    /** The version that stands decides which write takes effect, in the statement that raises it. */
    private static void apply(Connection connection, List<Change> changes) throws SQLException {
        try (var statement = connection.prepareStatement("""
                with raised as (
                  insert into freshet.versions as v (identity, version) select 'kept/' || ?::bigint, ?
                  on conflict (identity) do update set version = excluded.version where v.version <= excluded.version
                  returning identity)
                update enrollments set percentage_completed = ? where id = ? and exists (select from raised)""")) {
            for (var change : changes) {
                statement.setLong(1, change.enrollment);
                statement.setLong(2, change.at.toEpochMilli());
                statement.setBigDecimal(3, change.percentage);
                statement.setLong(4, change.enrollment);
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private void load(Connection connection, List<Map<String, String>> all) throws SQLException {
        var fills = cache.beginAll(
                all.stream().map(this::key).toList(),
                all.stream().map(values -> List.of(tag(values))).toList());
        var begun = new ArrayList<Fill>();
        var sets = new ArrayList<Map<String, @Nullable String>>();
        for (int i = 0; i < all.size(); i++) {
            if (fills.get(i).isPresent()) {
                begun.add(fills.get(i).get());
                sets.add(new HashMap<>(all.get(i)));
            }
        }
        var contents = query.json(connection, source.kind(), sets);
        var now = Instant.now();
        var loads = new ArrayList<Loaded>();
        for (int i = 0; i < begun.size(); i++) {
            loads.add(new Loaded("kept", begun.get(i), contents.get(i), LIFETIME, "", now));
        }
        var unused = cache.fillAll(loads);
    }

    @Override
    List<String> look(List<String> emails) {
        var all = emails.stream().map(email -> Map.of("email", email)).toList();
        return cache
                .readAll(
                        all.stream().map(this::key).toList(),
                        all.stream().map(values -> List.of(tag(values))).toList())
                .stream()
                .map(entry -> entry.map(found -> new String(found.content(), StandardCharsets.UTF_8))
                        .orElse(""))
                .toList();
    }

    private static Map<String, String> values(Change change) {
        return Map.of("email", change.email);
    }

    private String key(Map<String, String> values) {
        return "kept:" + Objects.requireNonNull(values.get("email"));
    }

    private Tag tag(Map<String, String> values) {
        return new Tag(key(values));
    }

    @Override
    void stop() throws InterruptedException {
        loop.join();
        lanes.acquire(LANES);
        server.close();
        database.close();
    }
}
