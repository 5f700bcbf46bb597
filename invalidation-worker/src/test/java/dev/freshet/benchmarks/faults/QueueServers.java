package dev.freshet.benchmarks.faults;

import dev.freshet.testing.RedisProcess;
import java.time.Duration;
import java.util.List;

/** The queue's Redis and its replica; which of the two is the master may change. */
final class QueueServers implements AutoCloseable {
    private static final Duration SYNC = Duration.ofMinutes(2);

    private final String password;
    private RedisProcess master;
    private RedisProcess replica;

    QueueServers(String password) {
        this.password = password;
        master = RedisProcess.server(RedisProcess.freePort(), settings()).ready();
        replica = RedisProcess.server(RedisProcess.freePort(), settings()).ready();
        follow();
    }

    private List<String> settings() {
        return List.of(
                "requirepass " + password,
                "masterauth " + password,
                "appendonly yes",
                "appendfsync everysec",
                "save \"\"",
                "repl-diskless-sync yes",
                "repl-diskless-sync-delay 0",
                "maxmemory-policy noeviction");
    }

    synchronized int master() {
        return master.port();
    }

    synchronized RedisProcess process() {
        return master;
    }

    /** Waits until the replica has all that the master has, but for the last moment. */
    synchronized void awaitReplica() {
        try (var client = RedisClient.connect(replica.port(), password)) {
            Wait.until(SYNC, () -> client.call("INFO", "replication").contains("master_link_status:up"));
        }
    }

    /** The replica becomes a master at once. The old master does not know it yet. */
    synchronized void promote() {
        try (var client = RedisClient.connect(replica.port(), password)) {
            client.call("REPLICAOF", "NO", "ONE");
        }
    }

    /** The old master follows the new one, and refuses what is written to it. */
    synchronized void demote() {
        var old = master;
        master = replica;
        replica = old;
        follow();
    }

    private void follow() {
        try (var client = RedisClient.connect(replica.port(), password)) {
            client.call("REPLICAOF", "127.0.0.1", String.valueOf(master.port()));
        }
    }

    @Override
    public void close() {
        master.close();
        replica.close();
    }
}
