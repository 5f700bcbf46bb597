package dev.freshet.cache;

import static dev.freshet.redis.Script.argument;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.cache.Cached.Outcome;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import dev.freshet.redis.Script;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cache of values under tags. It is worse to serve a value that an invalidation had reached than to load one twice:
 * an entry is a hit only while every tag's epoch is the one that its load began with, in the very Redis process that
 * the load began under. A missing epoch, an evicted entry, a restarted server are only misses.
 *
 * <p>All methods throw {@link RedisException} when Redis is away; whether to go on without a cache is the caller's
 * choice.
 */
public final class TagCache {
    private static final Logger log = LoggerFactory.getLogger(TagCache.class);
    private static final Script BEGIN = Script.load(TagCache.class, "begin.lua");
    private static final Script FILL = Script.load(TagCache.class, "fill.lua");
    private static final Script ABANDON = Script.load(TagCache.class, "abandon.lua");
    private static final byte[] TAKEN = {'1'};
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final long FIRST_WAIT_MS = 4;
    private static final long LAST_WAIT_MS = 64;

    private final RedisServer server;
    private final CacheOptions options;
    private final Clock clock;
    private final CacheKeys keys;

    public TagCache(RedisServer server, CacheOptions options) {
        this(server, options, Clock.systemUTC());
    }

    TagCache(RedisServer server, CacheOptions options, Clock clock) {
        this.server = server;
        this.options = options;
        this.clock = clock;
        this.keys = new CacheKeys(options.prefix(), options.buckets());
    }

    public CacheOptions options() {
        return options;
    }

    /**
     * Looks a key up, in one round trip.
     *
     * @param tags those that it was stored under, in any order
     * @return empty when there is no current entry
     */
    public Optional<Entry> read(String key, Collection<Tag> tags) {
        return find(key, distinct(tags)).filter(this::isWithinTtl).map(Stored::entry);
    }

    /**
     * Asks for the right to load a key. Must come before the load opens its database snapshot.
     *
     * @return empty when somebody else loads it, for the same epochs
     */
    public Optional<Fill> begin(String key, Collection<Tag> tags) {
        return begin(key, tags, newToken());
    }

    /** The same with a given token, as when a begin is sent a second time. */
    Optional<Fill> begin(String key, Collection<Tag> tags, String token) {
        return server.await(begun(key, distinct(tags), token));
    }

    /**
     * Asks for the right to load many keys, in one round trip.
     *
     * @param tags those of each key, in the order of the keys
     * @return for each key what {@link #begin(String, Collection)} answers
     */
    public List<Optional<Fill>> beginAll(List<String> keys, List<? extends Collection<Tag>> tags) {
        var answers = new ArrayList<CompletionStage<Optional<Fill>>>();
        for (int i = 0; i < keys.size(); i++) {
            answers.add(begun(keys.get(i), distinct(tags.get(i)), newToken()));
        }
        return answers.stream().map(server::await).toList();
    }

    /**
     * Stores what a load brought and gives its lease back.
     *
     * @return false when it was refused, because a tag was invalidated since begin, or the lease was lost: only the
     *     caller may use the value
     */
    public boolean fill(Fill fill, byte[] content, Lifetime lifetime, String origin, Instant lastRead) {
        return fillAll(List.of(new Loaded(fill, content, lifetime, origin, lastRead)))
                .getFirst();
    }

    /** Stores many loads in one round trip, and answers for each what {@link #fill} answers. */
    public List<Boolean> fillAll(List<Loaded> loads) {
        var answers = loads.stream().map(this::store).toList();
        return answers.stream().map(server::await).toList();
    }

    /** Gives a lease back without a value, so that the next reader need not wait for its end. */
    public void abandon(Fill fill) {
        server.await(server.send(keys.lease(fill.key()), session -> abandon(session, fill)));
    }

