package dev.freshet.worker.run;

import dev.freshet.cache.Hot;
import dev.freshet.cache.TagCache;
import dev.freshet.model.Tag;
import dev.freshet.worker.view.CachedViews;
import dev.freshet.worker.view.LoadException;
import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Loads again what is being read and was invalidated, and frees what nobody reads. It is only a courtesy to the next
 * reader: whatever it does not do, or does late, is loaded when it is read.
 */
final class Warmer {
    /** Merging of one tag's changes: at most once per 200 ms, ever more seldom while a burst lasts. */
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

    private static final Duration LAST_PAUSE = Duration.ofSeconds(5);
    private static final Duration SHORTEST_TURN = Duration.ofMillis(100);
    /** How late a tag may be noticed whose pause is over; what just changed is noticed at once. */
    private static final Duration LATEST = Duration.ofMillis(20);

    /** Tags remembered at the most; more are left to their readers. */
    private static final int MAX_TAGS = 100_000;
    /** Boards remembered at the most; more are left to their readers too. */
    private static final int MAX_BOARDS = 10_000;

    /** How often a key whose fill is refused is tried before it is left to its next reader. */
    private static final int MAX_REFUSALS = 3;

    /** After this long the rest is left to its readers: they have come for the hottest by then. */
    private static final Duration LONGEST_LOAD = Duration.ofSeconds(20);

    private static final Logger log = LoggerFactory.getLogger(Warmer.class);

    private final TagCache cache;
    private final CachedViews views;
    private final Clock clock;
    private final Counter stored;
    private final Counter refused;
    private final Counter left;
    private final Counter patched;
    private final Pace<Tag> pace = new Pace<>(FIRST_PAUSE, LAST_PAUSE);
    private final Pace<Board> boards = new Pace<>(FIRST_PAUSE, LAST_PAUSE);
    private final Map<String, Integer> refusals = new HashMap<>();
    private final Semaphore news = new Semaphore(0);
    private boolean isFailing;

    Warmer(TagCache cache, CachedViews views, Clock clock, MeterRegistry metrics) {
        this.cache = cache;
        this.views = views;
        this.clock = clock;
        this.stored = counter(metrics, "stored");
        this.refused = counter(metrics, "refused");
        this.left = counter(metrics, "left");
        this.patched = Counter.builder("freshet_boards_patched_total")
                .description("times that a board's marked members were loaded before its next reader came")
                .register(metrics);
    }

    /** One board of a view. */
    record Board(String view, Map<String, String> values) {}

    private static Counter counter(MeterRegistry metrics, String outcome) {
        return Counter.builder("freshet_rewarms_total")
                .description("values loaded before their next reader came")
                .tag("outcome", outcome)
                .register(metrics);
    }

    /** Notes that tags were invalidated. Returns at once. */
    void changed(Collection<Tag> tags) {
        var now = clock.instant();
        if (pace.size() < MAX_TAGS) {
            tags.forEach(tag -> pace.mark(tag, now));
            news.release();
        }
    }

    /** Notes that members of boards were marked. Returns at once. */
    void marked(Collection<Board> changed) {
        var now = clock.instant();
        if (boards.size() < MAX_BOARDS) {
            changed.forEach(board -> boards.mark(board, now));
            news.release();
        }
    }

    /** As {@link #runOnce}, as soon as something changed or a pause may be over. */
    void runSoon() {
        try {
            if (news.tryAcquire(LATEST.toMillis(), TimeUnit.MILLISECONDS)) {
                news.drainPermits();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        runOnce();
    }

    /**
     * Sweeps the tags that are due and loads what was hot among their keys, and what is marked in boards that are.
     *
     * @return how many values were stored
     */
    int runOnce() {
        var due = pace.takeDue(clock.instant());
        var marked = boards.takeDue(clock.instant());
        if (due.isEmpty() && marked.isEmpty()) {
            return 0;
        }
        try {
            var hot = due.isEmpty() ? Map.<Hot, Tag>of() : cache.sweepByTag(takeTurns(inUse(due)));
            int count = hot.isEmpty() ? 0 : load(hot);
            marked.forEach(this::patch);
            isFailing = false;
            return count;
        } catch (RedisException e) {
            log.atLevel(isFailing ? Level.DEBUG : Level.WARN).log("rewarm left to readers cause={}", e.getMessage());
            isFailing = true;
            return 0;
        }
    }

    private void patch(Board board) {
        try {
            if (views.patch(board.view, board.values)) {
                patched.increment();
            }
        } catch (LoadException e) {
            log.debug("marked members left to readers cause={}", e.getMessage());
        }
    }

    /** Most tags have no keys, of which it is enough to know just that. */
    private List<Tag> inUse(List<Tag> due) {
        var used = cache.inUse(due);
        pace.forget(due.stream().filter(tag -> !used.contains(tag)).toList());
        return due.stream().filter(used::contains).toList();
    }

    /** A burst reaches all workers: whose turn it is not looks again later, and finds the values loaded. */
    private List<Tag> takeTurns(List<Tag> due) {
        var now = clock.instant();
        var turns = new HashMap<Tag, Duration>();
        for (var tag : due) {
            // a fifth shorter than our own rest, or we would find our own turn in our way
            var rest = pace.rest(tag, now).multipliedBy(4).dividedBy(5);
            turns.put(tag, rest.compareTo(SHORTEST_TURN) < 0 ? SHORTEST_TURN : rest);
        }
        var mine = cache.takeTurns(turns);
        due.stream().filter(tag -> !mine.contains(tag)).forEach(tag -> pace.mark(tag, now));
        return due.stream().filter(mine::contains).toList();
    }

    private int load(Map<Hot, Tag> hot) {
        var result = views.warm(hot.keySet(), LONGEST_LOAD);
        left.increment(result.left());
        stored.increment(result.stored());
        refused.increment(result.refused().size());
        var again = result.refused().stream().filter(this::mayTryAgain).collect(Collectors.toSet());
        // at the tag's pace: while a burst lasts most fills are refused
        again.forEach(one -> changed(List.of(Objects.requireNonNull(hot.get(one)))));
        hot.keySet().stream().filter(one -> !again.contains(one)).forEach(one -> refusals.remove(one.key()));
        if (result.stored() + result.left() > 0) {
            log.info(
                    "rewarmed keys={} refused={} left_to_readers={}",
                    result.stored(),
                    result.refused().size(),
                    result.left());
        }
        return result.stored();
    }

    private boolean mayTryAgain(Hot hot) {
        if (refusals.size() > MAX_TAGS) { // keys that readers loaded since are never heard of again
            refusals.clear();
        }
        return refusals.merge(hot.key(), 1, Integer::sum) < MAX_REFUSALS;
    }
}
