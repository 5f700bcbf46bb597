package dev.freshet.worker.view;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.Cached;
import dev.freshet.cache.Cached.Outcome;
import dev.freshet.cache.Entry;
import dev.freshet.cache.Lifetime;
import dev.freshet.catalog.View;
import dev.freshet.db.Database;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

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
        mayLoad.run();
        long start = System.nanoTime();
        try {
            var content = loader.load(view, values);
            int gzipFrom = view.serving().gzip() ? GZIP_FROM : Integer.MAX_VALUE;
            var entry = Entry.of(content, clock.instant(), Lifetime.of(view.ttl()), clock.instant(), "", gzipFrom);
            stats.read(view.name(), Outcome.BYPASS, entry.payload().length);
            return new Cached(entry, Outcome.BYPASS, false);
        } catch (LoadException e) {
            stats.failed(view.name());
            throw e;
        } finally {
            stats.loaded(view.name(), 1, Duration.ofNanos(System.nanoTime() - start));
        }
    }
}
