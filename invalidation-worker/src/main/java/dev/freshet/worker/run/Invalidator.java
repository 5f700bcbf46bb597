package dev.freshet.worker.run;

import dev.freshet.catalog.Score;
import dev.freshet.model.Job;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.worker.frontend.Owed;
import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The commit point of a batch: once its tags are invalidated and its scores marked, no reader gets a value older than it;
 * once the front ends owe it, none can miss it. All of it may be done again without harm.
 */
final class Invalidator {
    private static final Logger log = LoggerFactory.getLogger(Invalidator.class);

    private final Values values;
    private final Owed owed;
    private final Consumer<Collection<Tag>> warmer;
    private final LeftBehind leftBehind;
    private final Counter everything;

    /**
     * What is done to cached values. Each throws {@link RedisException} when it does not know that it is done.
     *
     * @param mark marks members of boards whose scores changed
     * @param clear forgets all values
     */
    record Values(Consumer<Collection<Tag>> invalidate, Consumer<Collection<Score>> mark, Runnable clear) {
        /** Where nothing is cached. */
        static final Values NONE = new Values(tags -> {}, scores -> {}, () -> {});
    }

    /** @param warmer is told of tags that were invalidated */
    Invalidator(
            Values values, Owed owed, Consumer<Collection<Tag>> warmer, LeftBehind leftBehind, MeterRegistry metrics) {
        this.values = values;
        this.owed = owed;
        this.warmer = warmer;
        this.leftBehind = leftBehind;
        this.everything = Collector.counter(metrics, "everything");
    }

    /**
     * Invalidates, and has loaded again what was.
     *
     * @throws OutageException when the cache or the queue's Redis is away
     */
    void invalidate(Effects effects, List<Long> rows) {
        commit(effects);
        finish(rows);
        warm(effects);
    }

    /**
     * Invalidates, and leaves it to the caller to {@link #warm}.
     *
     * @throws OutageException when the cache or the queue's Redis is away
     */
    void commit(Effects effects) {
        if (effects.isEmpty()) {
            return;
        }
        try {
            if (effects.isEverything()) {
                log.warn("everything is invalidated cause=nobody knows what captured changes changed");
                values.clear.run();
                everything.increment();
            }
            values.invalidate.accept(effects.tags());
            values.mark.accept(effects.scores());
        } catch (RedisException e) {
            throw failure("cache", e);
        }
        try {
            owed.record(effects.changes());
        } catch (RedisException e) {
            throw failure("queue", e);
        }
    }

    /** Forgets what was left behind, once nobody has to do it again. */
    void finish(List<Long> rows) {
        rows.forEach(leftBehind::finish);
    }

    /** Has loaded again what was invalidated, soon. */
    void warm(Effects effects) {
        if (!effects.isEmpty()) {
            warmer.accept(effects.tags());
        }
    }

    /**
     * Invalidates what nobody will look at again, before these jobs become dead letters.
     *
     * @throws OutageException when the cache or the queue's Redis is away
     */
    void giveUp(Collection<Job> jobs) {
        var effects = new Effects();
        effects.addGivenUp(jobs);
        invalidate(effects, List.of());
    }

    /**
     * Invalidates what workers that died left behind.
     *
     * @param age how long a living worker is given to do it itself
     * @return how many batches were finished for others
     * @throws OutageException when a dependency is away
     */
    int finishOthers(Duration age) {
        try {
            int finished = 0;
            List<LeftBehind.Row> rows;
            leftBehind.clean();
            do {
                rows = leftBehind.read(age);
                for (var row : rows) {
                    invalidate(row.effects(), List.of(row.id()));
                    log.info(
                            "finished what a worker left behind tags={}",
                            row.effects().tags().size());
                }
                leftBehind.clean();
                finished += rows.size();
            } while (rows.size() == LeftBehind.MAX_ROWS);
            return finished;
        } catch (JdbiException e) {
            throw new OutageException("postgresql", true, e);
        }
    }

    private static RuntimeException failure(String dependency, RedisException error) {
        return RedisServer.isOutage(error) ? new OutageException(dependency, true, error) : error;
    }
}
