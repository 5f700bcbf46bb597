package dev.freshet.ingest;

import dev.freshet.queue.QueuePolicy;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import dev.freshet.settings.SettingException;
import java.util.Set;

/**
 * Keeps deliveries out of a Redis that may evict them. Looks once at each new session, on a cluster with every master,
 * since a server may be away at the start, or another one after a failover.
 */
final class QueueGuard {
    private final RedisServer server;
    private volatile Set<RedisSession> checked = Set.of();

    QueueGuard(RedisServer server) {
        this.server = server;
    }

    /**
     * Looks at those that are there; to the others nothing can be sent.
     *
     * @throws SettingException when one may evict keys
     */
    void check() {
        var sessions = Set.copyOf(server.openSessions());
        if (!checked.equals(sessions)) {
            sessions.forEach(QueuePolicy::check);
            checked = sessions;
        }
    }
}
