package dev.freshet.cache.jdbi;

import dev.freshet.cache.TagCache;
import org.jdbi.v3.core.Handles;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.spi.JdbiPlugin;

/**
 * Says which cache the annotations of a {@link Jdbi} use. Install it beside the SqlObjectPlugin:
 *
 * <pre>{@code
 * jdbi.installPlugin(new SqlObjectPlugin()).installPlugin(new CachePlugin(cache));
 * }</pre>
 */
public final class CachePlugin implements JdbiPlugin {
    private final TagCache cache;

    public CachePlugin(TagCache cache) {
        this.cache = cache;
    }

    @Override
    public void customizeJdbi(Jdbi jdbi) {
        var transactions = new OpenHandles();
        jdbi.configure(CacheConfig.class, config -> config.use(cache, transactions));
        jdbi.configure(Handles.class, handles -> handles.addListener(transactions));
    }
}
