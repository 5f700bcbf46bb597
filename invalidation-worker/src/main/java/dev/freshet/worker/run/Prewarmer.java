package dev.freshet.worker.run;

import dev.freshet.cache.Hot;
import dev.freshet.cache.Survey;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.View;
import dev.freshet.model.Tag;
import dev.freshet.worker.view.Warming;
import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads what views say is worth loading, when a worker starts and as often as they say; one worker of the fleet does it. It
 * is a courtesy: whatever it leaves is loaded by its first reader.
 */
final class Prewarmer {
    /** A fleet whose workers start one after the other does it once. */
    private static final Duration START = Duration.ofMinutes(10);
    /** Whoever finds that a turn is another's asks once more then: the other may have failed and given it back. */
    private static final Duration AGAIN = Duration.ofMinutes(1);

    private static final Logger log = LoggerFactory.getLogger(Prewarmer.class);

    private final TagCache cache;
    private final Survey survey;
    private final Warming warming;
    private final List<View> views;
    private final int rate;
    private final BooleanSupplier mayGoOn;
    private final Clock clock;
    private final MeterRegistry metrics;
    private final Map<View, Instant> next = new HashMap<>();
    /** Views whose turn was another's when this worker started. */
    private final Set<View> refused = new HashSet<>();

    /**
     * @param views those without {@code warm} are left out
     * @param rate values a second at the most
     * @param mayGoOn whether nothing more urgent is to be done
     */
    Prewarmer(
            TagCache cache,
            Survey survey,
            Warming warming,
            Collection<View> views,
            int rate,
            BooleanSupplier mayGoOn,
            Clock clock,
            MeterRegistry metrics) {
        this.cache = cache;
        this.survey = survey;
        this.warming = warming;
        this.views = views.stream().filter(view -> view.warm().isPresent()).toList();
        this.rate = rate;
        this.mayGoOn = mayGoOn;
        this.clock = clock;
        this.metrics = metrics;
    }

    /**
     * Warms the views whose time has come.
     *
     * @return how many values were stored
     */
    int runOnce() {
        int stored = 0;
        for (var view : views) {
            var now = clock.instant();
            if (next.getOrDefault(view, Instant.MIN).isAfter(now) || !mayGoOn.getAsBoolean()) {
                continue;
            }
            var every = view.warm().flatMap(warm -> warm.every());
            var regular = every.map(now::plus).orElse(Instant.MAX);
            var again = now.plus(AGAIN).isBefore(regular) ? now.plus(AGAIN) : regular;
            try {
                if (takeTurn(view, every.orElse(START))) {
                    stored += inTurn(view);
                    next.put(view, regular);
                } else {
                    next.put(view, refused.add(view) ? again : regular);
                }
            } catch (SQLException | RedisException e) {
                log.warn("cannot warm view={} cause={}", view.name(), Worker.describe(e));
                next.put(view, again);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return stored;
            }
        }
        return stored;
    }

    /** A little shorter than the time between two, or a worker would find its own last turn in its way. */
    private boolean takeTurn(View view, Duration every) {
        return !cache.takeTurns(Map.of(turn(view), every.multipliedBy(9).dividedBy(10)))
                .isEmpty();
    }

    private static Tag turn(View view) {
        return new Tag("warm:" + view.name());
    }

    /** It gives its turn back when that fails: else it would be that of a better try. */
    private int inTurn(View view) throws SQLException, InterruptedException {
        try {
            return warm(view, warming.named(view));
        } catch (SQLException | RuntimeException e) {
            try {
                cache.giveBackTurn(turn(view));
            } catch (RedisException other) {
                e.addSuppressed(other);
            }
            throw e;
        }
    }

    private int warm(View view, Warming.Named named) throws InterruptedException {
        long start = System.nanoTime();
        var cold = new LinkedHashMap<String, Hot>();
        named.values().forEach(hot -> cold.putIfAbsent(hot.key(), hot));
        int wanted = cold.size();
        survey.heads(cold.keySet()).stream().filter(seen -> seen.isHit()).forEach(seen -> cold.remove(seen.key()));
        var done = warming.run(cold.values(), rate, mayGoOn, stored -> {});
        counter(view, "stored").increment(done.stored());
        counter(view, "current").increment(wanted - cold.size());
        counter(view, "left").increment(done.left());
        counter(view, "refused").increment(named.refused());
        log.info(
                "warmed view={} values={} current={} left={} refused={} ms={}",
                view.name(),
                done.stored(),
                wanted - cold.size(),
                done.left(),
                named.refused(),
                (System.nanoTime() - start) / 1_000_000);
        return done.stored();
    }

    private Counter counter(View view, String outcome) {
        return Counter.builder("freshet_warmed_total")
                .description("values that views' warm named, by what became of them")
                .tag("view", view.name())
                .tag("outcome", outcome)
                .register(metrics);
    }
}
