package dev.freshet.worker;

import dev.freshet.cache.ViewStats;
import dev.freshet.catalog.Targets;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether the hit rates of this process' reads are what the catalog's targets say, and speaks when that changes. A
 * rate is of all reads since it was last judged, once they are enough to tell; until then the last word stands.
 */
final class TargetWatch {
    /** Stands for all views together; no view can have this name. */
    private static final String ALL = "*";

    private static final int FEWEST_READS = 100;
    private static final Logger log = LoggerFactory.getLogger(TargetWatch.class);

    private static final class Watched {
        final String name;
        final double target;
        final Predicate<ViewStats> includes;
        long reads;
        long hits;
        volatile double missed = Double.NaN;

        Watched(String name, double target, Predicate<ViewStats> includes) {
            this.name = name;
            this.target = target;
            this.includes = includes;
        }
    }

    private final List<Watched> all = new ArrayList<>();
    private final Supplier<List<ViewStats>> totals;

    /**
     * @param views those of the catalog; what else is cached counts for no target
     * @param totals of this process, since it started
     */
    TargetWatch(Targets targets, Set<String> views, Supplier<List<ViewStats>> totals, MeterRegistry metrics) {
        this.totals = totals;
        targets.watched().ifPresent(rate -> all.add(new Watched(ALL, rate, stats -> views.contains(stats.view()))));
        targets.views()
                .forEach((view, expected) -> expected.hitRate()
                        .ifPresent(rate -> all.add(
                                new Watched(view, rate, stats -> stats.view().equals(view)))));
        for (var watched : all) {
            Gauge.builder("freshet_target_missed", () -> watched.missed)
                    .description("1 while the hit rate is below its target")
                    .tag("view", watched.name)
                    .register(metrics);
        }
    }

    /** Judges each target that was read often enough. */
    void runOnce() {
        var stats = totals.get();
        for (var watched : all) {
            var now = stats.stream().filter(watched.includes).reduce(ViewStats.none(watched.name), ViewStats::plus);
            long reads = now.reads() - watched.reads;
            if (reads >= FEWEST_READS) {
                judge(watched, (double) (now.hits() - watched.hits) / reads);
                watched.reads = now.reads();
                watched.hits = now.hits();
            }
        }
    }

    private static void judge(Watched watched, double rate) {
        boolean isMissed = rate < watched.target;
        boolean wasMissed = watched.missed > 0;
        var rounded = String.format(Locale.ROOT, "%.3f", rate);
        if (isMissed && !wasMissed) {
            log.warn("hit rate below target view={} rate={} target={}", watched.name, rounded, watched.target);
        } else if (wasMissed && !isMissed) {
            log.info("hit rate on target view={} rate={} target={}", watched.name, rounded, watched.target);
        }
        watched.missed = isMissed ? 1 : 0;
    }
}
