package dev.freshet.cache.jdbi;

import dev.freshet.cache.TagCache;
import java.lang.reflect.Method;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jdbi.v3.core.config.JdbiConfig;
import org.jspecify.annotations.Nullable;

/** What the plugin leaves for the annotations, in a Jdbi's configuration. */
public final class CacheConfig implements JdbiConfig<CacheConfig> {
    private @Nullable TagCache cache;
    private OpenHandles handles = new OpenHandles();

    /** As Jdbi makes it, before a plugin fills it. */
    public CacheConfig() {}

    /** What reads the keys of a view that look alike; shared by all copies. */
    private ConcurrentMap<String, Method> readers = new ConcurrentHashMap<>();

    void use(TagCache cache, OpenHandles handles) {
        this.cache = cache;
        this.handles = handles;
    }

    TagCache cache(Method method) {
        if (cache == null) {
            throw new IllegalStateException(
                    Methods.name(method) + " uses the cache, but this Jdbi has none; install a CachePlugin with one");
        }
        return cache;
    }

    /** @throws IllegalArgumentException when another method's keys may be the same */
    void claim(Method method, String view, MethodTemplate key) {
        var other = readers.putIfAbsent(view + ":" + key.shape(), method);
        if (other != null && !other.equals(method)) {
            throw new IllegalArgumentException(Methods.name(method) + " and " + Methods.name(other)
                    + " must not have the same keys in view '" + view + "', or each is answered what the other read;"
                    + " name another view, or a key such as " + method.getName() + ":{id}");
        }
    }

    boolean inTransaction() {
        return handles.inTransaction();
    }

    @Override
    public CacheConfig createCopy() {
        var copy = new CacheConfig();
        copy.cache = cache;
        copy.handles = handles;
        copy.readers = readers;
        return copy;
    }
}
