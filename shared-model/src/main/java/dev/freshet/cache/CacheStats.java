package dev.freshet.cache;

import dev.freshet.cache.Cached.Outcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** What this process' reads, loads and fills came to, by view, since it started. */
public final class CacheStats {
    private final MeterRegistry meters;
    private final Map<String, Counters> views = new ConcurrentHashMap<>();

    public CacheStats(MeterRegistry meters) {
        this.meters = meters;
    }

    /** Counts one read and the bytes it was answered with. */
    public void read(String view, Outcome outcome, int bytes) {
        var counters = of(view);
        counters.reads(outcome).increment();
        counters.bytes.increment(bytes);
    }

    /** Counts values that the database was asked for, by readers and by re-warms. */
    public void loaded(String view, int count) {
        of(view).loads.increment(count);
    }

    /** Counts fills that the cache refused. */
    public void refused(String view, int count) {
        of(view).refused.increment(count);
    }

    /** Each view that was asked for at least once, by name. */
    public List<ViewStats> snapshot() {
        return views.keySet().stream()
                .sorted()
                .map(view -> of(view).snapshot(view))
                .toList();
    }

    private Counters of(String view) {
        return views.computeIfAbsent(view, name -> new Counters(meters, name));
    }

    /** @param bytes answered to readers, as stored */
    public record ViewStats(
            String view, long hits, long misses, long stale, long bypassed, long loads, long refused, long bytes) {

        /** Hits among all reads, from 0 to 1; 0 when nothing was read. */
        public double hitRate() {
            long reads = hits + misses + stale + bypassed;
            return reads == 0 ? 0 : (double) hits / reads;
        }
    }

    private static final class Counters {
        private final Map<Outcome, Counter> reads = new EnumMap<>(Outcome.class);
        final Counter loads;
        final Counter refused;
        final Counter bytes;

        Counters(MeterRegistry meters, String view) {
            for (var outcome : Outcome.values()) {
                var name = outcome.name().toLowerCase(Locale.ROOT);
                reads.put(outcome, meters.counter("freshet.cache.reads", "view", view, "outcome", name));
            }
            loads = meters.counter("freshet.cache.loads", "view", view);
            refused = meters.counter("freshet.cache.refused", "view", view);
            bytes = meters.counter("freshet.cache.bytes", "view", view);
        }

        ViewStats snapshot(String view) {
            return new ViewStats(
                    view,
                    (long) reads(Outcome.HIT).count(),
                    (long) reads(Outcome.MISS).count(),
                    (long) reads(Outcome.STALE).count(),
                    (long) reads(Outcome.BYPASS).count(),
                    (long) loads.count(),
                    (long) refused.count(),
                    (long) bytes.count());
        }

        Counter reads(Outcome outcome) {
            return Objects.requireNonNull(reads.get(outcome));
        }
    }
}
