package dev.freshet.cache;

import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.Silence;
import dev.freshet.settings.SettingException;
import io.lettuce.core.RedisException;
import io.lettuce.core.SetArgs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A cache of values under tags. It is worse to serve a value that an invalidation had reached than to load one twice:
 * an entry is a hit only while every tag's epoch is the one that its load began with, in the very Redis process that
 * the load began under. A missing epoch, an evicted entry, a restarted server are only misses.
 *
 * <p>All methods throw {@link RedisException} when Redis is away; whether to go on without a cache is the caller's
 * choice. {@link TypedCache} has made it: it goes on.
 */
public final class TagCache {
    private static final byte[] TAKEN = {'1'};
    /** Of tags that are on their way to all buckets at the same time. */
    private static final int TAGS_TOGETHER = 1_000;
    /** How often a lease is taken from others who take it back before a load does without it. */
    private static final int TAKEOVERS = 5;

    /** After a load ahead that failed. */
    private static final Duration REST = Duration.ofSeconds(2);

    private final RedisServer server;
    private final CacheOptions options;
    private final Clock clock;
    private final CacheStats stats;
    private final Buckets buckets;
    private final CacheKeys keys;
    private final Moves moves;
    private final Loads loads;
    private final Reads reads;
    private final Silence silence;
    private final Unconfirmed unconfirmed = new Unconfirmed(this);

    /** A cache whose reads are counted nowhere. */
    public TagCache(RedisServer server, CacheOptions options) {
        this(server, options, new CacheStats(new SimpleMeterRegistry()));
    }

    public TagCache(RedisServer server, CacheOptions options, CacheStats stats) {
        this(server, options, stats, Clock.systemUTC());
    }

    /** @param clock tells how old values are, and when they expire */
    public TagCache(RedisServer server, CacheOptions options, CacheStats stats, Clock clock) {
        this.server = server;
        this.options = options;
        this.clock = clock;
        this.stats = stats;
        this.buckets = new Buckets(server, options);
        this.keys = new CacheKeys(options.prefix(), buckets);
        this.moves = new Moves(server, options, keys);
        this.loads = new Loads(server, options, moves, stats, clock);
        this.silence = new Silence(server, "cache", "reads go past it until it answers");
        this.reads = new Reads(
                server, options, moves, loads, new Refresher(server, options, moves, loads, REST), stats, clock);
    }

    public CacheOptions options() {
        return options;
    }

    /**
     * For the start of a process: refuses a cache that other processes keep in another number of buckets. A cache that is
     * away is looked at later, and not used while it disagrees.
     *
     * @throws SettingException when {@code REDIS_CACHE_BUCKETS} is not what the cache in Redis has
     */
    public void requireAgreement() {
        try {
            keys.buckets();
        } catch (RedisException e) {
            var refusal = buckets.refusal();
            if (refusal != null) {
                throw new SettingException(refusal);
            }
        }
    }

    /**
     * Changes the number of buckets, whatever it was. Whatever is cached is not found any more; every process that has
     * the old number must be stopped before, and finds out at its next invalidation if it was not.
     *
     * @param count 1 to 16384
     */
    public void changeBuckets(int count) {
        buckets.change(options.withBuckets(count).buckets());
    }

    /** What the reads and loads of this cache came to, by the name of their requests. */
    public CacheStats stats() {
        return stats;
    }

    /**
     * Looks a key up, in one round trip.
     *
     * @param tags those that it was stored under, in any order
     * @return empty when there is no current entry
     */
    public Optional<Entry> read(String key, Collection<Tag> tags) {
        return readAll(List.of(key), List.of(tags)).getFirst();
    }

    /**
     * Looks many keys up, in one round trip.
     *
     * @param tags those of each key, in the order of the keys
     * @return for each key what {@link #read} answers
     */
    public List<Optional<Entry>> readAll(List<String> keys, List<? extends Collection<Tag>> tags) {
        return silence.guard(keys, this.keys::entry, () -> lookAll(keys, tags));
    }

    private List<Optional<Entry>> lookAll(List<String> keys, List<? extends Collection<Tag>> tags) {
        var looks = new ArrayList<CompletionStage<Optional<Found>>>();
        for (int i = 0; i < keys.size(); i++) {
            looks.add(moves.look(keys.get(i), Request.sorted(tags.get(i))));
        }
        var now = clock.instant();
        return looks.stream()
                .map(look -> server.await(look)
                        .filter(found -> found.isHit(now))
                        .map(found -> found.stored().entry()))
                .toList();
    }

