package dev.freshet.cache;

import dev.freshet.model.Tag;
import io.lettuce.core.RedisException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Values of one kind, by typed keys. No error of the cache reaches its callers: without Redis the loader is asked, so
 * many calls at a time, and what cannot be read from the cache is loaded and replaced. What a loader throws is the
 * caller's, unless something may stand in for it.
 *
 * <pre>{@code
 * var courses = TypedCache.<Long, Course>of(cache, "course", Codec.json(Course.class))
 *         .tags(id -> List.of(new Tag("course:" + id)))
 *         .lifetime(Lifetime.of(Ttl.LONG.duration()))
 *         .build();
 * Course course = courses.wrap(7L, repository::find);
 * }</pre>
 *
 * @param <K> keys; different ones must be written differently
 * @param <V> values
 */
public final class TypedCache<K, V> {
    private final TagCache cache;
    private final Values<K, V> values;
    private final Bypass bypass;

    TypedCache(TagCache cache, Values<K, V> values, Bypass bypass) {
        this.cache = cache;
        this.values = values;
        this.bypass = bypass;
    }

    /**
     * Begins to describe a cache.
     *
     * @param name what its keys begin with and statistics count it under: letters, digits, dots, - and _. Another
     *     class, or another meaning of its fields, is best given another name
     */
    public static <K, V> TypedCacheBuilder<K, V> of(TagCache cache, String name, Codec<V> codec) {
        return new TypedCacheBuilder<>(cache, name, codec);
    }

    /** What is cached; empty when nothing is, when "there is none" is, and when Redis is away. */
    public Optional<V> get(K key) {
        return Optional.ofNullable(mget(List.of(key)).get(key));
    }

    /** What is cached of these, in their order. */
    public Map<K, V> mget(Collection<K> keys) {
        var found = new LinkedHashMap<K, V>();
        var wanted = keys.stream().distinct().toList();
        var requests = wanted.stream().map(values::request).toList();
        try {
            requireSettled();
            var entries = cache.readAll(
                    requests.stream().map(Request::key).toList(),
                    requests.stream().map(Request::tags).toList());
            for (int i = 0; i < wanted.size(); i++) {
                var key = wanted.get(i);
                var entry = entries.get(i);
                values.countLookUp(entry);
                entry.flatMap(values::decodeQuietly).ifPresent(value -> found.put(key, value));
            }
        } catch (RedisException e) {
            values.failed(e);
        }
        return found;
    }

    /**
     * Reads a key and loads it when it is not cached; in the whole fleet one loads it and the others wait.
     *
     * @param loader reads from where the truth is, after this call and not before; null for "there is none"
     * @return null only when the loader brought it and this cache allows it
     */
    public @Nullable V wrap(K key, Function<? super K, ? extends @Nullable V> loader) {
        return wrapAll(List.of(key), keys -> one(key, loader)).get(key);
    }

    /**
     * Reads many keys, and loads in one call those that are not cached.
     *
     * @param loader brings values by key; a key that is not among them is one of which there is none
     * @return what there is, in the order of the keys
     */
    public Map<K, V> wrapAll(Collection<K> keys, Function<List<K>, Map<K, V>> loader) {
        var loading = new Loading<>(values, keys, loader);
        try {
            requireSettled();
            loading.take(cache.getAll(loading.requests(), loading));
            loading.unread().forEach(request -> refresh(loading, request));
        } catch (RedisException e) {
            goAround(loading, e);
        }
        return loading.results();
    }

    /**
     * Stores a value that the caller has. {@link TagCache#set} says what that means for the guarantee.
     *
     * @param value null for "there is none"
     * @return whether it is cached now
     */
    public boolean set(K key, @Nullable V value) {
        var values = new LinkedHashMap<K, @Nullable V>();
        values.put(key, value);
        return setAll(values) == 1;
    }

    /** Stores many values. @return how many of them are cached now */
    public int mset(Map<K, V> given) {
        return setAll(new LinkedHashMap<K, @Nullable V>(given));
    }

    /** Loads a key again though it may be cached. Until it is stored, readers get the value from before. */
    public @Nullable V refresh(K key, Function<? super K, ? extends @Nullable V> loader) {
        var loading = new Loading<>(values, List.of(key), keys -> one(key, loader));
        try {
            refresh(loading, loading.requests().getFirst());
        } catch (RedisException e) {
            goAround(loading, e);
        }
        return loading.results().get(key);
    }

    /**
     * Writes, then invalidates the key's tags, then loads. {@link TagCache#writeThrough} says why the written value
     * itself is not stored.
     *
     * @param writer returns after its commit
     * @return what is there now
     */
    public @Nullable V writeThrough(K key, Runnable writer, Function<? super K, ? extends @Nullable V> loader) {
        var request = values.request(key);
        try {
            writer.run();
        } finally { // it may have committed, whatever it threw
            cache.removeSurely(request.tags(), List.of(request.key()));
        }
        return wrap(key, loader);
    }

    /**
     * Removes one key, also for loads in flight.
     *
     * @return whether Redis confirmed it; false when it is away: see {@link TagCache#removeSurely}
     */
    public boolean delete(K key) {
        return cache.removeSurely(List.of(), List.of(values.request(key).key()));
    }

    /** As {@link #delete}, of several keys. */
    public boolean deleteAll(Collection<K> keys) {
        return cache.removeSurely(
                List.of(), keys.stream().map(key -> values.request(key).key()).toList());
    }

    /** Makes everything under these tags a miss, of whichever cache. @return as {@link #delete} */
    public boolean invalidate(Collection<Tag> tags) {
        return cache.removeSurely(tags, List.of());
    }

    /**
     * Removes the keys of this cache that match.
     *
     * @param glob of keys as they are written, without this cache's name; see {@link TagCache#deletePattern}
     * @return how many there were; empty when Redis is away, and nothing was or will be removed
     */
    public OptionalLong deletePattern(String glob) {
        try {
            return OptionalLong.of(cache.deletePattern(CacheKeys.escape(values.name()) + ":" + glob));
        } catch (RedisException e) {
            values.failed(e);
            return OptionalLong.empty();
        }
    }

    private void refresh(Loading<K, V> loading, Request request) {
        loading.take(
                request,
                cache.refresh(request, () -> loading.apply(List.of(request)).getFirst()));
    }

    /** What is known is not asked for again. */
    private void goAround(Loading<K, V> loading, RedisException error) {
        if (loading.isOwn(error)) {
            throw error;
        }
        values.failed(error);
        int open = loading.open().size();
        if (open > 0) {
            bypass.run(values.name(), open, loading::loadOpen);
        }
    }

    private void requireSettled() {
        if (!cache.isSettled()) {
            throw new RedisException("what was to be removed is not yet");
        }
    }

    private int setAll(Map<K, @Nullable V> given) {
        var requests = new ArrayList<Request>();
        var contents = new ArrayList<Value>();
        given.forEach((key, value) -> {
            requests.add(values.request(key));
            contents.add(values.encode(key, value));
        });
        try {
            return (int) cache.setAll(requests, contents).stream()
                    .filter(stored -> stored)
                    .count();
        } catch (RedisException e) {
            values.failed(e);
            requests.forEach(request -> cache.removeSurely(List.of(), List.of(request.key())));
            return 0;
        }
    }

    private static <K, V> Map<K, V> one(K key, Function<? super K, ? extends @Nullable V> loader) {
        V value = loader.apply(key);
        return value == null ? Map.of() : Map.of(key, value);
    }
}
