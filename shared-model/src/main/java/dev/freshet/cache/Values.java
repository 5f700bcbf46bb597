package dev.freshet.cache;

import dev.freshet.cache.Absent.CachedFor;
import dev.freshet.cache.Absent.NotCached;
import dev.freshet.cache.Absent.Refused;
import dev.freshet.cache.Cached.Outcome;
import dev.freshet.model.Tag;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What values of one kind are to the cache: how keys and values are written, what is not fit to be cached. An absent
 * value is written as no bytes at all, which no codec writes.
 */
record Values<K, V>(
        String name,
        Codec<V> codec,
        Function<? super K, String> keyText,
        Function<? super K, ? extends Collection<Tag>> tags,
        Lifetime lifetime,
        Absent absent,
        Predicate<? super V> isValid,
        CacheStats stats) {
    private static final Logger log = LoggerFactory.getLogger(TypedCache.class);
    private static final byte[] NOTHING = new byte[0];

    Request request(K key) {
        return new Request(name, name + ":" + keyText.apply(key), List.copyOf(tags.apply(key)), lifetime, name);
    }

    /** @throws IllegalStateException when there is no value and this cache does not allow that */
    Value encode(K key, @Nullable V value) {
        if (value == null) {
            return switch (absent) {
                case Refused() -> throw refusal(key);
                case NotCached() -> Value.notKept(NOTHING);
                case CachedFor(var ttl) -> Value.of(NOTHING, lifetime.withTtl(ttl));
            };
        }
        if (!isValid.test(value)) {
            stats.failed(name);
            log.warn("value not cached cache={} cause=it is not valid", name);
            return Value.notKept(NOTHING);
        }
        try {
            var content = codec.encode(value);
            if (content.length == 0) {
                throw new IllegalStateException("a codec must write at least one byte");
            }
            return Value.of(content, lifetime);
        } catch (RuntimeException e) {
            stats.failed(name);
            log.warn("value not cached cache={} cause={}", name, e.getMessage());
            return Value.notKept(NOTHING);
        }
    }

    void requireAllowed(K key, @Nullable V value) {
        if (value == null && absent instanceof Refused) {
            throw refusal(key);
        }
    }

    /** @throws RuntimeException when it cannot be understood */
    @Nullable V decode(Entry entry) {
        var content = entry.content();
        return content.length == 0 ? null : codec.decode(content);
    }

    /** @return empty also for what cannot be understood, which the next load replaces */
    Optional<V> decodeQuietly(Entry entry) {
        try {
            return Optional.ofNullable(decode(entry));
        } catch (RuntimeException e) {
            notUnderstood(e);
            return Optional.empty();
        }
    }

    /** Values of another version of a class are no error, but many of them would be. */
    void notUnderstood(RuntimeException error) {
        stats.failed(name);
        log.debug("value not understood cache={} cause={}", name, error.getMessage());
    }

    void failed(RuntimeException error) {
        stats.failed(name);
        log.debug("cache bypassed cache={} cause={}", name, error.getMessage());
    }

    void countLookUp(Optional<Entry> entry) {
        stats.read(
                name,
                entry.isPresent() ? Outcome.HIT : Outcome.MISS,
                entry.map(found -> found.payload().length).orElse(0));
    }

    private IllegalStateException refusal(K key) {
        return new IllegalStateException("the loader of cache " + name + " brought null for " + keyText.apply(key)
                + "; let it throw, or allow absent values when the cache is built");
    }
}