    /**
     * Asks for the right to load a key. Must come before the load opens its database snapshot.
     *
     * @return empty when somebody else loads it, for the same epochs
     */
    public Optional<Fill> begin(String key, Collection<Tag> tags) {
        return begin(key, tags, Moves.newToken());
    }

    /** The same with a given token, as when a begin is sent a second time. */
    Optional<Fill> begin(String key, Collection<Tag> tags, String token) {
        return server.await(moves.begin(key, Request.sorted(tags), token));
    }

    /**
     * Asks for the right to load many keys, in one round trip, and in one script where they lie in one bucket.
     *
     * @param tags those of each key, in the order of the keys
     * @return for each key what {@link #begin(String, Collection)} answers
     */
    public List<Optional<Fill>> beginAll(List<String> keys, List<? extends Collection<Tag>> tags) {
        var sorted = tags.stream().map(Request::sorted).toList();
        return moves.beginAll(keys, sorted).stream().map(server::await).toList();
    }

    /**
     * Stores what a load brought and gives its lease back.
     *
     * @return false when it was refused, because a tag was invalidated since begin, or the lease was lost: only the
     *     caller may use the value
     */
    public boolean fill(Fill fill, byte[] content, Lifetime lifetime, String origin, Instant lastRead) {
        return fillAll(List.of(new Loaded("", fill, content, lifetime, origin, lastRead)))
                .getFirst();
    }

    /** Stores many loads in one round trip, counts them, and answers for each what {@link #fill} answers. */
    public List<Boolean> fillAll(List<Loaded> loads) {
        var storing = loads.stream().map(this::storing).toList();
        var answers = moves.storeAll(storing);
        var stored = new ArrayList<Boolean>();
        for (int i = 0; i < loads.size(); i++) {
            var loaded = loads.get(i);
            stored.add(server.await(answers.get(i)));
            if (stored.getLast()) {
                var payload = storing.get(i).entry().payload();
                stats.stored(loaded.name(), loaded.content().length, payload.length);
            } else {
                stats.refused(loaded.name(), 1);
            }
        }
        return stored;
    }

    /** Gives a lease back without a value, so that the next reader need not wait for its end. */
    public void abandon(Fill fill) {
        server.await(moves.abandon(fill));
    }

    /**
     * As {@link #abandon} for many loads, in one round trip. Throws nothing where Redis is away: the leases run out then. Of
     * a fill that was stored or refused nothing is left to give back.
     */
    public void abandonAll(Collection<Fill> fills) {
        loads.abandonAll(fills);
    }

    /** As {@link #get(Request, Supplier)}, counted nowhere, every value stored for the same time. */
    public Cached get(String key, Collection<Tag> tags, Lifetime lifetime, String origin, Supplier<byte[]> loader) {
        return get(new Request("", key, List.copyOf(tags), lifetime, origin), () -> Value.of(loader.get(), lifetime));
    }

    /**
     * Reads a key, and loads it when it is not there. Where Redis did not answer the last read in time, further ones fail
     * at once until it answers again. In the whole fleet one loads. The others get what is past its ttl
     * but within its grace, as stale; where there is nothing of the kind they wait, at most as long as the options'
     * patience, and then load for themselves. A value whose tags were invalidated during its load goes to the caller
     * that loaded it and to nobody else.
     *
     * @param loader it must end before the lease does. Called at most once on this thread, and perhaps on another one,
     *     also after this method returned, where the request is to be refreshed ahead
     * @throws RuntimeException what the loader threw, when nothing stands in
     */
    public Cached get(Request request, Supplier<Value> loader) {
        return getAll(List.of(request), one -> List.of(loader.get())).getFirst();
    }

    /**
     * Reads many keys as {@link #get(Request, Supplier)} reads one: looked up in one round trip, and those that are this
     * caller's to load are loaded in one call.
     *
     * @param loader brings a value for each request it is given, in their order; called again only for keys whose other
     *     loader was refused or died
     * @return for each request what was read, in their order
     */
    public List<Cached> getAll(List<Request> requests, Function<List<Request>, List<Value>> loader) {
        return silence.guard(requests, request -> keys.entry(request.key()), () -> reads.get(requests, loader));
    }

