package dev.freshet.cache.jdbi;

import dev.freshet.cache.TagCache;
import java.lang.reflect.Method;
import org.jdbi.v3.core.config.JdbiConfig;
import org.jspecify.annotations.Nullable;

/** What the plugin leaves for the annotations, in a Jdbi's configuration. */
public final class CacheConfig implements JdbiConfig<CacheConfig> {
    private @Nullable TagCache cache;
    private OpenHandles handles = new OpenHandles();

    /** As Jdbi makes it, before a plugin fills it. */
    public CacheConfig() {}

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

    boolean inTransaction() {
        return handles.inTransaction();
    }

    @Override
    public CacheConfig createCopy() {
        var copy = new CacheConfig();
        copy.cache = cache;
        copy.handles = handles;
        return copy;
    }
}
