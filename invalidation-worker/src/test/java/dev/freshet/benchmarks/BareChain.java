package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Query;
import dev.freshet.model.Hmac;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.worker.dev.Stage;
import io.javalin.Javalin;
import io.javalin.http.Context;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The least that lies between a POST and a value that shows it: a signature, LPUSH, BRPOP, one update, the value's query, SET.
 * Nothing is logged, deduplicated, versioned, planned or tried again, no other value is touched, and of two changes at once
 * the older value may stay.
 */
final class BareChain implements AutoCloseable {
    private static final byte[] LIST = "bare:chain".getBytes(US_ASCII);
    private static final int LANES = 4;
    private static final double LOOK = 1;
    private static final JsonMapper JSON = new JsonMapper();

    private final Source.Rows user;
    private final Query query;
    private final Database database;
    private final RedisServer cache;
    private final EmbeddedRedis redis;
    private final RedisClient client;
    private final Javalin javalin;
    private final List<Thread> lanes = new ArrayList<>();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private volatile boolean closed;

    BareChain(School school) {
        user = (Source.Rows)
                school.read("user", "email=" + School.email(1)).view().source();
        query = new Query(user.sql());
        database = new Database(school.databaseUrl(), DatabaseOptions.DEFAULTS.withPoolSize(LANES));
        cache = school.cacheServer();
        redis = EmbeddedRedis.start(0, "appendonly yes", "appendfsync everysec");
        client = RedisClient.create(RedisURI.create(redis.url()));
        var pushing = client.connect(ByteArrayCodec.INSTANCE).async();
        javalin = Javalin.create(config -> {
                    config.startup.showJavalinBanner = false;
                    config.routes.post(
                            "/",
                            ctx -> ctx.future(() -> pushing.lpush(LIST, signed(ctx))
                                    .thenAccept(length -> ctx.result("accepted"))
                                    .toCompletableFuture()));
                })
                .start("127.0.0.1", 0);
        for (int i = 0; i < LANES; i++) {
            lanes.add(Thread.ofPlatform().name("chain-" + i).daemon().start(this::work));
        }
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + javalin.port() + "/");
    }

    /** Where the value of a user is kept. */
    static String key(String email) {
        return "bare:chain:" + email;
    }

    private static byte[] signed(Context ctx) {
        var body = ctx.bodyAsBytes();
        var signature = Objects.requireNonNullElse(ctx.header("X-Thinkific-Hmac-Sha256"), "");
        var own = Hmac.signHex(Stage.WEBHOOK_SECRET, body);
        if (!MessageDigest.isEqual(own.getBytes(US_ASCII), signature.getBytes(US_ASCII))) {
            throw new IllegalArgumentException("not signed");
        }
        return body;
    }

    private void work() {
        try (StatefulRedisConnection<byte[], byte[]> waiting = client.connect(ByteArrayCodec.INSTANCE);
                var connection = database.connection()) {
            while (!closed) {
                var job = waiting.sync().brpop(LOOK, LIST);
                if (job != null) {
                    apply(connection, job.getValue());
                }
            }
        } catch (SQLException | IOException | RedisException e) {
            if (!closed) {
                failure.compareAndSet(null, e);
            }
        }
    }

    private void apply(Connection connection, byte[] body) throws SQLException, IOException {
        var payload = JSON.readTree(body).get("payload");
        try (var update = connection.prepareStatement("update enrollments set percentage_completed = ? where id = ?")) {
            update.setBigDecimal(
                    1, new BigDecimal(payload.get("percentage_completed").asText()));
            update.setLong(2, payload.get("id").asLong());
            update.executeUpdate();
        }
        var email = payload.get("user").get("email").asText();
        Map<String, @Nullable String> values = new HashMap<>(Map.of("email", email));
        var json = query.json(connection, user.kind(), List.of(values)).getFirst();
        cache.await(cache.session().commands().set(key(email), json));
    }

    /** The values of these users; empty text for one that has none. */
    List<String> look(List<String> emails) {
        var names = emails.stream().map(BareChain::key).toArray(String[]::new);
        return cache.await(cache.session().commands().mget(names)).stream()
                .map(found -> found.hasValue() ? new String(found.getValue(), UTF_8) : "")
                .toList();
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        javalin.stop();
        for (var lane : lanes) {
            lane.join();
        }
        client.shutdown();
        redis.close();
        database.close();
        if (failure.get() != null) {
            throw new IllegalStateException("a lane of the chain has ended", failure.get());
        }
    }
}