    /**
     * Loads a key again, though it may be there. Whoever loads it at the moment is refused, so that the value is not
     * older than this call; until it is stored, readers get the one from before.
     *
     * @throws RuntimeException what the loader threw; the value from before stays
     */
    public Cached refresh(Request request, Supplier<Value> loader) {
        long start = System.nanoTime();
        var slot = new Slot(request);
        takeOver(List.of(slot));
        if (slot.fill.isPresent()) {
            loads.run(List.of(slot), one -> List.of(loader.get()));
        } else {
            loads.runUnshared(List.of(slot), one -> List.of(loader.get()));
        }
        OperationLog.done("REFRESH", request.key(), slot.result().shared() ? "STORED" : "REFUSED", start);
        return slot.result();
    }

    /**
     * Stores a value that the caller has. Whoever loads the key at the moment is refused.
     *
     * <p>The guarantee then begins with this call: an invalidation that comes later reaches the value, but one that
     * came after the caller read its data and before this call does not. So this is for values that no tag's change
     * makes wrong, or whose data was read after the call to {@link #begin}; else let the cache load.
     *
     * @return false when somebody's invalidation or load came between; the value from before is gone all the same
     */
    public boolean set(Request request, byte[] content) {
        return setAll(List.of(request), List.of(Value.of(content, request.lifetime())))
                .getFirst();
    }

    /**
     * Stores many values that the caller has, in two round trips.
     *
     * @param values one for each request, in their order
     * @return for each what {@link #set} answers
     */
    public List<Boolean> setAll(List<Request> requests, List<Value> values) {
        long start = System.nanoTime();
        requests.stream().map(request -> moves.delete(request.key())).toList().forEach(server::await);
        var slots = requests.stream().map(Slot::new).toList();
        takeOver(slots);
        var begun = new ArrayList<Slot>();
        var given = new ArrayList<Value>();
        for (int i = 0; i < slots.size(); i++) {
            if (slots.get(i).fill.isPresent()) {
                begun.add(slots.get(i));
                given.add(values.get(i));
            }
        }
        loads.store(begun, given);
        slots.forEach(slot -> OperationLog.done("SET", slot.request.key(), slot.isDone() ? "DONE" : "REFUSED", start));
        return slots.stream()
                .map(slot -> slot.isDone() && slot.result().shared())
                .toList();
    }

    /**
     * Writes, then invalidates, then loads. It is not the written value that is stored but what the loader reads
     * afterwards: of two who write at once, the one who stores last need not be the one who wrote last.
     *
     * @param writer returns when what it wrote is visible to the loader of any process: after the commit
     * @param loader as for {@link #get(Request, Supplier)}
     * @return what was written last, by this caller or by another one
     * @throws RuntimeException what the writer threw; the tags are invalidated also then, since it may have committed
     */
    public Cached writeThrough(Request request, Runnable writer, Supplier<Value> loader) {
        try {
            writer.run();
        } catch (RuntimeException e) {
            try {
                remove(request);
            } catch (RedisException away) {
                e.addSuppressed(away);
            }
            throw e;
        }
        remove(request);
        return get(request, loader);
    }

    private void remove(Request request) {
        invalidate(request.tags());
        delete(request.key());
    }

    /**
     * Removes what {@link #invalidate} and {@link #delete} remove, or where Redis is away does so as soon as it is back.
     * Until then {@link TypedCache}s of this object read around the cache; other processes that still reach Redis may
     * read what is to be removed.
     *
     * @return whether Redis has confirmed it; false when it is yet to be done, and is lost if this process ends before
     */
    public boolean removeSurely(Collection<Tag> tags, Collection<String> keys) {
        return unconfirmed.remove(tags, keys);
    }

    /** Whether everything that was to be removed is. */
    boolean isSettled() {
        return unconfirmed.isEmpty();
    }

    /** Makes every entry under these tags a miss. Returns when Redis has confirmed it, in every bucket. */
    public void invalidate(Collection<Tag> tags) {
        long start = System.nanoTime();
        var sorted = Request.sorted(tags);
        if (sorted.isEmpty()) {
            return;
        }
        for (var some : Sweep.parts(sorted, TAGS_TOGETHER)) {
            var answers = new ArrayList<CompletionStage<?>>();
            int count = keys.buckets();
            for (int bucket = 0; bucket < count; bucket++) {
                answers.add(moves.invalidate(bucket, some));
            }
            answers.add(buckets.confirm());
            answers.forEach(server::await);
        }
        OperationLog.done("INVALIDATE", sorted, "OK", start);
    }

