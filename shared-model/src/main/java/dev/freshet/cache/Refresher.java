package dev.freshet.cache;

import dev.freshet.redis.RedisServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads again, in the background, what is read and will soon expire. The lease keeps it to one load in the fleet, a
 * bound keeps it to a few in this process; what is not loaded ahead is loaded when it has expired.
 */
final class Refresher {
    private static final Logger log = LoggerFactory.getLogger(Refresher.class);

    private final RedisServer server;
    private final Moves moves;
    private final Loads loads;
    private final Semaphore turns;
    private final Duration rest;
    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private volatile boolean failing;
    private volatile long failedAt;

    /** @param rest how long nothing is loaded ahead after a load that failed: what is cached still serves */
    Refresher(RedisServer server, CacheOptions options, Moves moves, Loads loads, Duration rest) {
        this.rest = rest;
        this.server = server;
        this.moves = moves;
        this.loads = loads;
        this.turns = new Semaphore(options.refreshes());
    }

    static boolean isDue(Slot hit, Instant now) {
        return isDue(hit, hit.found.orElseThrow(), now);
    }

    private static boolean isDue(Slot hit, Found found, Instant now) {
        double fraction = hit.request.lifetime().refreshAhead();
        return fraction > 0 && !now.isBefore(found.refreshDue(fraction));
    }

    /** Starts one load for all of these hits that are not being refreshed here already. Returns at once. */
    void start(List<Slot> due, Function<List<Request>, List<Value>> loader) {
        boolean resting = failing && System.nanoTime() - failedAt < rest.toNanos();
        if (resting || !turns.tryAcquire()) {
            return;
        }
        var mine = due.stream().filter(slot -> running.add(slot.request.key())).toList();
        if (mine.isEmpty()) { // nothing to learn from it of whether loads fail
            turns.release();
            return;
        }
        Thread.ofVirtual().name("refresh").start(() -> {
            try {
                refresh(mine, loader);
                failing = false;
            } catch (LoadNotBegun e) {
                log.debug("not refreshed ahead cause={}", e.getMessage());
            } catch (RuntimeException e) {
                failed(mine.size(), e);
            } finally {
                mine.forEach(slot -> running.remove(slot.request.key()));
                turns.release();
            }
        });
    }

    /** Says so once, and not for every hit while the database is away. */
    private void failed(int keys, RuntimeException error) {
        failedAt = System.nanoTime();
        if (!failing) {
            log.warn("refresh ahead failed keys={} cause={}", keys, error.getMessage());
        }
        failing = true;
    }

    /** Returns when they are loaded, or left to somebody else. */
    void refresh(List<Slot> due, Function<List<Request>, List<Value>> loader) {
        var fills = due.stream()
                .map(hit -> moves.begin(hit.request.key(), hit.request.tags()))
                .toList();
        var looks = due.stream()
                .map(hit -> moves.look(hit.request.key(), hit.request.tags()))
                .toList();
        var begun = new ArrayList<Slot>();
        for (int i = 0; i < due.size(); i++) {
            var hit = due.get(i);
            var fill = server.await(fills.get(i));
            var found = server.await(looks.get(i));
            if (fill.isEmpty()) {
                continue;
            }
            var now = fill.get().begunAt(); // by Redis' clock, since ours may run ahead
            boolean hasTime = found.filter(Found::isCurrent)
                    .filter(current -> !isDue(hit, current, now))
                    .isPresent();
            if (hasTime) {
                loads.abandon(fill.get()); // perhaps somebody loaded it since the hit
            } else {
                var slot = new Slot(hit.request);
                slot.fill = fill;
                begun.add(slot);
            }
        }
        if (!begun.isEmpty()) {
            loads.run(begun, loader);
        }
    }
}
