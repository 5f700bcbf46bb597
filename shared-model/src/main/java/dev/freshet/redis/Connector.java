package dev.freshet.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.DefaultClientResources;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the sessions of one {@link RedisServer}, all on the same few threads. Lettuce's own reconnect is off: it would
 * send commands again to a process that may no longer be the one they were meant for.
 */
final class Connector implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Connector.class);
    private static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);
    private static final int MAX_COMMANDS_IN_FLIGHT = 65_536;

    static { // events of each connection and buffer, for which every start would load the recorder of the JVM
        System.getProperties().putIfAbsent("io.lettuce.core.jfr", "false");
        System.getProperties().putIfAbsent("io.netty.jfr.enabled", "false");
    }

    private final String name;
    private final Duration timeout;
    private final AtomicLong sessionsOpened = new AtomicLong();
    private @Nullable RedisClient client;
    private boolean isClosed;

    Connector(String name, Duration timeout) {
        this.name = name;
        this.timeout = timeout;
    }

    /** Made by the first who connects: loading Lettuce takes long, and whoever starts has other things to do. */
    private synchronized RedisClient client() {
        if (isClosed) {
            throw new RedisException("redis " + name + " was closed");
        }
        if (client == null) {
            client = new AsyncClient(DefaultClientResources.builder()
                    .ioThreadPoolSize(2)
                    .computationThreadPoolSize(2)
                    .build());
            client.setOptions(ClientOptions.builder()
                    .autoReconnect(false)
                    .requestQueueSize(MAX_COMMANDS_IN_FLIGHT)
                    .socketOptions(
                            SocketOptions.builder().connectTimeout(timeout).build())
                    .timeoutOptions(TimeoutOptions.enabled(timeout))
                    .build());
        }
        return client;
    }

    /** How log lines and errors call the server. */
    String name() {
        return name;
    }

    Duration timeout() {
        return timeout;
    }

    /** A session is ready for whoever asks for one. */
    void counted() {
        sessionsOpened.incrementAndGet();
    }

    long sessionsOpened() {
        return sessionsOpened.get();
    }

    /**
     * Connects and asks who is there. Sentinels are asked each time who the master is.
     *
     * @throws RedisException when nobody is there in time, or one that does not serve yet
     */
    RedisSession open(RedisURI uri) throws InterruptedException {
        var process = uri.getSentinels().isEmpty() ? uri : master(uri).uri(dataNode(uri));
        var connecting = client().connectAsync(CODEC, process).toCompletableFuture();
        boolean isGood = false;
        try {
            var connection = connecting.get(timeout.toMillis() + 1_000, TimeUnit.MILLISECONDS);
            var info = ServerInfo.parse(await(connection.async().info()));
            if (info.isLoading()) {
                throw new RedisException("LOADING redis is loading its data");
            }
            if (!info.namesItself()) {
                log.warn("redis names no run id name={} effect=each process uses only what it cached itself", name);
            }
            isGood = true;
            return new RedisSession(connection, new Node(process.getHost(), process.getPort()), info);
        } catch (ExecutionException | TimeoutException | RedisException e) {
            throw new RedisException("cannot connect to redis " + name + " at " + address(uri), e);
        } finally {
            if (!isGood) {
                var unused =
                        connecting.thenCompose(StatefulRedisConnection::closeAsync); // also one that comes too late
            }
        }
    }

    /**
     * Asks one sentinel after the other for the master.
     *
     * @throws RedisException when none answers, or the one that does knows no such master
     */
    Node master(RedisURI uri) {
        var connecting = client().connectSentinelAsync(StringCodec.UTF8, uri);
        try {
            var address = await(connecting.thenCompose(
                    sentinel -> sentinel.async().getMasterAddrByName(uri.getSentinelMasterId())));
            if (address instanceof InetSocketAddress master) {
                return new Node(master.getHostString(), master.getPort());
            }
            throw new RedisException("the sentinels know no master called " + uri.getSentinelMasterId());
        } finally {
            var unused = connecting.thenCompose(StatefulConnection::closeAsync);
        }
    }

    /** What the URL says of users, TLS and database, without its sentinels. */
    private static RedisURI dataNode(RedisURI uri) {
        return RedisURI.builder()
                .withHost("master")
                .withAuthentication(uri)
                .withSsl(uri)
                .withDatabase(uri.getDatabase())
                .withTimeout(uri.getTimeout())
                .build();
    }

    /**
     * Waits for the answer of a command, at most a little longer than its own deadline.
     *
     * @throws RedisException what the command failed with, or when no answer came
     */
    <T> T await(CompletionStage<T> answer) {
        return await(answer, timeout.plusSeconds(1));
    }

    <T> T await(CompletionStage<T> answer, Duration longest) {
        try {
            return answer.toCompletableFuture().get(longest.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RedisException cause
                    ? cause
                    : new RedisException("redis " + name + " failed", e.getCause());
        } catch (TimeoutException e) {
            throw new RedisException("redis " + name + " did not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RedisException("interrupted while waiting for redis " + name, e);
        }
    }

    /** Host and port, or the master's name and its sentinels; never user and password. */
    static String address(RedisURI uri) {
        if (uri.getSentinels().isEmpty()) {
            return uri.getHost() + ":" + uri.getPort();
        }
        var sentinels = uri.getSentinels().stream().map(Connector::address).toList();
        return uri.getSentinelMasterId() + " of sentinels " + String.join(",", sentinels);
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        if (client != null) {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
            client.getResources().shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3_000);
        }
    }
}
