package dev.freshet.cache;

import dev.freshet.cache.Cached.Outcome;
import dev.freshet.redis.RedisServer;
import io.lettuce.core.RedisException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the loader for what was begun, and stores what it brings. */
final class Loads {
    private static final Logger log = LoggerFactory.getLogger(Loads.class);

    private final RedisServer server;
    private final CacheOptions options;
    private final Moves moves;
    private final CacheStats stats;
    private final Clock clock;
    /** Views of which it was said that a value could not be cached. */
    private final Set<String> unkept = ConcurrentHashMap.newKeySet();

    Loads(RedisServer server, CacheOptions options, Moves moves, CacheStats stats, Clock clock) {
        this.server = server;
        this.options = options;
        this.moves = moves;
        this.stats = stats;
        this.clock = clock;
    }

    /**
     * Loads keys whose fills are ours, all in one call, and ends their slots.
     *
     * @throws RuntimeException what the loader threw, unless something stands in for each of them
     */
    void run(List<Slot> begun, Function<List<Request>, List<Value>> loader) {
        List<Value> values;
        try {
            values = load(begun, loader);
        } catch (RuntimeException | Error e) {
            abandonAll(begun.stream().map(slot -> slot.fill.orElseThrow()).toList());
            if (e instanceof Error || !begun.stream().allMatch(Slot::hasStandIn)) {
                throw e;
            }
            if (!(e instanceof LoadNotBegun)) {
                log.warn("stale values stand in keys={} cause={}", begun.size(), e.getMessage());
            }
            begun.forEach(slot -> slot.endWithFound(Outcome.STALE));
            return;
        }
        store(begun, values);
    }

    /** Stores a value for each key whose fill is ours, and ends its slot. */
    void store(List<Slot> begun, List<Value> values) {
        var storing = new ArrayList<CompletionStage<Boolean>>();
        var entries = new ArrayList<Entry>();
        for (int i = 0; i < begun.size(); i++) {
            var slot = begun.get(i);
            var fill = slot.fill.orElseThrow();
            var value = values.get(i);
            var lifetime = moves.jittered(value.lifetime().orElse(slot.request.lifetime()));
            var entry = moves.entry(
                    fill, value.content(), lifetime, fill.begunAt(), slot.request.origin(), slot.request.gzip());
            entries.add(entry);
            storing.add(
                    value.lifetime().isPresent()
                            ? keep(slot, lifetime, entry)
                            : moves.delete(fill.key()).thenApply(removed -> false)); // what it comes after is over
        }
        for (int i = 0; i < begun.size(); i++) {
            end(begun.get(i), values.get(i), entries.get(i), storing.get(i));
        }
    }

    /** A value that has no room for its tags is for its caller only. */
    private CompletionStage<Boolean> keep(Slot slot, Lifetime lifetime, Entry entry) {
        var fill = slot.fill.orElseThrow();
        try {
            return moves.store(fill, lifetime, entry);
        } catch (IllegalArgumentException e) {
            if (unkept.add(slot.request.name())) {
                log.warn("not cached view={} key={} cause={}", slot.request.name(), fill.key(), e.getMessage());
            }
            return moves.abandon(fill).thenApply(given -> false);
        }
    }

    /** Loads keys that somebody else is loading for too long; nothing of it is stored. */
    void runUnshared(List<Slot> slots, Function<List<Request>, List<Value>> loader) {
        var values = load(slots, loader);
        var now = clock.instant();
        for (int i = 0; i < slots.size(); i++) {
            var request = slots.get(i).request;
            var content = values.get(i).content();
            var entry =
                    Entry.of(content, now, request.lifetime(), now, request.origin(), options.gzipFrom(request.gzip()));
            slots.get(i).end(new Cached(entry, Outcome.MISS, false));
        }
    }

    /** As {@link #abandonAll} for one. */
    void abandon(Fill fill) {
        abandonAll(List.of(fill));
    }

    /** Gives leases back, in one round trip; where Redis is away they run out. */
    void abandonAll(Collection<Fill> fills) {
        try {
            fills.stream().map(moves::abandon).toList().forEach(server::await);
        } catch (RedisException e) {
            log.debug("leases left to run out cause={}", e.getMessage());
        }
    }

    private List<Value> load(List<Slot> slots, Function<List<Request>, List<Value>> loader) {
        var requests = slots.stream().map(slot -> slot.request).toList();
        var name = requests.getFirst().name();
        long start = System.nanoTime();
        try {
            var values = loader.apply(requests);
            if (values.size() != requests.size()) {
                throw new IllegalStateException("a batch load of " + requests.size()
                        + " keys must bring as many values, in their order; it brought " + values.size());
            }
            stats.loaded(name, requests.size(), Duration.ofNanos(System.nanoTime() - start));
            return values;
        } catch (LoadNotBegun e) {
            throw e;
        } catch (RuntimeException | Error e) {
            stats.failed(name);
            stats.loaded(name, requests.size(), Duration.ofNanos(System.nanoTime() - start));
            throw e;
        }
    }

    /** The value is loaded and good for its caller, whatever becomes of Redis now. */
    private void end(Slot slot, Value value, Entry entry, CompletionStage<Boolean> storing) {
        var name = slot.request.name();
        boolean stored = false;
        try {
            stored = server.await(storing);
            if (stored) {
                stats.stored(name, value.content().length, entry.payload().length);
            } else if (value.lifetime().isPresent()) {
                stats.refused(name, 1);
            }
        } catch (RedisException e) {
            stats.failed(name);
            log.debug("fill lost cause={}", e.getMessage());
        }
        slot.end(new Cached(entry, Outcome.MISS, stored));
    }
}
