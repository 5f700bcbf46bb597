package dev.freshet.cache;

import dev.freshet.cache.Cached.Outcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What this process' reads, loads and fills came to, by view, since it started. */
public final class CacheStats {
    private final MeterRegistry meters;
    private final Set<String> views = ConcurrentHashMap.newKeySet();

    public CacheStats(MeterRegistry meters) {
        this.meters = meters;
    }

    /** Counts one read and the bytes it was answered with. */
    public void read(String view, Outcome outcome, int bytes) {
        know(view);
        reads(view, outcome).increment();
        counter("bytes", view).increment(bytes);
    }

    /** Counts values that the database was asked for, by readers and by re-warms. */
    public void loaded(String view, int count) {
        know(view);
        counter("loads", view).increment(count);
    }

    /** Counts fills that the cache refused. */
    public void refused(String view, int count) {
        know(view);
        counter("refused", view).increment(count);
    }

    /** Each view that was asked for at least once, by name. */
    public List<ViewStats> snapshot() {
        return views.stream().sorted().map(this::stats).toList();
    }

    /** A scrape shows all counters of a view from its first use on, those at zero too. */
    private void know(String view) {
        if (views.add(view)) {
            stats(view);
        }
    }

    private ViewStats stats(String view) {
        return new ViewStats(
                view,
                (long) reads(view, Outcome.HIT).count(),
                (long) reads(view, Outcome.MISS).count(),
                (long) reads(view, Outcome.STALE).count(),
                (long) reads(view, Outcome.BYPASS).count(),
                (long) counter("loads", view).count(),
                (long) counter("refused", view).count(),
                (long) counter("bytes", view).count());
    }

    private Counter reads(String view, Outcome outcome) {
        return meters.counter(
                "freshet.cache.reads", "view", view, "outcome", outcome.name().toLowerCase(Locale.ROOT));
    }

    private Counter counter(String name, String view) {
        return meters.counter("freshet.cache." + name, "view", view);
    }

    /** @param bytes answered to readers, as stored */
    public record ViewStats(
            String view, long hits, long misses, long stale, long bypassed, long loads, long refused, long bytes) {}
}
