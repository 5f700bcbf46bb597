package dev.freshet.worker.view;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.cache.FleetStats;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.View;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.lettuce.core.RedisException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows how the cache fares and clears it, for whoever has one of the tokens of {@code ADMIN_TOKEN}. */
public final class CacheAdmin {
    private static final Logger log = LoggerFactory.getLogger(CacheAdmin.class);
    private static final JsonMapper JSON = new JsonMapper();
    private static final String STATS = "/api/admin/cache/stats";
    private static final String CLEAR = "/api/admin/cache/clear";
    private static final int MAX_BODY = 65_536;
    private static final int MAX_TAGS = 1_000;
    private static final String FORMS =
            "send one of {\"all\":true}, {\"view\":\"…\"}, {\"tags\":[\"…\"]} and {\"pattern\":\"…\"}";

    private final Gate gate;
    private final Catalog catalog;
    private final RedisServer server;
    private final TagCache cache;
    private final FleetStats fleet;

    public CacheAdmin(Gate gate, Catalog catalog, RedisServer server, TagCache cache, FleetStats fleet) {
        this.gate = gate;
        this.catalog = catalog;
        this.server = server;
        this.cache = cache;
        this.fleet = fleet;
    }

    /** Adds {@code GET /api/admin/cache/stats} and {@code POST /api/admin/cache/clear}. */
    public void register(RoutesConfig routes) {
        routes.get(STATS, this::stats);
        routes.post(CLEAR, this::clear);
    }

    /** Answers at the same addresses that there is no cache. */
    public static void registerOff(RoutesConfig routes, Gate gate) {
        Handler off = ctx -> {
            gate.admitAdmin(ctx);
            throw new Refusal(404, "cache_off", "there is no cache here, since REDIS_ENABLED is false");
        };
        routes.get(STATS, off);
        routes.post(CLEAR, off);
    }

    private void stats(Context ctx) throws JsonProcessingException {
        gate.admitAdmin(ctx);
        ObjectNode body;
        try {
            fleet.runOnce();
            body = StatsReport.of(server, fleet).json();
        } catch (RedisException e) {
            throw away(e);
        }
        send(ctx, body);
    }

    private void clear(Context ctx) throws IOException {
        gate.admitAdmin(ctx);
        var order = order(ctx);
        var what = order.fieldNames().next();
        var answer = JSON.createObjectNode();
        try {
            switch (what) {
                case "all" -> answer.put("removed", clearAll(order.get(what)));
                case "view" -> answer.put("removed", clearView(order.get(what)));
                case "pattern" -> answer.put("removed", clearPattern(order.get(what)));
                case "tags" -> answer.set("invalidated", JSON.valueToTree(invalidate(order.get(what))));
                default -> throw malformed("there is no " + what.replaceAll("[^A-Za-z]", "?") + " to clear");
            }
        } catch (RedisException e) {
            throw away(e);
        }
        var done = what.equals("tags")
                ? "tags=" + answer.path("invalidated").size()
                : "removed=" + answer.path("removed").asLong();
        log.info("cache cleared by={} address={} {}", what, gate.address(ctx), done);
        send(ctx, answer);
    }

    /** An object with a single field. */
    private static JsonNode order(Context ctx) throws IOException {
        var bytes = ctx.req().getInputStream().readNBytes(MAX_BODY + 1);
        if (bytes.length > MAX_BODY) {
            throw new Refusal(413, "too_large", "a body may have at most " + MAX_BODY + " bytes; clear less at once");
        }
        JsonNode order;
        try {
            order = JSON.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw malformed("the body is no JSON");
        }
        if (!order.isObject() || order.size() != 1) {
            throw malformed("the body must say in one way what to clear");
        }
        return order;
    }

    private long clearAll(JsonNode value) {
        if (!value.isBoolean() || !value.booleanValue()) {
            throw malformed("all can only be true");
        }
        return cache.clear();
    }

    private long clearView(JsonNode value) {
        var view = value.isTextual() ? catalog.views().get(value.textValue()) : null;
        if (view == null) {
            throw malformed(
                    "view must be one of " + String.join(", ", catalog.views().keySet()));
        }
        return cache.deletePattern(view.fingerprint() + ":*");
    }

    private long clearPattern(JsonNode value) {
        if (!value.isTextual() || value.textValue().isEmpty()) {
            throw malformed("pattern must be a text such as enrollments:3:*");
        }
        return cache.deletePattern(View.pattern(value.textValue()));
    }

    private List<String> invalidate(JsonNode value) {
        var names = new ArrayList<String>();
        StreamSupport.stream(value.spliterator(), false)
                .filter(one -> one.isTextual() && Tag.isValid(one.textValue()))
                .forEach(one -> names.add(one.textValue()));
        if (!value.isArray() || names.isEmpty() || names.size() != value.size() || names.size() > MAX_TAGS) {
            throw malformed("tags must be a list of 1 to " + MAX_TAGS + " tags such as cohort:3");
        }
        cache.invalidate(names.stream().map(Tag::new).toList());
        return names;
    }

    private static Refusal malformed(String reason) {
        return new Refusal(400, "malformed", reason + "; " + FORMS);
    }

    private static Refusal away(RedisException e) {
        log.warn("cache not reached cause={}", e.getMessage());
        return new Refusal(
                503,
                "unavailable",
                "the cache's Redis does not answer, so nothing is known to be done; try" + " again shortly");
    }

    private static void send(Context ctx, ObjectNode body) throws JsonProcessingException {
        ctx.header("Cache-Control", "no-store").contentType(ViewHandler.JSON).result(JSON.writeValueAsBytes(body));
    }
}
