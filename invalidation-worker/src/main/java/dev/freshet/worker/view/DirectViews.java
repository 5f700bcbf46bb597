package dev.freshet.worker.view;

import dev.freshet.cache.BoardRange;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.Cached;
import dev.freshet.cache.Cached.Outcome;
import dev.freshet.cache.Entry;
import dev.freshet.cache.Lifetime;
import dev.freshet.cache.Standing;
import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Database;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/** The catalog's views without a cache: each read is loaded. */
public final class DirectViews implements Views {
    private static final int GZIP_FROM = CacheOptions.defaults("none").gzipFrom();

    private final Loaders loader;
    private final CacheStats stats;
    private final Clock clock = Clock.systemUTC();

    /** @param loads how many statements this process runs for views at the same time, and how many functions; more readers wait */
    public DirectViews(Database database, CacheStats stats, int loads) {
        this(new Loaders(database, loads), stats);
    }

    DirectViews(Loaders loader, CacheStats stats) {
        this.loader = loader;
        this.stats = stats;
    }

    @Override
    public Cached get(View view, Map<String, String> values, Runnable mayLoad) {
        return load(view, mayLoad, () -> {
            var content = loader.load(view, values);
            int gzipFrom = view.serving().gzip() ? GZIP_FROM : Integer.MAX_VALUE;
            var entry = Entry.of(content, clock.instant(), Lifetime.of(view.ttl()), clock.instant(), "", gzipFrom);
            stats.read(view.name(), Outcome.BYPASS, entry.payload().length);
            return new Cached(entry, Outcome.BYPASS, false);
        });
    }

    @Override
    public Standing standing(View view, Map<String, String> values, BoardRange range, Runnable mayLoad) {
        return load(view, mayLoad, () -> {
            var now = clock.instant();
            var places = loader.boards().places(view, (Source.Board) view.source(), values, range);
            stats.read(view.name(), Outcome.BYPASS, 0);
            return new Standing(Outcome.BYPASS, now, places.size(), places.before(), places.rows());
        });
    }

    private <T> T load(View view, Runnable mayLoad, Supplier<T> load) {
        mayLoad.run();
        long start = System.nanoTime();
        try {
            return load.get();
        } catch (LoadException e) {
            stats.failed(view.name());
            throw e;
        } finally {
            stats.loaded(view.name(), 1, Duration.ofNanos(System.nanoTime() - start));
        }
    }
}
