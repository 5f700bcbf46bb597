package dev.freshet.worker.view;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** How long reads took, by view, in buckets at the targets that dashboards name. */
final class ReadTimes {
    private static final Duration[] BUCKETS = IntStream.of(5, 10, 25, 50, 100, 150, 200, 500, 1_000, 5_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final Map<String, Timer> timers = new HashMap<>();

    /** @param views all there are, so that those that nobody reads are shown at 0 */
    ReadTimes(Set<String> views, MeterRegistry metrics) {
        for (var view : views) {
            timers.put(
                    view,
                    Timer.builder("freshet_read_seconds")
                            .description("from a read to its answer")
                            .tag("view", view)
                            .serviceLevelObjectives(BUCKETS)
                            .register(metrics));
        }
    }

    /** @param start by {@link System#nanoTime} */
    void record(String view, long start) {
        Objects.requireNonNull(timers.get(view)).record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
    }
}
