package dev.freshet.worker.view;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.cache.FleetStats;
import dev.freshet.cache.ViewStats;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisUsage;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How the cache fares, as the admin API and the command line tell it.
 *
 * @param views what all processes read, by view
 * @param since when counting began; empty when nothing was counted
 * @param redis each process that holds a part of the cache
 */
public record StatsReport(List<ViewStats> views, Optional<Instant> since, List<RedisUsage> redis) {
    private static final JsonMapper JSON = new JsonMapper();

    public StatsReport {
        views = List.copyOf(views);
        redis = List.copyOf(redis);
    }

    /** @throws io.lettuce.core.RedisException when Redis is away */
    public static StatsReport of(RedisServer server, FleetStats fleet) {
        return new StatsReport(fleet.read(), fleet.since(), RedisUsage.of(server));
    }

    /** All views together, as one named {@code total}. */
    public ViewStats total() {
        return views.stream().reduce(ViewStats.none("total"), ViewStats::plus);
    }

    /**
     * With {@code since} only when something was counted; parts of one are rounded to four decimals, a hit rate of no reads
     * is null.
     */
    public ObjectNode json() {
        var body = JSON.createObjectNode();
        since.ifPresent(at -> body.put("since", at.toString()));
        var each = body.putArray("views");
        views.forEach(one -> each.add(json(one)));
        body.set("total", json(total()));
        var processes = body.putArray("redis");
        redis.forEach(one -> processes.add(json(one)));
        return body;
    }

    private static ObjectNode json(ViewStats stats) {
        ObjectNode node = JSON.valueToTree(stats);
        return node.put("hitRate", stats.reads() == 0 ? null : rounded(stats.hitRate()))
                .put("compression", rounded(stats.compression()));
    }

    private static ObjectNode json(RedisUsage usage) {
        ObjectNode node = JSON.valueToTree(usage);
        boolean asked = usage.hits() + usage.misses() > 0;
        return node.put("hitRate", asked ? rounded(usage.hitRate()) : null);
    }

    private static double rounded(double part) {
        return Math.round(part * 1e4) / 1e4;
    }
}
