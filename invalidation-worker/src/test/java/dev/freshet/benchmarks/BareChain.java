package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Query;
import dev.freshet.redis.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.io.IOException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A signature, LPUSH, BRPOP, one update, the value's query, SET. Nothing is deduplicated, survives a crash, is versioned,
 * invalidated or tried again, no other value is touched, and of two changes at once the older value may stay.
 */
final class BareChain extends Chain {
    private static final byte[] LIST = "bare:chain".getBytes(US_ASCII);
    private static final double LOOK = 1;
    private static final JsonMapper JSON = new JsonMapper();

    private final Source.Rows user;
    private final Query query;
    private final Database database;
    private final RedisServer cache;
    private final RedisClient client;
    private final RedisAsyncCommands<byte[], byte[]> pushing;
    private final List<Thread> lanes = new ArrayList<>();

    BareChain(School school) {
        user = (Source.Rows)
                school.read("user", "email=" + School.email(1)).view().source();
        query = new Query(user.sql());
        database = new Database(school.databaseUrl(), DatabaseOptions.DEFAULTS.withPoolSize(LANES));
        cache = school.cacheServer();
        client = RedisClient.create(RedisURI.create(redis().toString()));
        pushing = client.connect(ByteArrayCodec.INSTANCE).async();
        for (int i = 0; i < LANES; i++) {
            lanes.add(Thread.ofPlatform().name("chain-" + i).daemon().start(this::work));
        }
        open();
    }

    /** Where the value of a user is kept. */
    static String key(String email) {
        return "bare:chain:" + email;
    }

    @Override
    CompletionStage<?> push(byte[] body) {
        return pushing.lpush(LIST, body);
    }

    private void work() {
        try (StatefulRedisConnection<byte[], byte[]> waiting = client.connect(ByteArrayCodec.INSTANCE);
                var connection = database.connection()) {
            while (!isClosed()) {
                var job = waiting.sync().brpop(LOOK, LIST);
                if (job != null) {
                    apply(connection, job.getValue());
                }
            }
        } catch (SQLException | IOException | RedisException e) {
            failed(e);
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

    @Override
    List<String> look(List<String> emails) {
        var names = emails.stream().map(BareChain::key).toArray(String[]::new);
        return cache.await(cache.session().commands().mget(names)).stream()
                .map(found -> found.hasValue() ? new String(found.getValue(), UTF_8) : "")
                .toList();
    }

    @Override
    void stop() throws InterruptedException {
        for (var lane : lanes) {
            lane.join();
        }
        client.shutdown();
        database.close();
    }
}
