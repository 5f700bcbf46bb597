package dev.freshet.worker.run;

import dev.freshet.cache.Hot;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.Event;
import dev.freshet.catalog.EventRule;
import dev.freshet.catalog.ParameterException;
import dev.freshet.catalog.View;
import dev.freshet.worker.view.CachedViews;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads what a write of the application changed, before it is answered: whoever wrote it reads it first. It is only a
 * courtesy. What was changed is invalidated already, so whatever is not done here, or not in time, is loaded when it is
 * read.
 */
final class Through {
    /** Values that a batch of writes loads at the most. */
    private static final int MOST = 100;
    /** A write waits no longer. With that, a lease is not in danger. */
    static final Duration PATIENCE = Duration.ofSeconds(2);
    /** Loads that nobody waits for any more, and those that somebody does, together. */
    private static final int AT_A_TIME = 4;

    private static final Logger log = LoggerFactory.getLogger(Through.class);

    private final Catalog catalog;
    private final CachedViews views;
    private final Duration patience;
    private final Semaphore turns = new Semaphore(AT_A_TIME);

    /** @param patience how long a write waits at the most */
    Through(Catalog catalog, CachedViews views, Duration patience) {
        this.catalog = catalog;
        this.views = views;
        this.patience = patience;
    }

    /**
     * What somebody wrote who waits for it.
     *
     * @param rows as {@code lookup} finds them afterwards
     */
    record Written(EventRule rule, Event event, List<Map<String, @Nullable String>> rows) {}

    /** Returns when it is loaded, or the patience is over. Throws nothing. */
    void load(Collection<Written> writes) {
        var wanted = wanted(writes);
        if (wanted.isEmpty() || !turns.tryAcquire()) {
            return;
        }
        var load = new CompletableFuture<Void>();
        Thread.ofVirtual().name("through").start(() -> {
            try {
                views.warm(wanted, patience);
                load.complete(null);
            } catch (RuntimeException | Error e) {
                load.completeExceptionally(e);
            } finally {
                turns.release();
            }
        });
        try {
            load.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            log.warn("write-through left to readers values={} cause={}", wanted.size(), e.getMessage());
        } catch (TimeoutException e) {
            log.warn("write-through left to readers values={} cause=not loaded within {}", wanted.size(), patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Each value once. */
    private Collection<Hot> wanted(Collection<Written> writes) {
        var wanted = new LinkedHashMap<String, Hot>();
        for (var write : writes) {
            for (var name : write.rule.through()) {
                var view = Objects.requireNonNull(catalog.views().get(name), name);
                for (var values : write.rule.written(write.event, write.rows)) {
                    if (wanted.size() == MOST) {
                        return wanted.values();
                    }
                    hot(view, values).ifPresent(hot -> wanted.putIfAbsent(hot.key(), hot));
                }
            }
        }
        return wanted.values();
    }

    /** @return empty for what nobody could ask this view for */
    private static Optional<Hot> hot(View view, Map<String, @Nullable String> values) {
        var given = new HashMap<String, String>();
        view.params().forEach(parameter -> {
            var value = values.get(parameter.name());
            if (value != null) {
                given.put(parameter.name(), value);
            }
        });
        try {
            return Optional.of(CachedViews.hot(view, view.parse(given)));
        } catch (ParameterException e) {
            return Optional.empty();
        }
    }
}
