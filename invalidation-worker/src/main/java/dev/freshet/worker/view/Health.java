package dev.freshet.worker.view;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.cache.CacheStats;
import dev.freshet.db.Database;
import dev.freshet.limit.Operators;
import dev.freshet.redis.RedisServer;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.lettuce.core.RedisException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says how reads fare. With one of Redis and PostgreSQL away they are degraded, and still answered where they can be;
 * with both away they are down, and a load balancer should know.
 */
public final class Health {
    private static final JsonMapper JSON = new JsonMapper();

    private final @Nullable RedisServer redis;
    private final Database database;
    private final CacheStats stats;

    /** @param redis null when there is no cache, which is no fault then */
    public Health(@Nullable RedisServer redis, Database database, CacheStats stats) {
        this.redis = redis;
        this.database = database;
        this.stats = stats;
    }

    /** Adds {@code /health}, and {@code /health/detailed} for operators. */
    public void register(RoutesConfig routes, Operators operators) {
        ViewHandler.read(routes, "/health", ctx -> answer(ctx, false));
        ViewHandler.read(routes, "/health/detailed", OperatorsOnly.guard(operators, ctx -> answer(ctx, true)));
    }

    private void answer(Context ctx, boolean detailed) throws JsonProcessingException {
        var cache = redis == null ? Optional.<Duration>empty() : ping(redis);
        var rows = pingDatabase();
        boolean isWhole = rows.isPresent() && (redis == null || cache.isPresent());
        var status = isWhole ? "up" : cache.or(() -> rows).isPresent() ? "degraded" : "down";
        var body = JSON.createObjectNode().put("status", status);
        if (detailed) {
            if (redis == null) {
                body.putObject("redis").put("status", "off");
            } else {
                describe(body.putObject("redis"), cache);
            }
            describe(body.putObject("database"), rows);
            body.set("views", JSON.valueToTree(stats.snapshot()));
        }
        ctx.status(status.equals("down") ? 503 : 200)
                .contentType("application/json")
                .header("Cache-Control", "no-store")
                .result(JSON.writeValueAsBytes(body));
    }

    private static void describe(ObjectNode node, Optional<Duration> latency) {
        node.put("status", latency.isPresent() ? "up" : "away");
        latency.ifPresent(time -> node.put("ms", time.toNanos() / 1e6));
    }

    private static Optional<Duration> ping(RedisServer redis) {
        try {
            return Optional.of(redis.ping());
        } catch (RedisException e) {
            return Optional.empty();
        }
    }

    private Optional<Duration> pingDatabase() {
        try {
            return Optional.of(database.ping());
        } catch (SQLException e) {
            return Optional.empty();
        }
    }
}
