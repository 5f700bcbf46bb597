package dev.freshet.ingest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.Catalog;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueStatus;
import dev.freshet.redis.RedisServer;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Whether this process can accept deliveries. Names no address and no secret. */
final class Health {
    private static final JsonMapper JSON = new JsonMapper();
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
        ctx.future(() -> CompletableFuture.supplyAsync(this::ask, ASKING).thenAccept(report -> {
            send(ctx, report, Map.of("status", report.status()));
        }));
    }

    /** {@code GET /health/detailed}: the same with each dependency, and what is not as it should be. */
    void detailed(Context ctx) {
        ctx.future(() -> CompletableFuture.supplyAsync(this::ask, ASKING).thenAccept(report -> {
            send(ctx, report, report.asMap());
        }));
    }

    private Report ask() {
        var reasons = new ArrayList<String>();
        var details = new LinkedHashMap<String, Object>();
        boolean up = askQueue(details, reasons);
        catalog.sites().values().stream()
                .filter(site -> site.secrets().isEmpty())
                .forEach(site -> reasons.add("site " + site.name() + " has no secret: all it sends is refused"));
        return new Report(up, reasons, details, sites());
    }

    private boolean askQueue(Map<String, Object> details, List<String> reasons) {
        try {
            guard.check();
            var latency = server.ping();
            var status = queue.status();
            details.put("status", "up");
            details.put("latencyMs", millis(latency));
            details.put("waiting", status.ready() + status.retry());
            details.put("bound", maxDepth);
            addReasons(status, reasons);
            return true;
        } catch (RuntimeException e) {
            details.put("status", "down");
            boolean away = RedisServer.isOutage(e);
            reasons.add(away ? "the queue's Redis is away" : "the queue's Redis cannot be used; the log says why");
            return false;
        }
    }

    private void addReasons(QueueStatus status, List<String> reasons) {
        if (status.ready() + status.retry() >= maxDepth) {
            reasons.add("the queue is at its bound: deliveries are answered 503");
        }
        if (status.paused().isPresent()) {
            reasons.add("the queue is paused: deliveries are accepted, but nothing is done");
        }
    }

    private List<Map<String, Object>> sites() {
        return catalog.sites().values().stream()
                .<Map<String, Object>>map(site -> {
                    var shown = new LinkedHashMap<String, Object>();
                    shown.put("name", site.name());
                    shown.put("scheme", site.scheme());
                    shown.put("secrets", site.secrets().size());
                    return shown;
                })
                .toList();
    }

    private static void send(Context ctx, Report report, Map<String, Object> shown) {
        try {
            ctx.status(report.up() ? 200 : 503)
                    .contentType("application/json")
                    .header("Cache-Control", "no-store")
                    .result(JSON.writeValueAsBytes(shown));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write the health", e);
        }
    }

    private static double millis(Duration duration) {
        return Math.round(duration.toNanos() / 1_000.0) / 1_000.0;
    }

    private record Report(
            boolean up, List<String> reasons, Map<String, Object> queue, List<Map<String, Object>> sites) {

        String status() {
            return !up ? "down" : reasons.isEmpty() ? "up" : "degraded";
        }

        Map<String, Object> asMap() {
            var map = new LinkedHashMap<String, Object>();
            map.put("status", status());
            map.put("reasons", reasons);
            map.put("dependencies", Map.of("queue", queue));
            map.put("sites", sites);
            return map;
        }
    }
}
