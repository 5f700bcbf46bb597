package dev.freshet.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one session held with one process. When it ends, a thread makes the next one, with backoff; meanwhile callers fail
 * at once instead of waiting.
 */
final class Link implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Link.class);
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(50);
    private static final Duration LAST_BACKOFF = Duration.ofSeconds(1);

    private static final Duration BETWEEN_SENTINELS = Duration.ofSeconds(1);

    /** What its owner wants to know; called on the link's own thread. */
    interface Owner {
        /**
         * Looks at a session before anybody gets it.
         *
         * @throws RedisException when it is of no use
         */
        void accept(RedisSession session);

        /** Whether only a master may stand at the other end of this session. */
        boolean needsMaster(RedisSession session);

        /** The session is over. */
        void lost();
    }

    private final Connector connector;
    private final List<RedisURI> uris;
    private final Owner owner;
    private final CompletableFuture<Void> firstTry = new CompletableFuture<>();
    private final Thread thread;
    private volatile int next;
    private volatile @Nullable RedisSession session;
    /** Why the last try to connect failed, as the end of a message; empty when it did not. */
    private volatile String cause = "";

    private volatile boolean closed;

    /** @param uris of one process, or of several of which any will do */
    Link(Connector connector, List<RedisURI> uris, Owner owner) {
        this.connector = connector;
        this.uris = List.copyOf(uris);
        this.owner = owner;
        this.thread = Thread.ofVirtual().name("redis-" + connector.name()).unstarted(this::keepConnected);
    }

    Link start() {
        thread.start();
        return this;
    }

    /** Completed when the first try to connect has ended, well or not. */
    CompletableFuture<Void> firstTry() {
        return firstTry;
    }

    /** @throws RedisConnectionException when there is none */
    RedisSession session() {
        var current = session;
        if (current == null || !current.isOpen()) {
            throw new RedisConnectionException("redis " + connector.name() + " at " + address() + " is away" + cause);
        }
        return current;
    }

    /**
     * Opens a session beside the one that is held; it is the caller's.
     *
     * @throws RedisException when the process is away
     */
    RedisSession openAnother() {
        var unused = session(); // fails at once where nobody is
        try {
            return open(uris.get(next));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RedisException("interrupted while connecting to redis " + connector.name(), e);
        }
    }

    boolean isConnected() {
        var current = session;
        return current != null && current.isOpen();
    }

    String address() {
        return String.join(",", uris.stream().map(Connector::address).toList());
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    /** Waits until the session was given back. */
    void awaitClosed() {
        try {
            thread.join(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void keepConnected() {
        var backoff = FIRST_BACKOFF;
        while (!closed) {
            var uri = uris.get(next);
            try {
                var opened = open(uri);
                session = opened;
                connector.counted();
                cause = "";
                log.info(
                        "redis connected name={} address={} version={}",
                        connector.name(),
                        Connector.address(uri),
                        opened.info("redis_version"));
                backoff = FIRST_BACKOFF;
                firstTry.complete(null);
                awaitEnd(opened, uri);
                if (!closed) {
                    log.warn("redis lost name={} address={}", connector.name(), Connector.address(uri));
                    owner.lost();
                }
            } catch (InterruptedException e) {
                break;
            } catch (Error e) { // of a library that cannot be loaded: it must not look like a server that is away
                log.error("cannot connect to redis name={}", connector.name(), e);
                cause = ": " + e;
                backoff = sleep(backoff);
            } catch (RuntimeException e) {
                next = (next + 1) % uris.size();
                cause = ": " + AwayCause.of(e);
                boolean hasOthers = next != 0 && !firstTry.isDone();
                if (hasOthers) {
                    continue; // whoever waits for the first try waits for all of them
                }
                if (backoff.equals(FIRST_BACKOFF)) {
                    log.warn("redis away name={} address={} cause={}", connector.name(), address(), AwayCause.of(e));
                }
                backoff = sleep(backoff);
            }
            firstTry.complete(null);
        }
        firstTry.complete(null);
    }

    private RedisSession open(RedisURI uri) throws InterruptedException {
        var opened = connector.open(uri);
        try {
            if (!opened.isMaster() && owner.needsMaster(opened)) {
                throw new RedisException("it is a replica; name its master, its sentinels or its cluster");
            }
            owner.accept(opened);
            return opened;
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /**
     * Asks again and again whether somebody is there: when a host is gone without a word, the kernel would notice after a
     * quarter of an hour. One answer that is late may be the fault of a busy machine, two in a row are silence.
     */
    private void awaitEnd(RedisSession open, RedisURI uri) throws InterruptedException {
        boolean isWatched = !uri.getSentinels().isEmpty();
        boolean isShorter = isWatched && connector.timeout().compareTo(BETWEEN_SENTINELS) > 0;
        var pause = isShorter ? BETWEEN_SENTINELS : connector.timeout();
        try {
            int unanswered = 0;
            while (unanswered < 2 && !open.hasEndedWithin(pause)) {
                unanswered = isThere(open) ? 0 : unanswered + 1;
                if (isWatched && isDeposed(open, uri)) {
                    log.warn(
                            "redis is not the sentinels' master any more name={} address={}",
                            connector.name(),
                            address());
                    open.end();
                }
            }
        } finally {
            open.close();
        }
    }

    private boolean isThere(RedisSession open) {
        try {
            var now = ServerInfo.parse(connector.await(open.commands().info("replication")));
            if (owner.needsMaster(open) && !open.isStillMaster(now)) {
                log.warn("redis is another master or none any more name={} address={}", connector.name(), address());
                open.end();
            }
            return true;
        } catch (RedisException e) {
            return e instanceof RedisCommandExecutionException; // a refusal is an answer
        }
    }

    /** A master whose successor was chosen goes on for seconds as if nothing were, until its sentinels tell it. */
    private boolean isDeposed(RedisSession open, RedisURI uri) {
        try {
            return !connector.master(uri).equals(open.node());
        } catch (RedisException e) {
            return false; // nobody says so
        }
    }

    /** Sleeps between half of the backoff and the whole of it, and returns the next one. */
    private static Duration sleep(Duration backoff) {
        try {
            long longest = backoff.toMillis();
            TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        var doubled = backoff.multipliedBy(2);
        return doubled.compareTo(LAST_BACKOFF) > 0 ? LAST_BACKOFF : doubled;
    }
}
