package dev.freshet.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One connection together with what the process at its other end said of itself. A session never reconnects: what is
 * read over it comes from the very process whose run id it names, and a restart of Redis ends it.
 */
public final class RedisSession implements AutoCloseable {
    private final StatefulRedisConnection<String, byte[]> connection;
    private final Map<String, String> info;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean closed;

    RedisSession(StatefulRedisConnection<String, byte[]> connection, Map<String, String> info) {
        this.connection = connection;
        this.info = Map.copyOf(info);
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

    /** Forty hexadecimal digits, new for each start of a Redis process. */
    public String runId() {
        return info("run_id");
    }

    /** A field of INFO as it stood when the session began; empty when the server does not say. */
    public String info(String field) {
        return info.getOrDefault(field, "");
    }

    /** Whether the connection still stands, as far as this side knows. */
    public boolean isOpen() {
        return connection.isOpen();
    }

    boolean hasEndedWithin(Duration time) throws InterruptedException {
        return ended.await(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    boolean isClosed() {
        return closed;
    }

    /** To be called by whoever opened it, and harmless twice. */
    @Override
    public void close() {
        connection.close();
        closed = true;
    }
}
