package dev.freshet.worker.cli;

import dev.freshet.cache.ViewStats;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What all processes of the fleet read through the cache, and what its Redis says of itself. */
@Command(
        name = "stats",
        mixinStandardHelpOptions = true,
        description = {
            "Show how the cache is read: by view, over all processes",
            "HIT RATE is the part of all reads that were answered from the cache at once. Each process adds what it counted"
                    + " every few seconds. MS is the mean time of one load, REFUSED are loads that a change overtook,"
                    + " STORED is what was written, compressed to the part in brackets."
        },
        footerHeading = "%nExample:%n",
        footer = "  freshet cache stats --reset      shows them, and counts from zero again")
final class CacheStatistics implements Runnable {
    private final Terminal terminal;

    @Option(names = "--reset", description = "Forget them after they were shown; metrics of processes go on")
    private boolean reset;

    @Mixin
    private JsonOption json = new JsonOption();

    CacheStatistics(Terminal terminal) {
        this.terminal = terminal;
    }

    /** @param servers each Redis that holds a part of the cache */
    private record Counted(List<ViewStats> views, Optional<Instant> since, List<Server> servers) {
        ViewStats total() {
            ToLongFunction<ToLongFunction<ViewStats>> sum =
                    count -> views.stream().mapToLong(count).sum();
            ToDoubleFunction<ToDoubleFunction<ViewStats>> time =
                    count -> views.stream().mapToDouble(count).sum();
            return new ViewStats(
                    "total",
                    sum.applyAsLong(ViewStats::hits),
                    sum.applyAsLong(ViewStats::misses),
                    sum.applyAsLong(ViewStats::stale),
                    sum.applyAsLong(ViewStats::bypassed),
                    sum.applyAsLong(ViewStats::loads),
                    sum.applyAsLong(ViewStats::refused),
                    sum.applyAsLong(ViewStats::bytes),
                    sum.applyAsLong(ViewStats::errors),
                    time.applyAsDouble(ViewStats::loadSeconds),
                    sum.applyAsLong(ViewStats::storedBytes),
                    sum.applyAsLong(ViewStats::rawBytes));
        }
    }

    /** One Redis, in its own words; a field that it does not say is empty. */
    private record Server(String version, String memory, String maxMemory, String policy, String evicted, long keys) {
        static Server of(RedisServer server, RedisSession session) {
            return new Server(
                    session.info("redis_version"),
                    session.info("used_memory"),
                    session.info("maxmemory"),
                    session.info("maxmemory_policy"),
                    session.info("evicted_keys"),
                    server.await(session.commands().dbsize()));
        }
    }

    @Override
    public void run() {
        var counted = terminal.withCache(open -> {
            var servers = open.server().sessions().stream()
                    .map(session -> Server.of(open.server(), session))
                    .toList();
            var now = new Counted(open.fleet().read(), open.fleet().since(), servers);
            if (reset) {
                open.fleet().reset();
            }
            return now;
        });
        if (json.wanted()) {
            terminal.json(report(counted));
        } else {
            print(counted);
        }
    }

    private void print(Counted counted) {
        if (counted.views.isEmpty()) {
            terminal.line("nothing has been read through the cache yet");
        } else {
            counted.since.ifPresent(since -> terminal.line("since " + Terminal.time(since) + ", all processes"));
            terminal.table(
                    List.of(
                            "VIEW",
                            "HITS",
                            "MISSES",
                            "STALE",
                            "BYPASSED",
                            "HIT RATE",
                            "LOADS",
                            "MS",
                            "REFUSED",
                            "ERRORS",
                            "ANSWERED",
                            "STORED"),
                    Stream.concat(counted.views.stream(), Stream.of(counted.total()))
                            .map(CacheStatistics::cells)
                            .toList());
        }
        terminal.line("");
        var rows = new ArrayList<List<String>>();
        for (var server : counted.servers) {
            rows.add(List.of(
                    server.version,
                    size(server.memory),
                    server.maxMemory.equals("0") ? "no limit" : size(server.maxMemory),
                    or(server.policy),
                    or(server.evicted),
                    String.valueOf(server.keys)));
        }
        terminal.table(List.of("REDIS", "MEMORY", "MAXMEMORY", "POLICY", "EVICTED", "KEYS"), rows);
        if (reset) {
            terminal.line("");
            terminal.line("reset: they count from zero again");
        }
    }

    private static List<String> cells(ViewStats stats) {
        return List.of(
                stats.view(),
                String.valueOf(stats.hits()),
                String.valueOf(stats.misses()),
                String.valueOf(stats.stale()),
                String.valueOf(stats.bypassed()),
                percent(stats.hitRate()),
                String.valueOf(stats.loads()),
                stats.loads() == 0 ? "-" : String.format(Locale.ROOT, "%.1f", millis(stats)),
                String.valueOf(stats.refused()),
                String.valueOf(stats.errors()),
                Terminal.size(stats.bytes()),
                Terminal.size(stats.storedBytes()) + " (" + percent(stats.compression()) + ")");
    }

    /** The mean of one load; of many in one statement, its part of it. */
    private static double millis(ViewStats stats) {
        return stats.loads() == 0 ? 0 : stats.loadSeconds() * 1_000 / stats.loads();
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, "%.1f %%", part * 100);
    }

    private static String size(String bytes) {
        return bytes.isEmpty() ? "-" : Terminal.size(Long.parseLong(bytes));
    }

    private static String or(String text) {
        return text.isEmpty() ? "-" : text;
    }

    private Map<String, @Nullable Object> report(Counted counted) {
        var report = new LinkedHashMap<String, @Nullable Object>();
        report.put("since", counted.since.map(Instant::toString).orElse(null));
        report.put("views", counted.views.stream().map(CacheStatistics::asMap).toList());
        report.put("total", asMap(counted.total()));
        report.put("redis", counted.servers.stream().map(CacheStatistics::asMap).toList());
        report.put("reset", reset);
        return report;
    }

    private static Map<String, @Nullable Object> asMap(ViewStats stats) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("view", stats.view());
        fields.put("hits", stats.hits());
        fields.put("misses", stats.misses());
        fields.put("stale", stats.stale());
        fields.put("bypassed", stats.bypassed());
        fields.put("hitRate", stats.hitRate());
        fields.put("loads", stats.loads());
        fields.put("loadMillis", millis(stats));
        fields.put("refused", stats.refused());
        fields.put("errors", stats.errors());
        fields.put("bytes", stats.bytes());
        fields.put("storedBytes", stats.storedBytes());
        fields.put("rawBytes", stats.rawBytes());
        fields.put("compression", stats.compression());
        return fields;
    }

    private static Map<String, @Nullable Object> asMap(Server server) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("version", server.version);
        fields.put("memoryBytes", number(server.memory));
        fields.put("maxMemoryBytes", number(server.maxMemory));
        fields.put("policy", server.policy);
        fields.put("evictedKeys", number(server.evicted));
        fields.put("keys", server.keys);
        return fields;
    }

    private static @Nullable Long number(String digits) {
        return digits.isEmpty() ? null : Long.valueOf(digits);
    }
}