    /** Removes one key, also for a fill that is in flight. */
    public void delete(String key) {
        long start = System.nanoTime();
        server.await(moves.delete(key));
        OperationLog.done("DELETE", key, "OK", start);
    }

    /**
     * Removes every key that matches, also for fills that are in flight. It walks all keys of the server a few hundred at
     * a time; what many readers share is better invalidated by a tag.
     *
     * @param glob of whole keys, as Redis writes it ({@code *}, {@code ?}, {@code [ab]}, {@code \} before a literal one). The
     *     keys of a catalog's views begin with eight digits that name the view's definition: {@code *:enrollments:3:*}
     * @return how many entries there were
     */
    public long deletePattern(String glob) {
        long start = System.nanoTime();
        long removed = new Removal(server, keys).matching(glob);
        OperationLog.done("DELETE", glob, removed, start);
        return removed;
    }

    /**
     * Removes everything that this cache's prefix holds, whatever the number of buckets, also for fills that are in
     * flight.
     *
     * @return how many entries there were
     */
    public long clear() {
        long start = System.nanoTime();
        long removed = new Removal(server, keys).everything();
        OperationLog.done("CLEAR", options.prefix(), removed, start);
        return removed;
    }

    /**
     * Walks the keys under these tags, frees the entries that are neither current nor hot, and names those that are hot
     * but not current, each with one of the tags that it has. For the background: it takes some round trips for a thousand
     * keys.
     */
    public Map<Hot, Tag> sweepByTag(Collection<Tag> tags) {
        return new Sweep(server, keys).run(Request.sorted(tags));
    }

    /** As {@link #sweepByTag}, without the tags. */
    public List<Hot> sweep(Collection<Tag> tags) {
        return List.copyOf(sweepByTag(tags).keySet());
    }

    /** Those of the tags that something is stored under, be it a hit or not. */
    public Set<Tag> inUse(Collection<Tag> tags) {
        return new Sweep(server, keys).inUse(List.copyOf(tags));
    }

    /**
     * Asks for the turn to load again what these tags had, so that the processes of a fleet do not all do it.
     *
     * @param turns for how long nobody else gets it, by tag; longer than zero
     * @return the tags whose turn is the caller's
     */
    public Set<Tag> takeTurns(Map<Tag, Duration> turns) {
        var answers = new LinkedHashMap<Tag, CompletionStage<String>>();
        turns.forEach((tag, length) -> {
            var unlessTaken = SetArgs.Builder.nx().px(length);
            answers.put(
                    tag,
                    server.send(keys.turn(tag), session -> session.commands().set(keys.turn(tag), TAKEN, unlessTaken)));
        });
        return answers.entrySet().stream()
                .filter(answer -> server.await(answer.getValue()) != null)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /** Lets somebody else have a turn that the caller has taken and could not use. */
    public void giveBackTurn(Tag tag) {
        server.await(server.unlink(List.of(keys.turn(tag))));
    }

    RedisServer server() {
        return server;
    }

    CacheKeys keys() {
        return keys;
    }

    /** Fails when this process may not use the cache, as it would remove things where others do not look. */
    CompletionStage<Void> confirmBuckets() {
        return buckets.confirm();
    }

    private Moves.Storing storing(Loaded loaded) {
        var lifetime = moves.jittered(loaded.lifetime());
        var entry = moves.entry(
                loaded.fill(), loaded.content(), lifetime, loaded.lastRead(), loaded.origin(), loaded.gzip());
        return new Moves.Storing(loaded.fill(), lifetime, entry);
    }

    /** Takes the leases from whoever has them, unless they are taken back again and again. */
    private void takeOver(List<Slot> slots) {
        for (int i = 0; i < TAKEOVERS; i++) {
            var open = slots.stream().filter(slot -> slot.fill.isEmpty()).toList();
            var revoked =
                    open.stream().map(slot -> moves.revoke(slot.request.key())).toList();
            var begun = open.stream()
                    .map(slot -> moves.begin(slot.request.key(), slot.request.tags()))
                    .toList();
            revoked.forEach(server::await);
            for (int j = 0; j < open.size(); j++) {
                open.get(j).fill = server.await(begun.get(j));
            }
        }
    }
}
