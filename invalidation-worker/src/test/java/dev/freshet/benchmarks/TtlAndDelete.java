package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.Kind;
import dev.freshet.catalog.NamedSql;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Query;
import dev.freshet.model.Hmac;
import io.javalin.Javalin;
import io.javalin.http.Context;
import io.lettuce.core.SetArgs;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What dashboards do by themselves: a value is loaded by whoever misses it and kept for its TTL; the webhook's handler writes
 * the row and deletes the keys that it can name. It cannot name the further pages of a list, nor what is filtered. Of a
 * leaderboard it keeps the first places only.
 */
final class TtlAndDelete implements Dashboard, AutoCloseable {
    private static final String UPSERT = """
            insert into enrollments as e
              (id, user_email, course_id, course_name, percentage_completed, free_trial, started_at, completed_at)
            values (?, ?, 4, 'Sample Course', ?, false, '2018-01-26T22:17:01.891Z', null)
            on conflict (id) do update set percentage_completed = excluded.percentage_completed""";
    /** As many as Freshet answers to who does not say how many. */
    private static final int PLACES = 10;

    private static final JsonMapper JSON = new JsonMapper();

    private final School school;
    private final Function<String, Duration> ttl;
    private final Database database;
    private final Map<String, Query> queries = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> loads = new ConcurrentHashMap<>();
    private final Javalin http;

    /** @param ttl of a view */
    TtlAndDelete(School school, Function<String, Duration> ttl) {
        this.school = school;
        this.ttl = ttl;
        this.database = new Database(school.databaseUrl(), DatabaseOptions.DEFAULTS.withPoolSize(12));
        this.http = Javalin.create(javalin -> {
            javalin.startup.showJavalinBanner = false;
            javalin.concurrency.useVirtualThreads = true;
            javalin.jetty.host = "127.0.0.1";
            javalin.jetty.port = 0;
            javalin.routes.get("/views/{view}", this::read);
            javalin.routes.post("/webhooks/thinkific", this::change);
        });
        http.start();
    }

    @Override
    public URI at(URI freshet) {
        var query = freshet.getRawQuery();
        return URI.create(
                "http://127.0.0.1:" + http.port() + freshet.getRawPath() + (query == null ? "" : "?" + query));
    }

    @Override
    public boolean isOld(School.Read read, String text) {
        var server = school.cacheServer();
        var found = server.await(server.session().commands().get(key(read)));
        return found != null && !new String(found, UTF_8).contains(text);
    }

    @Override
    public Map<String, Long> loads() {
        var counts = new TreeMap<String, Long>();
        loads.forEach((view, count) -> counts.put(view, count.get()));
        return counts;
    }

    @Override
    public void close() {
        http.stop();
        database.close();
    }

    /** Believes every token: what it costs to verify one is in its favor. */
    private void read(Context ctx) throws SQLException {
        var query = ctx.queryString();
        var token = Objects.requireNonNullElse(ctx.header("Authorization"), "").replaceFirst("^Bearer ", "");
        var read = school.read(ctx.pathParam("view"), query == null ? "" : query, school.holder(token));
        var server = school.cacheServer();
        var found = server.await(server.session().commands().get(key(read)));
        ctx.contentType("application/json")
                .header("X-Cache", found == null ? "MISS" : "HIT")
                .result(found == null ? load(read) : found);
    }

    /** What the handler of a webhook does once the row is written. */
    void delete(List<School.Read> reads) {
        if (!reads.isEmpty()) {
            var server = school.cacheServer();
            server.await(server.session()
                    .commands()
                    .del(reads.stream().map(this::key).toArray(String[]::new)));
        }
    }

    private byte[] load(School.Read read) throws SQLException {
        var view = read.view();
        loads.computeIfAbsent(view.name(), name -> new AtomicLong()).incrementAndGet();
        Map<String, @Nullable String> values = new HashMap<>(read.values());
        var server = school.cacheServer();
        var source = switch (view.source()) {
            case Source.Rows rows -> rows;
            case Source.Board board -> new Source.Rows(first(board), Kind.ROWS);
            case Source.Function function -> throw new IllegalStateException(view.name() + " is loaded by no SQL");
        };
        try (var connection = database.connection()) {
            var json = queries.computeIfAbsent(view.name(), name -> new Query(source.sql()))
                    .json(connection, source.kind(), List.of(values))
                    .getFirst();
            server.await(server.session().commands().set(key(read), json, SetArgs.Builder.px(ttl.apply(view.name()))));
            return json;
        }
    }

    /** The first places of a board, ranked as Freshet ranks. */
    private static NamedSql first(Source.Board board) {
        var text = "select * from (" + board.sql() + "\n) board order by \"" + board.score()
                + "\"::float8 desc nulls last, \"" + board.member() + "\"::text collate \"C\" desc limit " + PLACES;
        return new NamedSql(text, board.sql().line());
    }

    private void change(Context ctx) throws SQLException, IOException {
        var body = ctx.bodyAsBytes();
        var signature = String.valueOf(ctx.header("X-Thinkific-Hmac-Sha256"));
        if (!MessageDigest.isEqual(
                Hmac.signHex(School.WEBHOOK_SECRET, body).getBytes(US_ASCII), signature.getBytes(US_ASCII))) {
            ctx.status(401);
            return;
        }
        var payload = JSON.readTree(body).get("payload");
        var email = payload.get("user").get("email").asText();
        var cohort = "cohortId=" + save(payload, email);
        delete(List.of(
                school.read("dashboard", ""),
                school.read("statistics", ""),
                school.read("cohort", cohort),
                school.read("enrollments", cohort),
                school.read("user", "email=" + email)));
    }

    /** @return the learner's cohort */
    private int save(JsonNode payload, String email) throws SQLException {
        try (var connection = database.connection();
                var upsert = connection.prepareStatement(UPSERT);
                var select = connection.prepareStatement("select cohort_id from applicants where email = ?")) {
            upsert.setLong(1, payload.get("id").asLong());
            upsert.setString(2, email);
            upsert.setBigDecimal(
                    3, new BigDecimal(payload.get("percentage_completed").asText()));
            upsert.executeUpdate();
            select.setString(1, email);
            try (var found = select.executeQuery()) {
                found.next();
                return found.getInt(1);
            }
        }
    }

    private String key(School.Read read) {
        return school.prefix() + ":naive:" + read.key();
    }
}