    /**
     * Reads a key, and loads it when it is not there. In the whole fleet one loads and the others wait for it, at most
     * as long as the options' patience; then they load for themselves. A value whose tags were invalidated during its
     * load goes to the caller that loaded it and to nobody else.
     *
     * @param origin what loads it again; opaque to the cache
     * @param loader called at most once, on this thread; it must end before the lease does
     * @throws RuntimeException what the loader threw, when no entry within its grace can stand in
     */
    public Cached get(String key, Collection<Tag> tags, Lifetime lifetime, String origin, Supplier<byte[]> loader) {
        var sorted = distinct(tags);
        var first = find(key, sorted).filter(this::isWithinTtl);
        if (first.isPresent()) {
            return new Cached(first.get().entry(), Outcome.HIT, true);
        }
        long end = System.nanoTime() + options.patience().toNanos();
        for (long wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LAST_WAIT_MS)) {
            var beginning = begun(key, sorted, newToken());
            var looking = found(key, sorted); // again: a load may have ended just before the lease was ours
            var fill = server.await(beginning);
            var found = server.await(looking);
            if (found.filter(this::isWithinTtl).isPresent()) {
                fill.ifPresent(this::abandonQuietly);
                return new Cached(found.get().entry(), Outcome.HIT, true);
            }
            if (fill.isPresent()) {
                return load(fill.get(), lifetime, origin, loader, found);
            }
            if (System.nanoTime() > end) {
                var now = clock.instant();
                return new Cached(
                        Entry.of(loader.get(), now, lifetime, now, origin, options.gzipFrom()), Outcome.MISS, false);
            }
            pause(wait);
        }
    }

    /** Makes every entry under these tags a miss. Returns when Redis has confirmed it, in every bucket. */
    public void invalidate(Collection<Tag> tags) {
        var sorted = distinct(tags);
        if (sorted.isEmpty()) {
            return;
        }
        var answers = new ArrayList<CompletionStage<Long>>();
        for (int bucket = 0; bucket < keys.buckets(); bucket++) {
            answers.add(server.unlink(epochKeys(bucket, sorted).toList()));
        }
        answers.forEach(server::await);
    }

    /** Removes one key, also for a fill that is in flight. */
    public void delete(String key) {
        server.await(server.unlink(List.of(keys.entry(key), keys.lease(key))));
    }

    /**
     * Walks the keys under these tags, frees the entries that are neither current nor hot, and names those that are hot
     * but not current. For the background: it takes a round trip per hundred keys or so.
     */
    public List<Hot> sweep(Collection<Tag> tags) {
        return new Sweep(server, keys).run(distinct(tags));
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

    private Cached load(
            Fill fill, Lifetime lifetime, String origin, Supplier<byte[]> loader, Optional<Stored> standIn) {
        byte[] content;
        try {
            content = loader.get();
        } catch (RuntimeException e) {
            abandonQuietly(fill);
            if (standIn.isPresent()) {
                return new Cached(standIn.get().entry(), Outcome.STALE, true);
            }
            throw e;
        }
        var entry = Entry.of(content, fill.begunAt(), lifetime, fill.begunAt(), origin, options.gzipFrom());
        return new Cached(entry, Outcome.MISS, storeQuietly(fill, lifetime, entry));
    }

    /** The value is loaded and good for its caller, whatever becomes of Redis now. */
    private boolean storeQuietly(Fill fill, Lifetime lifetime, Entry entry) {
        try {
            return server.await(store(fill, lifetime, entry));
        } catch (RedisException e) {
            log.debug("fill lost cause={}", e.getMessage());
            return false;
        }
    }

    private void abandonQuietly(Fill fill) {
        try {
            abandon(fill);
        } catch (RedisException e) {
            log.debug("lease left to run out cause={}", e.getMessage());
        }
    }

    /** What is stored and still current, be it past its ttl. */
    private Optional<Stored> find(String key, List<Tag> tags) {
        return server.await(found(key, tags));
    }

    private CompletionStage<Optional<Stored>> found(String key, List<Tag> tags) {
        return server.send(
                keys.entry(key),
                session -> look(session, key, tags).thenApply(values -> current(session, tags, values)));
    }

    private CompletionStage<Optional<Fill>> begun(String key, List<Tag> tags, String token) {
        return server.send(keys.lease(key), session -> begin(session, key, tags, token));
    }

    private CompletionStage<List<KeyValue<String, byte[]>>> look(RedisSession session, String key, List<Tag> tags) {
        var names = Stream.concat(Stream.of(keys.entry(key)), epochKeys(keys.bucketOf(key), tags));
        return session.commands().mget(names.toArray(String[]::new));
    }

    /** The session must be the one that answered: its run id counts. */
    private static Optional<Stored> current(
            RedisSession session, List<Tag> tags, List<KeyValue<String, byte[]>> values) {
        if (!values.getFirst().hasValue()) {
            return Optional.empty();
        }
        return Stored.decode(values.getFirst().getValue())
                .filter(stored -> stored.runId().equals(session.runId())
                        && stored.tags().equals(tags)
                        && areCurrent(stored.epochs(), values.subList(1, values.size())));
    }

    private static boolean areCurrent(List<String> epochs, List<KeyValue<String, byte[]>> current) {
        for (int i = 0; i < epochs.size(); i++) {
            if (!current.get(i).hasValue()
                    || !epochs.get(i).equals(new String(current.get(i).getValue(), UTF_8))) {
                return false;
            }
        }
        return true;
    }

    /** Without grace Redis' own expiry decides, so that a host with a wrong clock still has its hits. */
    private boolean isWithinTtl(Stored stored) {
        return !stored.hasGrace() || clock.instant().isBefore(stored.entry().softExpiry());
    }

    private CompletionStage<Optional<Fill>> begin(RedisSession session, String key, List<Tag> tags, String token) {
        var names = Stream.concat(Stream.of(keys.lease(key)), epochKeys(keys.bucketOf(key), tags))
                .toArray(String[]::new);
        return BEGIN.<List<Object>>run(
                        session.commands(),
                        ScriptOutputType.MULTI,
                        names,
                        argument(token),
                        argument(options.lease().toMillis()),
                        argument(options.epochTtl().toMillis()))
                .thenApply(answer -> answer.size() == 1
                        ? Optional.empty()
                        : Optional.of(new Fill(
                                key,
                                tags,
                                answer.stream()
                                        .skip(2)
                                        .map(epoch -> new String((byte[]) epoch, UTF_8))
                                        .toList(),
                                token,
                                session.runId(),
                                Instant.ofEpochMilli((Long) answer.get(1)))));
    }

    private CompletionStage<Boolean> store(Loaded loaded) {
        var entry = Entry.of(
                loaded.content(),
                loaded.fill().begunAt(),
                loaded.lifetime(),
                loaded.lastRead(),
                loaded.origin(),
                options.gzipFrom());
        return store(loaded.fill(), loaded.lifetime(), entry);
    }

    private CompletionStage<Boolean> store(Fill fill, Lifetime lifetime, Entry entry) {
        return server.send(keys.entry(fill.key()), session -> store(session, fill, lifetime, entry));
    }

    private CompletionStage<Boolean> store(RedisSession session, Fill fill, Lifetime lifetime, Entry entry) {
        if (!session.runId().equals(fill.runId)) {
            return abandon(session, fill).thenApply(given -> false); // stored, it would be dead
        }
        int bucket = keys.bucketOf(fill.key());
        var names = Stream.of(
                        Stream.of(keys.entry(fill.key()), keys.lease(fill.key())),
                        epochKeys(bucket, fill.tags),
                        fill.tags.stream().map(tag -> keys.index(bucket, tag)))
                .flatMap(Function.identity())
                .toArray(String[]::new);
        var ttl = lifetime.untilHardExpiry();
        var indexTtl = ttl.compareTo(options.epochTtl()) > 0 ? ttl : options.epochTtl();
        var arguments = Stream.concat(
                Stream.of(
                        argument(fill.token),
                        argument(ttl.toMillis()),
                        fill.stored(entry, lifetime).encode(),
                        argument(fill.key()),
                        argument(indexTtl.toMillis())),
                fill.epochs.stream().map(Script::argument));
        return FILL.<Long>run(session.commands(), ScriptOutputType.INTEGER, names, arguments.toArray(byte[][]::new))
                .thenApply(stored -> stored == 1);
    }

    private CompletionStage<Long> abandon(RedisSession session, Fill fill) {
        var lease = new String[] {keys.lease(fill.key())};
        return ABANDON.run(session.commands(), ScriptOutputType.INTEGER, lease, argument(fill.token));
    }

    private Stream<String> epochKeys(int bucket, List<Tag> tags) {
        return tags.stream().map(tag -> keys.epoch(bucket, tag));
    }

    private static List<Tag> distinct(Collection<Tag> tags) {
        return tags.stream().distinct().sorted().toList();
    }

    private static String newToken() {
        var bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
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
