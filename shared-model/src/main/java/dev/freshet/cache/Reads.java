package dev.freshet.cache;

import dev.freshet.cache.Cached.Outcome;
import dev.freshet.redis.RedisServer;
import io.lettuce.core.RedisException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/** Reads of one or many keys, of which each is found, loaded here, or waited for while somebody else loads it. */
final class Reads {
    private static final long FIRST_WAIT_MS = 4;
    private static final long LAST_WAIT_MS = 64;

    private final RedisServer server;
    private final CacheOptions options;
    private final Moves moves;
    private final Loads loads;
    private final Refresher refresher;
    private final CacheStats stats;
    private final Clock clock;

    Reads(
            RedisServer server,
            CacheOptions options,
            Moves moves,
            Loads loads,
            Refresher refresher,
            CacheStats stats,
            Clock clock) {
        this.server = server;
        this.options = options;
        this.moves = moves;
        this.loads = loads;
        this.refresher = refresher;
        this.stats = stats;
        this.clock = clock;
    }

    List<Cached> get(List<Request> requests, Function<List<Request>, List<Value>> loader) {
        long start = System.nanoTime();
        var slots = requests.stream().map(Slot::new).toList();
        look(slots, loader);
        var open = missing(slots);
        long wait = FIRST_WAIT_MS;
        while (!open.isEmpty()) {
            beginOrLook(open, loader);
            open = missing(open);
            if (!open.isEmpty()
                    && System.nanoTime() - start > options.patience().toNanos()) {
                loads.runUnshared(open, loader);
                break;
            }
            if (!open.isEmpty()) {
                pause(wait);
                wait = Math.min(2 * wait, LAST_WAIT_MS);
            }
        }
        return slots.stream().map(slot -> count(slot, start)).toList();
    }

    private void look(List<Slot> slots, Function<List<Request>, List<Value>> loader) {
        var looks = slots.stream()
                .map(slot -> moves.look(slot.request.key(), slot.request.tags()))
                .toList();
        var now = clock.instant();
        var due = new ArrayList<Slot>();
        for (int i = 0; i < slots.size(); i++) {
            var slot = slots.get(i);
            slot.found = server.await(looks.get(i));
            if (slot.found.isPresent() && slot.found.get().isHit(now)) {
                slot.endWithFound(Outcome.HIT);
                if (Refresher.isDue(slot, now)) {
                    due.add(slot);
                }
            }
        }
        if (!due.isEmpty()) {
            refresher.start(due, loader);
        }
    }

    /** Looks again too: a load may have ended just before its lease was ours. */
    private void beginOrLook(List<Slot> open, Function<List<Request>, List<Value>> loader) {
        var begins = open.stream()
                .map(slot -> moves.begin(slot.request.key(), slot.request.tags()))
                .toList();
        var looks = open.stream()
                .map(slot -> moves.look(slot.request.key(), slot.request.tags()))
                .toList();
        var now = clock.instant();
        var begun = new ArrayList<Slot>();
        for (int i = 0; i < open.size(); i++) {
            var slot = open.get(i);
            slot.fill = server.await(begins.get(i));
            slot.found = server.await(looks.get(i));
            if (slot.found.isPresent() && slot.found.get().isHit(now)) {
                slot.fill.ifPresent(loads::abandon);
                slot.endWithFound(Outcome.HIT);
            } else if (slot.fill.isPresent()) {
                begun.add(slot);
            } else if (slot.hasStandIn()) {
                slot.endWithFound(Outcome.STALE);
            }
        }
        if (!begun.isEmpty()) {
            loads.run(begun, loader);
        }
    }

    private static List<Slot> missing(List<Slot> slots) {
        return slots.stream().filter(slot -> !slot.isDone()).toList();
    }

    private Cached count(Slot slot, long start) {
        var result = slot.result();
        stats.read(slot.request.name(), result.outcome(), result.entry().payload().length);
        OperationLog.done("GET", slot.request.key(), result.outcome(), start);
        return result;
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(ThreadLocalRandom.current().nextLong(millis / 2, millis + 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RedisException("interrupted while waiting for another load", e);
        }
    }
}
