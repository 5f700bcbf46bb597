package dev.freshet.worker.cli;

import dev.freshet.cache.ViewStats;
import dev.freshet.worker.view.StatsReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
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

    @Override
    public void run() {
        var counted = terminal.withCache(open -> {
            var now = StatsReport.of(open.server(), open.fleet());
            if (reset) {
                open.fleet().reset();
            }
            return now;
        });
        if (json.wanted()) {
            terminal.json(counted.json().put("reset", reset));
        } else {
            print(counted);
        }
    }

    private void print(StatsReport counted) {
        if (counted.views().isEmpty()) {
            terminal.line("nothing has been read through the cache yet");
        } else {
            counted.since().ifPresent(since -> terminal.line("since " + Terminal.time(since) + ", all processes"));
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
                    Stream.concat(counted.views().stream(), Stream.of(counted.total()))
                            .map(CacheStatistics::cells)
                            .toList());
        }
        terminal.line("");
        var rows = new ArrayList<List<String>>();
        for (var redis : counted.redis()) {
            rows.add(List.of(
                    redis.version(),
                    Terminal.size(redis.usedBytes()),
                    redis.maxBytes() == 0 ? "no limit" : Terminal.size(redis.maxBytes()),
                    redis.evictionPolicy().isEmpty() ? "-" : redis.evictionPolicy(),
                    String.valueOf(redis.evicted()),
                    String.valueOf(redis.keys())));
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
                stats.reads() == 0 ? "-" : percent(stats.hitRate()),
                String.valueOf(stats.loads()),
                stats.loads() == 0 ? "-" : millis(stats),
                String.valueOf(stats.refused()),
                String.valueOf(stats.errors()),
                Terminal.size(stats.bytes()),
                stats.rawBytes() == 0
                        ? "-"
                        : Terminal.size(stats.storedBytes()) + " (" + percent(stats.compression()) + ")");
    }

    /** The mean of one load; of many in one statement, its part of it. */
    private static String millis(ViewStats stats) {
        return String.format(Locale.ROOT, "%.1f", stats.loadSeconds() * 1_000 / stats.loads());
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, "%.1f %%", part * 100);
    }
}
