package dev.freshet.worker.run;

import dev.freshet.cache.Hot;
import dev.freshet.cache.TagCache;
import dev.freshet.model.Tag;
import dev.freshet.worker.view.CachedViews;
import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads again what is being read and was invalidated, and frees what nobody reads. It is only a courtesy to the next
 * reader: whatever it does not do, or does late, is loaded when it is read.
 */
final class Warmer {
    /** Merging of one tag's changes: at most once per 200 ms, ever more seldom while a burst lasts. */
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

    private static final Duration LAST_PAUSE = Duration.ofSeconds(5);
    /** Tags remembered at the most; more are left to their readers. */
    private static final int MAX_TAGS = 100_000;
    /** How often a key whose fill is refused is tried before it is left to its next reader. */
    private static final int MAX_REFUSALS = 3;

    private static final Logger log = LoggerFactory.getLogger(Warmer.class);

    private final TagCache cache;
    private final CachedViews views;
    private final Clock clock;
    private final Counter stored;
    private final Counter refused;
    private final Pace<Tag> pace = new Pace<>(FIRST_PAUSE, LAST_PAUSE);
    private final Map<String, Integer> refusals = new LinkedHashMap<>();
    private final Set<Hot> again = new HashSet<>();

    Warmer(TagCache cache, CachedViews views, Clock clock, MeterRegistry metrics) {
        this.cache = cache;
        this.views = views;
        this.clock = clock;
        this.stored = metrics.counter("freshet_rewarms_total", "outcome", "stored");
        this.refused = metrics.counter("freshet_rewarms_total", "outcome", "refused");
    }

    /** Notes that tags were invalidated. Returns at once. */
    void changed(Collection<Tag> tags) {
        var now = clock.instant();
        if (pace.size() < MAX_TAGS) {
            tags.forEach(tag -> pace.mark(tag, now));
        }
    }

    /**
     * Sweeps the tags that are due and loads what was hot among their keys.
     *
     * @return how many values were stored
     */
    int runOnce() {
        var due = pace.takeDue(clock.instant());
        if (due.isEmpty() && again.isEmpty()) {
            return 0;
        }
        try {
            var hot = new HashSet<>(again);
            hot.addAll(cache.sweep(due));
            again.clear();
            var result = views.warm(hot);
            stored.increment(result.stored());
            refused.increment(result.refused().size());
            again.addAll(result.refused().stream().filter(this::mayTryAgain).toList());
            refusals.keySet().retainAll(again.stream().map(Hot::key).toList());
            if (result.stored() > 0) {
                log.info(
                        "rewarmed keys={} refused={} tags={}",
                        result.stored(),
                        result.refused().size(),
                        due.size());
            }
            return result.stored();
        } catch (RedisException e) {
            log.warn("rewarm left to readers cause={}", e.getMessage());
            return 0;
        }
    }

    private boolean mayTryAgain(Hot hot) {
        return refusals.merge(hot.key(), 1, Integer::sum) < MAX_REFUSALS;
    }
}
