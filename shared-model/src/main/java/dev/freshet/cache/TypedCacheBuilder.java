package dev.freshet.cache;

import dev.freshet.model.Tag;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/** Describes a {@link TypedCache}. What is not said is: five minutes, no tags, null refused. */
public final class TypedCacheBuilder<K, V> {
    private final TagCache cache;
    private final String name;
    private final Codec<V> codec;
    private Function<? super K, String> keyText = String::valueOf;
    private Function<? super K, ? extends Collection<Tag>> tags = key -> List.of();
    private Lifetime lifetime = new Lifetime(Ttl.MEDIUM.duration(), Duration.ZERO, Duration.ZERO);
    private Absent absent = Absent.REFUSED;
    private Predicate<? super V> isValid = value -> true;
    private int loads = 16;

    TypedCacheBuilder(TagCache cache, String name, Codec<V> codec) {
        if (!name.matches("[A-Za-z][A-Za-z0-9._-]{0,63}")) {
            throw new IllegalArgumentException(
                    "a cache's name must be up to 64 letters, digits, dots, - and _, was '" + name + "'");
        }
        this.cache = cache;
        this.name = name;
        this.codec = codec;
    }

    /** How a key is written; different keys differently. {@link String#valueOf} when not said. */
    public TypedCacheBuilder<K, V> key(Function<? super K, String> text) {
        keyText = text;
        return this;
    }

    /** What invalidates the value of a key. */
    public TypedCacheBuilder<K, V> tags(Function<? super K, ? extends Collection<Tag>> tags) {
        this.tags = tags;
        return this;
    }

    /** How long values serve, without grace. */
    public TypedCacheBuilder<K, V> ttl(Duration ttl) {
        return lifetime(lifetime.withTtl(ttl));
    }

    /** How long values serve. */
    public TypedCacheBuilder<K, V> lifetime(Lifetime lifetime) {
        this.lifetime = lifetime;
        return this;
    }

    /** What becomes of null. */
    public TypedCacheBuilder<K, V> absent(Absent absent) {
        this.absent = absent;
        return this;
    }

    /** Which values may be cached; the others are answered to whoever loaded them, and counted as errors. */
    public TypedCacheBuilder<K, V> validate(Predicate<? super V> isValid) {
        this.isValid = isValid;
        return this;
    }

    /** How many loads run at the same time in this process while Redis is away; 16 when not said. */
    public TypedCacheBuilder<K, V> loads(int loads) {
        this.loads = loads;
        return this;
    }

    public TypedCache<K, V> build() {
        var stats = cache.stats();
        var values = new Values<K, V>(name, codec, keyText, tags, lifetime, absent, isValid, stats);
        return new TypedCache<>(cache, values, new Bypass(loads, cache.options().patience(), stats));
    }
}
