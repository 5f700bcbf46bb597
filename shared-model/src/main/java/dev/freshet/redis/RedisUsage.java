package dev.freshet.redis;

import java.util.List;

/**
 * How one Redis process fares, of all that it is used for, since it started. What a server does not say is 0.
 *
 * @param version empty when it does not say
 * @param keys in the database that is used
 * @param usedBytes of memory
 * @param maxBytes of memory; 0 for no limit
 * @param evictionPolicy what it throws away at the limit, such as {@code allkeys-lru}; empty when it does not say
 * @param evicted keys that it threw away for lack of memory
 * @param expired keys whose time was over
 * @param hits of commands that looked a key up
 * @param misses of the same
 */
public record RedisUsage(
        String version,
        long keys,
        long usedBytes,
        long maxBytes,
        String evictionPolicy,
        long evicted,
        long expired,
        long hits,
        long misses,
        long clients,
        long commandsPerSecond) {

    /**
     * Asks all processes that hold keys.
     *
     * @throws io.lettuce.core.RedisException when one is away
     */
    public static List<RedisUsage> of(RedisServer server) {
        var answers = server.sessions().stream()
                .map(session -> session.commands()
                        .info()
                        .thenCombine(session.commands().dbsize(), (info, keys) -> of(ServerInfo.parse(info), keys)))
                .toList();
        return answers.stream().map(server::await).toList();
    }

    /** The part of the lookups that found a key, 0 to 1; 0 when there was none. */
    public double hitRate() {
        return hits + misses == 0 ? 0 : (double) hits / (hits + misses);
    }

    private static RedisUsage of(ServerInfo info, long keys) {
        return new RedisUsage(
                info.get("redis_version"),
                keys,
                number(info, "used_memory"),
                number(info, "maxmemory"),
                info.get("maxmemory_policy"),
                number(info, "evicted_keys"),
                number(info, "expired_keys"),
                number(info, "keyspace_hits"),
                number(info, "keyspace_misses"),
                number(info, "connected_clients"),
                number(info, "instantaneous_ops_per_sec"));
    }

    private static long number(ServerInfo info, String field) {
        var text = info.get(field);
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }
}
