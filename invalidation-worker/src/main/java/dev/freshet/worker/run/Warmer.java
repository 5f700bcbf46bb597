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
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads again what is being read and was invalidated, and frees what nobody reads. It is only a courtesy to the next
 * reader: whatever it does not do, or does late, is loaded when it is read.
 */
final class Warmer {
    /** Merging of one tag's or key's changes: at most once per 200 ms, ever more seldom while a burst lasts. */
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

    private static final Duration LAST_PAUSE = Duration.ofSeconds(5);
    /** Tags, and keys, remembered at the most; more are left to their readers. */
    private static final int MAX_REMEMBERED = 100_000;
    /** How often a key whose fill is refused is tried before it is left to its next reader. */
    private static final int MAX_REFUSALS = 3;

    private static final Logger log = LoggerFactory.getLogger(Warmer.class);

    private final TagCache cache;
    private final CachedViews views;
    private final Clock clock;
    private final Counter stored;
    private final Counter refused;
    private final Pace<Tag> sweeps = new Pace<>(FIRST_PAUSE, LAST_PAUSE);
    // a key has a pace of its own: it may have several tags, and while a burst lasts most of its fills are refused
    private final Pace<String> loads = new Pace<>(FIRST_PAUSE, LAST_PAUSE);
    private final Map<String, Hot> wanted = new HashMap<>();
    private final Map<String, Integer> refusals = new HashMap<>();

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
        if (sweeps.size() < MAX_REMEMBERED) {
            tags.forEach(tag -> sweeps.mark(tag, now));
        }
    }

    /**
     * Sweeps the tags that are due and loads what was hot among their keys.
     *
     * @return how many values were stored
     */
    int runOnce() {
        try {
            var now = clock.instant();
            var tags = sweeps.takeDue(now);
            if (!tags.isEmpty()) {
                cache.sweep(tags).forEach(hot -> want(hot, now));
            }
            var hot = loads.takeDue(now).stream()
                    .flatMap(key -> Optional.ofNullable(wanted.remove(key)).stream())
                    .toList();
            return hot.isEmpty() ? 0 : load(hot);
        } catch (RedisException e) {
            log.warn("rewarm left to readers cause={}", e.getMessage());
            return 0;
        }
    }

    private int load(List<Hot> hot) {
        var result = views.warm(hot);
        stored.increment(result.stored());
        refused.increment(result.refused().size());
        var again = result.refused().stream().filter(this::mayTryAgain).collect(Collectors.toSet());
        again.forEach(one -> want(one, clock.instant()));
        hot.stream().filter(one -> !again.contains(one)).forEach(one -> refusals.remove(one.key()));
        if (result.stored() > 0) {
            log.info(
                    "rewarmed keys={} refused={}",
                    result.stored(),
                    result.refused().size());
        }
        return result.stored();
    }

    private void want(Hot hot, Instant now) {
        if (loads.size() < MAX_REMEMBERED) {
            wanted.put(hot.key(), hot);
            loads.mark(hot.key(), now);
        }
    }

    private boolean mayTryAgain(Hot hot) {
        return refusals.merge(hot.key(), 1, Integer::sum) < MAX_REFUSALS;
    }
}
