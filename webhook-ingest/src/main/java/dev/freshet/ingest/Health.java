package dev.freshet.ingest;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.catalog.Catalog;
import dev.freshet.queue.JobQueue;
import dev.freshet.redis.RedisServer;
import io.javalin.http.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;

/** Whether this process can accept deliveries. Names no address and no secret. */
final class Health {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Pattern REFUSED_LOGIN = Pattern.compile("WRONGPASS|NOAUTH|NOPERM");
    /** A server that does not answer must not cost a thread of the web server. */
    private static final Executor ASKING =
            task -> Thread.ofVirtual().name("health").start(task);

    private final RedisServer server;
    private final QueueGuard guard;
    private final JobQueue queue;
    private final Catalog catalog;
    private final long maxDepth;

    Health(RedisServer server, QueueGuard guard, JobQueue queue, Catalog catalog, long maxDepth) {
        this.server = server;
        this.guard = guard;
        this.queue = queue;
        this.catalog = catalog;
        this.maxDepth = maxDepth;
    }

    /** {@code GET /health}: 200 when deliveries can be made durable, else 503. */
    void brief(Context ctx) {
        ctx.future(() -> CompletableFuture.supplyAsync(this::report, ASKING)
                .thenAccept(report -> send(ctx, report.retain("status"))));
    }

    /** {@code GET /health/detailed}: the same with each dependency, and what is not as it should be. */
    void detailed(Context ctx) {
        ctx.future(() -> CompletableFuture.supplyAsync(this::report, ASKING).thenAccept(report -> send(ctx, report)));
    }

    private ObjectNode report() {
        var report = JSON.createObjectNode().put("status", "up");
        var reasons = report.putArray("reasons");
        boolean up = describeQueue(report.putObject("dependencies").putObject("queue"), reasons);
        var sites = report.putArray("sites");
        catalog.sites().values().forEach(site -> {
            int secrets = site.secrets().size();
            sites.addObject()
                    .put("name", site.name())
                    .put("scheme", site.scheme())
                    .put("secrets", secrets);
            if (secrets == 0) {
                reasons.add("site " + site.name() + " has no secret: all it sends is refused");
            }
        });
        return report.put("status", !up ? "down" : reasons.isEmpty() ? "up" : "degraded");
    }

    private boolean describeQueue(ObjectNode shown, ArrayNode reasons) {
        try {
            guard.check();
            var latency = server.ping();
            var status = queue.status();
            long waiting = status.ready() + status.retry();
            shown.put("status", "up")
                    .put("latencyMs", Math.round(latency.toNanos() / 1e3) / 1e3)
                    .put("waiting", waiting)
                    .put("bound", maxDepth);
            if (waiting >= maxDepth) {
                reasons.add("the queue is at its bound: deliveries are answered 503");
            }
            if (status.paused().isPresent()) {
                reasons.add("the queue is paused: deliveries are accepted, but nothing is done");
            }
            return true;
        } catch (RuntimeException e) {
            shown.put("status", "down");
            reasons.add(reason(e));
            return false;
        }
    }

    private static String reason(RuntimeException error) {
        var refused = REFUSED_LOGIN.matcher(String.valueOf(error.getMessage()));
        if (refused.find()) {
            return "the queue's Redis refuses the login of this process (" + refused.group() + "); the log says more";
        }
        return RedisServer.isOutage(error)
                ? "the queue's Redis is away"
                : "the queue's Redis cannot be used; the log says why";
    }

    private static void send(Context ctx, ObjectNode report) {
        ctx.status(report.path("status").asText().equals("down") ? 503 : 200)
                .contentType("application/json")
                .header("Cache-Control", "no-store")
                .result(report.toString());
    }
}
