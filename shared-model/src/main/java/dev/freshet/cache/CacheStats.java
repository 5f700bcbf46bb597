package dev.freshet.cache;

import dev.freshet.cache.Cached.Outcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/**
 * What this process' reads, loads and fills came to, by view, since it started or since {@link #reset}. What has no name
 * is not counted.
 */
public final class CacheStats {
    private final MeterRegistry meters;
    private final ConcurrentMap<String, Meters> views = new ConcurrentHashMap<>();
    /** Meters only ever grow; what stood there at the last reset is taken off. */
    private volatile Map<String, ViewStats> base = Map.of();

    public CacheStats(MeterRegistry meters) {
        this.meters = meters;
    }

    /** Counts one read and the bytes it was answered with. */
    public void read(String view, Outcome outcome, int bytes) {
        if (!view.isEmpty()) {
            of(view).reads(outcome).increment();
            of(view).bytes.increment(bytes);
        }
    }

    /**
     * Counts values that the database was asked for, by readers and by re-warms.
     *
     * @param time what their one load took
     */
    public void loaded(String view, int count, Duration time) {
        if (!view.isEmpty()) {
            of(view).loads.increment(count);
            of(view).loading.record(time);
        }
    }

    /** Counts fills that the cache refused. */
    public void refused(String view, int count) {
        if (!view.isEmpty()) {
            of(view).refused.increment(count);
        }
    }

    /**
     * Counts a value that was stored.
     *
     * @param raw its bytes as they were loaded
     * @param stored its bytes as they lie in Redis, without the header
     */
    public void stored(String view, int raw, int stored) {
        if (!view.isEmpty()) {
            of(view).raw.increment(raw);
            of(view).stored.increment(stored);
        }
    }

    /** Counts a load that failed, a value that could not be understood, or a call that Redis did not answer. */
    public void failed(String view) {
        if (!view.isEmpty()) {
            of(view).errors.increment();
        }
    }

    /** Each view that was asked for at least once, by name. */
    public List<ViewStats> snapshot() {
        var from = base;
        return totals().stream()
                .map(now -> now.minus(from.getOrDefault(now.view(), ViewStats.none(now.view()))))
                .toList();
    }

    /** Starts again at zero, here; the meters behind it go on. */
    public void reset() {
        var now = new HashMap<String, ViewStats>();
        totals().forEach(stats -> now.put(stats.view(), stats));
        base = Map.copyOf(now);
    }

    /** As {@link #snapshot}, since the process started, whatever was reset. */
    public List<ViewStats> totals() {
        return views.keySet().stream().sorted().map(view -> of(view).stats()).toList();
    }

    private Meters of(String view) {
        var known = views.get(view);
        return known != null ? known : views.computeIfAbsent(view, name -> new Meters(meters, name));
    }

    /** All of a view's meters, made on its first use, so that a scrape shows those at zero too. */
    private static final class Meters {
        private final String view;
        private final Map<Outcome, Counter> reads = new EnumMap<>(Outcome.class);
        private final Counter loads;
        private final Timer loading;
        private final Counter refused;
        private final Counter errors;
        private final Counter bytes;
        private final Counter stored;
        private final Counter raw;

        Meters(MeterRegistry meters, String view) {
            this.view = view;
            for (var outcome : Outcome.values()) {
                var label = outcome.name().toLowerCase(Locale.ROOT);
                reads.put(
                        outcome,
                        counter("reads", "Reads by outcome")
                                .tag("outcome", label)
                                .register(meters));
            }
            loads = counter("loads", "Values asked of their loaders").register(meters);
            loading = Timer.builder("freshet.cache.load")
                    .description("Time of loads")
                    .tag("view", view)
                    .register(meters);
            refused = counter("refused", "Loads that were not stored, since an invalidation overtook them")
                    .register(meters);
            errors = counter("errors", "Loads that failed, and values that cannot be understood")
                    .register(meters);
            bytes = counter("bytes", "Bytes answered, as stored").register(meters);
            stored = counter("stored.bytes", "Bytes stored, compressed where that is worth it")
                    .register(meters);
            raw = counter("raw.bytes", "The same before compression").register(meters);
        }

        private Counter.Builder counter(String name, String description) {
            return Counter.builder("freshet.cache." + name)
                    .description(description)
                    .tag("view", view);
        }

        Counter reads(Outcome outcome) {
            return Objects.requireNonNull(reads.get(outcome));
        }

        ViewStats stats() {
            return new ViewStats(
                    view,
                    (long) reads(Outcome.HIT).count(),
                    (long) reads(Outcome.MISS).count(),
                    (long) reads(Outcome.STALE).count(),
                    (long) reads(Outcome.BYPASS).count(),
                    (long) loads.count(),
                    (long) refused.count(),
                    (long) bytes.count(),
                    (long) errors.count(),
                    loading.totalTime(TimeUnit.SECONDS),
                    (long) stored.count(),
                    (long) raw.count());
        }
    }
}
