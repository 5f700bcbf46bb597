package dev.freshet.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One connection together with what the process at its other end said of itself. A session never reconnects: what is
 * read over it comes from the very process whose run id it names, and a restart of Redis ends it.
 */
public final class RedisSession implements AutoCloseable {
    private final StatefulRedisConnection<String, byte[]> connection;
    private final Node node;
    private final ServerInfo info;
    private final String runId;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile boolean closed;

    RedisSession(StatefulRedisConnection<String, byte[]> connection, Node node, ServerInfo info) {
        this.connection = connection;
        this.node = node;
        this.info = info;
        this.runId = info.reign();
        connection.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> channel) {
                ended.countDown();
            }
        });
        if (!connection.isOpen()) {
            ended.countDown();
        }
    }

    /** Commands are pipelined; a command in flight when the connection breaks fails, and may have been executed. */
    public RedisAsyncCommands<String, byte[]> commands() {
        return connection.async();
    }

    /**
     * Forty hexadecimal digits, new for each start of a Redis process and each time that it becomes a master: half of its
     * run id and half of its replication id.
     */
    public String runId() {
        return runId;
    }

    /** Whether other sessions with the same process know it by the same {@link #runId}; a proxy may keep it from them. */
    public boolean namesItself() {
        return info.namesItself();
    }

    /** A field of INFO as it stood when the session began; empty when the server does not say. */
    public String info(String field) {
        return info.get(field);
    }

    /** Where the process is, as it was connected to. */
    Node node() {
        return node;
    }

    boolean isCluster() {
        return info.isCluster();
    }

    boolean isMaster() {
        return info.isMaster();
    }

    /** Whether the process is still the master that it was when the session began. */
    boolean isStillMaster(ServerInfo now) {
        return now.isMaster() && now.replicationId().equals(info.replicationId());
    }

    /** Whether the connection still stands, as far as this side knows. */
    public boolean isOpen() {
        return connection.isOpen() && ended.getCount() > 0;
    }

    boolean hasEndedWithin(Duration time) throws InterruptedException {
        return ended.await(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    boolean isClosed() {
        return closed;
    }

    /** Ends it without waiting, from any thread. */
    void end() {
        ended.countDown();
        if (closing.compareAndSet(false, true)) {
            var unused = connection.closeAsync();
        }
    }

    /** To be called by whoever opened it, and harmless twice. */
    @Override
    public void close() {
        if (closing.compareAndSet(false, true)) {
            connection.close();
        }
        closed = true;
    }
}
