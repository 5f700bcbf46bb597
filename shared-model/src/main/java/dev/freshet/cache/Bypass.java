package dev.freshet.cache;

import dev.freshet.cache.Cached.Outcome;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Loads while the cache is away: so many at a time, or the database would get what the cache kept from it. */
final class Bypass {
    private final Semaphore turns;
    private final Duration patience;
    private final CacheStats stats;

    Bypass(int loads, Duration patience, CacheStats stats) {
        this.turns = new Semaphore(loads, true);
        this.patience = patience;
        this.stats = stats;
    }

    /**
     * @param keys how many the load brings
     * @throws RejectedExecutionException when too many wait already
     */
    void run(String name, int keys, Runnable load) {
        takeTurn(name);
        long start = System.nanoTime();
        try {
            load.run();
        } catch (RuntimeException | Error e) {
            stats.failed(name);
            throw e;
        } finally {
            turns.release();
            stats.loaded(name, keys, Duration.ofNanos(System.nanoTime() - start));
        }
        for (int i = 0; i < keys; i++) {
            stats.read(name, Outcome.BYPASS, 0);
        }
    }

    private void takeTurn(String name) {
        try {
            if (turns.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
            throw new RejectedExecutionException(
                    "too many loads of " + name + " wait for their turn while its cache is away");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RejectedExecutionException("interrupted while waiting to load " + name, e);
        }
    }
}
