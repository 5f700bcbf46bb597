package dev.freshet.worker.view;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.Targets;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** How long reads took, by view, in buckets at the times that the catalog's targets and dashboards name. */
final class ReadTimes {
    private static final List<Duration> BUCKETS = IntStream.of(5, 10, 25, 50, 100, 150, 200, 500, 1_000, 5_000)
            .mapToObj(Duration::ofMillis)
            .toList();

    private final Map<String, Timer> timers = new HashMap<>();

    /** Views that nobody reads are shown at 0. */
    ReadTimes(Catalog catalog, MeterRegistry metrics) {
        var buckets = buckets(catalog.targets());
        for (var view : catalog.views().keySet()) {
            timers.put(
                    view,
                    Timer.builder("freshet_read_seconds")
                            .description("from a read to its answer")
                            .tag("view", view)
                            .serviceLevelObjectives(buckets)
                            .register(metrics));
        }
    }

    /** Where buckets end. */
    static Duration[] buckets(Targets targets) {
        return Stream.concat(BUCKETS.stream(), targets.times())
                .sorted()
                .distinct()
                .toArray(Duration[]::new);
    }

    /** @param start by {@link System#nanoTime} */
    void record(String view, long start) {
        Objects.requireNonNull(timers.get(view)).record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
    }
}
