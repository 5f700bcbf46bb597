package dev.freshet.queue;

import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import dev.freshet.settings.SettingException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether a Redis server may hold a queue: one that evicts keys would lose accepted jobs without a word. */
public final class QueuePolicy {
    private static final Logger log = LoggerFactory.getLogger(QueuePolicy.class);

    private QueuePolicy() {}

    /**
     * Looks at every master of a cluster.
     *
     * @throws SettingException when one may evict any key
     * @throws io.lettuce.core.RedisException when one is away
     */
    public static void check(RedisServer server) {
        server.sessions().forEach(QueuePolicy::check);
    }

    /**
     * Warns when the server keeps no append-only file. What a server does not say is taken as fine.
     *
     * @throws SettingException when the server may evict any key
     */
    public static void check(RedisSession session) {
        check(session.info("maxmemory_policy"), session.info("aof_enabled"));
    }

    static void check(String policy, String appendOnly) {
        if (policy.startsWith("allkeys-")) {
            throw new SettingException("REDIS_QUEUE_URL must name a Redis that never evicts jobs, but its"
                    + " maxmemory-policy is " + policy + ": either set maxmemory-policy to noeviction or volatile-lru"
                    + " there, or point REDIS_QUEUE_URL to a second Redis with noeviction and leave this one to"
                    + " REDIS_CACHE_URL");
        }
        if (appendOnly.equals("0")) {
            log.warn("queue not durable cause=redis keeps no append-only file remedy=set appendonly to yes");
        }
    }
}
