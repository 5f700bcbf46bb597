package dev.freshet.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Redis server and the one session held with it. When the session ends, a thread makes the next one, with backoff;
 * meanwhile callers fail at once instead of waiting. Lettuce's own reconnect is off: it would send commands again to a
 * process that may no longer be the one they were meant for.
 */
public final class RedisServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RedisServer.class);
    private static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(50);
    private static final Duration LAST_BACKOFF = Duration.ofSeconds(1);
    private static final int MAX_COMMANDS_IN_FLIGHT = 65_536;
    /** Answers of a server that is there but cannot serve: being loaded, demoted, full, or part of a broken cluster. */
    private static final List<String> NOT_SERVING =
            List.of("LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "OOM", "NOREPLICAS", "MISCONF");

    private final String name;
    private final RedisURI uri;
    private final Duration timeout;
    private final ClientResources resources;
    private final RedisClient client;
    private final CountDownLatch firstTry = new CountDownLatch(1);
    private final Thread connector;
    private volatile @Nullable RedisSession session;
    /** Why the last try to connect failed, as the end of a message; empty when it did not. */
    private volatile String cause = "";

    private volatile boolean closed;

    /**
     * Connects in the background and returns after the first try ended, well or not.
     *
     * @param name how log lines and errors call this server, such as {@code queue}
     * @param url {@code redis://} or {@code rediss://} with optional user, password and database number
     * @param timeout for connecting and for each command
     */
    public RedisServer(String name, URI url, Duration timeout) {
        this.name = name;
        this.uri = RedisURI.create(url);
        this.timeout = timeout;
        this.uri.setTimeout(timeout);
        this.resources = DefaultClientResources.builder()
                .ioThreadPoolSize(2)
                .computationThreadPoolSize(2)
                .build();
        this.client = RedisClient.create(resources, uri);
        this.client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .requestQueueSize(MAX_COMMANDS_IN_FLIGHT)
                .socketOptions(SocketOptions.builder().connectTimeout(timeout).build())
                .timeoutOptions(TimeoutOptions.enabled(timeout))
                .build());
        this.connector = Thread.ofVirtual().name("redis-" + name).start(this::keepConnected);
        awaitFirstTry();
    }

    /**
     * The session that is open now.
     *
     * @throws RedisConnectionException when there is none
     */
    public RedisSession session() {
        var current = session;
        if (current == null || !current.isOpen()) {
            throw new RedisConnectionException("redis " + name + " at " + address() + " is away" + cause);
        }
        return current;
    }

    /**
     * The open session with the process that holds a key.
     *
     * @throws RedisConnectionException when there is none
     */
    public RedisSession session(String key) {
        return session();
    }

    /** The open sessions with all processes that hold keys. */
    public List<RedisSession> sessions() {
        return List.of(session());
    }

    /**
     * Runs a call over the session of a key. Whatever the call learns of a session, it must learn of the one it is given.
     *
     * @return what the call returns; fails with {@link RedisException} when the key's process is away
     */
    public <T> CompletionStage<T> send(String key, Function<RedisSession, CompletionStage<T>> call) {
        try {
            return call.apply(session(key));
        } catch (RedisException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    /**
     * Opens a session of the caller's own with the process that holds a key: for commands that block, which would hold up
     * all others. It ends when the caller closes it, and with this server.
     *
     * @throws RedisException when the process is away
     */
    public RedisSession openFor(String key) {
        var unused = session(key); // fails at once where nobody is
        try {
            return open();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RedisException("interrupted while connecting to redis " + name, e);
        }
    }

    /** Removes keys that share one hash tag. */
    public CompletionStage<Long> unlink(List<String> keys) {
        return send(keys.getFirst(), session -> session.commands().unlink(keys.toArray(String[]::new)));
    }

    public boolean isConnected() {
        var current = session;
        return current != null && current.isOpen();
    }

    /** Host and port, without user and password. */
    public String address() {
        return uri.getHost() + ":" + uri.getPort();
    }

    /** The deadline of each command. */
    public Duration timeout() {
        return timeout;
    }

    /** The time of one round trip. Throws what {@link #await} throws. */
    public Duration ping() {
        long start = System.nanoTime();
        await(session().commands().ping());
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /**
     * Waits for the answer of a command, at most a little longer than its own deadline.
     *
     * @throws RedisException what the command failed with, or when no answer came
     */
    public <T> T await(CompletionStage<T> answer) {
        try {
            return answer.toCompletableFuture().get(timeout.toMillis() + 1_000, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RedisException cause
                    ? cause
                    : new RedisException("redis " + name + " failed", e.getCause());
        } catch (TimeoutException e) {
            throw new RedisException("redis " + name + " at " + address() + " did not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RedisException("interrupted while waiting for redis " + name, e);
        }
    }

    /**
     * Whether an error means that Redis itself is away or cannot serve for now, so that the same call may succeed later;
     * false for a refusal that would come again, such as a wrong type or a wrong command.
     */
    public static boolean isOutage(Throwable error) {
        var cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof RedisCommandExecutionException refusal) {
            var message = String.valueOf(refusal.getMessage());
            return NOT_SERVING.stream().anyMatch(message::contains);
        }
        return cause instanceof RedisException;
    }

    @Override
    public void close() {
        closed = true;
        connector.interrupt();
        try {
            connector.join(Duration.ofSeconds(2)); // it gives the session back
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3_000);
    }

    private void keepConnected() {
        var backoff = FIRST_BACKOFF;
        while (!closed) {
            try {
                var next = open();
                session = next;
                cause = "";
                log.info("redis connected name={} address={} version={}", name, address(), next.info("redis_version"));
                backoff = FIRST_BACKOFF;
                firstTry.countDown();
                awaitEnd(next);
                if (!closed) {
                    log.warn("redis lost name={} address={}", name, address());
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                cause = ": " + rootMessage(e);
                if (backoff.equals(FIRST_BACKOFF)) {
                    log.warn("redis away name={} address={} cause={}", name, address(), rootMessage(e));
                }
                backoff = sleep(backoff);
            }
            firstTry.countDown();
        }
    }

    /**
     * Asks again and again whether somebody is there: when a host is gone without a word, the kernel would notice after a
     * quarter of an hour. One answer that is late may be the fault of a busy machine, two in a row are silence.
     */
    private void awaitEnd(RedisSession open) throws InterruptedException {
        try {
            int unanswered = 0;
            while (unanswered < 2 && !open.hasEndedWithin(timeout)) {
                unanswered = isThere(open) ? 0 : unanswered + 1;
            }
        } finally {
            open.close();
        }
    }

    private boolean isThere(RedisSession open) {
        try {
            await(open.commands().ping());
            return true;
        } catch (RedisException e) {
            return e instanceof RedisCommandExecutionException; // a refusal is an answer
        }
    }

    private RedisSession open() throws InterruptedException {
        var connecting = client.connectAsync(CODEC, uri).toCompletableFuture();
        try {
            var connection = connecting.get(timeout.toMillis() + 1_000, TimeUnit.MILLISECONDS);
            var info = parseInfo(await(connection.async().info()));
            if (info.getOrDefault("loading", "0").equals("1")) {
                throw new RedisException("LOADING redis is loading its data");
            }
            if (info.get("run_id") == null) {
                log.warn("redis names no run id name={} effect=each process uses only what it cached itself", name);
                info.put("run_id", UUID.randomUUID().toString());
            }
            return new RedisSession(connection, info);
        } catch (ExecutionException | TimeoutException | RedisException e) {
            var unused = connecting.thenCompose(StatefulRedisConnection::closeAsync); // also one that comes too late
            throw new RedisException("cannot connect to redis " + name + " at " + address(), e);
        }
    }

    private static Map<String, String> parseInfo(String text) {
        var fields = new HashMap<String, String>();
        text.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0 && line.charAt(0) != '#') {
                fields.put(line.substring(0, colon), line.substring(colon + 1));
            }
        });
        return fields;
    }

    /** Sleeps between half of the backoff and the whole of it, and returns the next one. */
    private Duration sleep(Duration backoff) {
        try {
            Thread.sleep(ThreadLocalRandom.current().nextLong(backoff.toMillis() / 2, backoff.toMillis() + 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        var next = backoff.multipliedBy(2);
        return next.compareTo(LAST_BACKOFF) > 0 ? LAST_BACKOFF : next;
    }

    private void awaitFirstTry() {
        try {
            if (!firstTry.await(timeout.toMillis() + 1_000, TimeUnit.MILLISECONDS)) {
                log.warn("redis away name={} address={} cause=no answer yet", name, address());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String rootMessage(Throwable error) {
        var root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
