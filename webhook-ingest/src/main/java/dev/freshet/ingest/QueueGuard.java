package dev.freshet.ingest;

import dev.freshet.queue.QueuePolicy;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import dev.freshet.settings.SettingException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps deliveries out of a Redis that may evict them. Looks once at each new session, since the server may be away at
 * the start, or another one after a failover.
 */
final class QueueGuard {
    private final RedisServer server;
    private volatile @Nullable RedisSession checked;

    QueueGuard(RedisServer server) {
        this.server = server;
    }

    /**
     * @throws SettingException when the queue's server may evict keys
     * @throws io.lettuce.core.RedisConnectionException when it is away
     */
    @SuppressWarnings("ReferenceEquality") // the same session, not an equal one
    void check() {
        var session = server.session();
        if (session != checked) {
            QueuePolicy.check(session);
            checked = session;
        }
    }
}
