package dev.freshet.ingest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.catalog.Catalog;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueStatus;
import dev.freshet.redis.RedisServer;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Whether this process can accept deliveries. Names no address and no secret. */
final class Health {
    private static final Pattern REFUSED_LOGIN = Pattern.compile("WRONGPASS|NOAUTH|NOPERM");
    /** A server that does not answer must not cost a thread of the web server. */
    private static final Executor ASKING =
            task -> Thread.ofVirtual().name("health").start(task);

    /** So long a hanging Redis may keep whoever asks for the health. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final RedisServer server;
    private final QueueGuard guard;
    private final JobQueue queue;
    private final Optional<SpillLevel> spill;
    private final Catalog catalog;
    private final long maxDepth;

    /** @param spill empty when there is none */
    Health(
            RedisServer server,
            QueueGuard guard,
            JobQueue queue,
            Optional<SpillLevel> spill,
            Catalog catalog,
            long maxDepth) {
        this.server = server;
        this.guard = guard;
        this.queue = queue;
        this.spill = spill;
        this.catalog = catalog;
        this.maxDepth = maxDepth;
    }

    /** {@code GET /health}: 200 when deliveries can be made durable, in the queue or in the spill, else 503. */
    void brief(Context ctx) {
        ctx.future(() -> CompletableFuture.supplyAsync(this::report, ASKING)
                .thenAccept(report -> send(ctx, report.retain("status"))));
    }

    /** {@code GET /health/detailed}: the same with each dependency, and what is not as it should be. */
    void detailed(Context ctx) {
        ctx.future(() -> CompletableFuture.supplyAsync(this::report, ASKING).thenAccept(report -> send(ctx, report)));
    }

    private ObjectNode report() {
        var report = JsonNodeFactory.instance.objectNode().put("status", "up");
        var reasons = report.putArray("reasons");
        var dependencies = report.putObject("dependencies");
        boolean queueIsUp = describeQueue(dependencies.putObject("queue"), reasons);
        boolean spillIsUp = describeSpill(dependencies.putObject("spill"), reasons);
        if (!queueIsUp && spillIsUp) {
            reasons.add("deliveries are spilled to PostgreSQL and done once the queue is back");
        }
        var sites = report.putArray("sites");
        catalog.sites().values().forEach(site -> {
            int secrets = site.secrets().size();
            sites.addObject()
                    .put("name", site.name())
                    .put("scheme", site.scheme().toString())
                    .put("secrets", secrets);
            if (secrets == 0) {
                reasons.add("site " + site.name() + " has no secret: all it sends is refused");
            }
        });
        return report.put("status", !queueIsUp && !spillIsUp ? "down" : reasons.isEmpty() ? "up" : "degraded");
    }

    private boolean describeQueue(ObjectNode shown, ArrayNode reasons) {
        try {
            var seen =
                    CompletableFuture.supplyAsync(this::look, ASKING).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            long waiting = seen.status.ready() + seen.status.retry();
            shown.put("status", "up")
                    .put("latencyMs", Math.round(seen.latency.toNanos() / 1e3) / 1e3)
                    .put("waiting", waiting)
                    .put("bound", maxDepth);
            if (waiting >= maxDepth) {
                reasons.add("the queue is at its bound: deliveries are answered 503");
            }
            if (seen.status.paused().isPresent()) {
                reasons.add("the queue is paused: deliveries are accepted, but nothing is done");
            }
            return true;
        } catch (TimeoutException e) {
            reasons.add("the queue's Redis does not answer");
        } catch (ExecutionException e) {
            reasons.add(reason(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        shown.put("status", "down");
        return false;
    }

    private record Seen(Duration latency, QueueStatus status) {}

    private Seen look() {
        guard.check();
        return new Seen(server.ping(), queue.status());
    }

    private boolean describeSpill(ObjectNode shown, ArrayNode reasons) {
        if (spill.isEmpty()) {
            shown.put("status", "off");
            return false;
        }
        var level = spill.get();
        var trouble = level.trouble();
        trouble.ifPresent(why -> reasons.add("the spill cannot be used: " + why));
        if (level.isFull()) {
            reasons.add("the spill is at its bound: while the queue is away deliveries are answered 503");
        }
        boolean usable = trouble.isEmpty() && !level.isFull();
        shown.put("status", usable ? "up" : trouble.isPresent() ? "down" : "full")
                .put("waiting", level.depth().deliveries())
                .put("bound", level.maxDeliveries());
        return usable;
    }

    private static String reason(@Nullable Throwable error) {
        var refused = REFUSED_LOGIN.matcher(String.valueOf(error == null ? null : error.getMessage()));
        if (refused.find()) {
            return "the queue's Redis refuses the login of this process (" + refused.group() + "); the log says more";
        }
        return error != null && RedisServer.isOutage(error)
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
