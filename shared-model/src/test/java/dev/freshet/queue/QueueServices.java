package dev.freshet.queue;

import dev.freshet.redis.RedisServer;
import dev.freshet.redis.ScriptRunner;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The connections of one test class: for calls, and for looking on. Registered, it closes after the class. */
final class QueueServices implements AfterAllCallback, AutoCloseable {
    final RedisServer server;
    final StatefulRedisConnection<String, byte[]> eyes;
    private final RedisClient client;

    QueueServices() {
        this(TestServices.shared().queueUrl());
    }

    /** @param url where calls go; the look goes straight to the shared server */
    QueueServices(URI url) {
        this(url, TestServices.shared().redisAdminUrl());
    }

    private QueueServices(URI url, URI looked) {
        server = new RedisServer("queue", url, Duration.ofSeconds(5));
        client = RedisClient.create(RedisURI.create(looked));
        eyes = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
    }

    /** On a server of the test's own. */
    static QueueServices alone(URI url) {
        return new QueueServices(url, url);
    }

    TestQueue newQueue() {
        return newQueue(options());
    }

    TestQueue newQueue(QueueOptions options) {
        return newQueue(options, new ScriptRunner(server));
    }

    TestQueue newQueue(QueueOptions options, ScriptRunner runner) {
        return new TestQueue(server, eyes, options, runner);
    }

    static QueueOptions options() {
        return QueueOptions.defaults(TestServices.shared().newPrefix());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close();
    }

    @Override
    public void close() {
        server.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    }
}
