package dev.freshet.redis;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import io.lettuce.core.cluster.SlotHash;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Redis: one server, one master behind sentinels, or a cluster of masters; and the one session held with each process
 * that holds keys. Which of them it is, a URL of one host leaves to the server to say.
 */
public final class RedisServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RedisServer.class);
    /** Answers of a server that is there but cannot serve: being loaded, demoted, full, or part of a broken cluster. */
    private static final List<String> NOT_SERVING =
            List.of("LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "OOM", "NOREPLICAS", "MISCONF");

    private final List<RedisURI> seeds;
    private final Connector connector;
    /** With the server; on a cluster with any node, to ask for the masters. */
    private final Link home;

    private volatile @Nullable Topology cluster;

    /**
     * Connects in the background and returns after the first try ended, well or not. Takes what {@link #connecting} takes.
     */
    public RedisServer(String name, URI url, Duration timeout) {
        this(name, seeds(url), timeout);
        awaitFirstTry();
    }

    /**
     * Connects in the background and returns at once, for whoever has other things to do until {@link #awaitFirstTry}.
     *
     * @param name how log lines and errors call this server, such as {@code queue}
     * @param url {@code redis://} or {@code rediss://} with optional user, password and database number; with several
     *     {@code host:port} after commas for a cluster; or {@code redis-sentinel://} with the hosts of the sentinels and
     *     the master's name as fragment
     * @param timeout for connecting and for each command
     */
    public static RedisServer connecting(String name, URI url, Duration timeout) {
        return new RedisServer(name, seeds(url), timeout);
    }

    private RedisServer(String name, List<RedisURI> seeds, Duration timeout) {
        this.seeds = seeds;
        this.seeds.forEach(seed -> {
            seed.setTimeout(timeout);
            // else Lettuce tells its name by CLIENT SETINFO, which would need a right and adds to the ACL's log
            seed.setLibraryName("");
            seed.setLibraryVersion("");
        });
        this.connector = new Connector(name, timeout);
        this.home = new Link(connector, seeds, new Home());
        home.start();
    }

    /** Returns once the first try to connect has ended, well or not. */
    public void awaitFirstTry() {
        try {
            home.firstTry()
                    .thenCompose(tried -> {
                        var masters = cluster;
                        return masters == null ? CompletableFuture.completedFuture(null) : masters.firstTry();
                    })
                    .get(timeout().toMillis() + 1_000, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            log.warn("redis away name={} address={} cause=no answer yet", connector.name(), address());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Any session that is open now; on a single server the only one.
     *
     * @throws RedisConnectionException when there is none
     */
    public RedisSession session() {
        var masters = cluster;
        if (masters == null) {
            return home.session();
        }
        var all = masters.links();
        return all.stream()
                .filter(Link::isConnected)
                .findFirst()
                .orElse(all.iterator().next())
                .session();
    }

    /**
     * The open session with the process that holds a key.
     *
     * @throws RedisConnectionException when there is none
     */
    public RedisSession session(String key) {
        return link(key).session();
    }

    /**
     * The open sessions with all processes that hold keys.
     *
     * @throws RedisConnectionException when one is away
     */
    public List<RedisSession> sessions() {
        return links().stream().map(Link::session).toList();
    }

    /**
     * As {@link #sessions}, but asks a cluster first who its masters are now. For what no node refuses when it is not the
     * one to ask, as SCAN; what goes by a key's name is sent on by {@link #send}.
     */
    public Set<RedisSession> sessionsNow() {
        var masters = cluster;
        if (masters != null) {
            masters.refresh();
        }
        return Set.copyOf(sessions());
    }

    /** As {@link #sessions}, without those that are away. */
    public List<RedisSession> openSessions() {
        return links().stream().filter(Link::isConnected).map(Link::session).toList();
    }

    /** Whether the keys lie on several processes; false also while no server was seen yet. */
    public boolean isCluster() {
        return cluster != null;
    }

    /**
     * How many processes hold keys; 1 for a single server.
     *
     * @throws RedisConnectionException when that is not known yet, because no server was seen
     */
    public int masters() {
        if (cluster == null) {
            home.session();
        }
        return links().size();
    }

    /**
     * Runs a call over the session of a key; on a cluster again with the node that the first one names, when the key has
     * moved. Whatever the call learns of a session, it must learn of the one it is given.
     *
     * @return what the call returns; fails with {@link RedisException} when the key's process is away, also while the
     *     key's slot is on its way to another one
     */
    public <T> CompletionStage<T> send(String key, Function<RedisSession, CompletionStage<T>> call) {
        return new Errand<>(this, key, call).run();
    }

    /**
     * Opens a session of the caller's own with the process that holds a key: for commands that block, which would hold up
     * all others. It ends when the caller closes it, and with this server.
     *
     * @throws RedisException when the process is away
     */
    public RedisSession openFor(String key) {
        return link(key).openAnother();
    }

    /**
     * Removes keys that share one hash tag, also while their slot is on its way from one node to another.
     *
     * @return how many there were
     */
    public CompletionStage<Long> unlink(List<String> keys) {
        return new Unlink(this, keys).run();
    }

    /** Whether there are sessions with all processes that hold keys. */
    public boolean isConnected() {
        var all = links();
        return !all.isEmpty() && all.stream().allMatch(Link::isConnected);
    }

    /** Whether there is a session with the process that holds a key. */
    boolean isConnected(String key) {
        try {
            return link(key).isConnected();
        } catch (RedisException e) {
            return false;
        }
    }

    /** How many sessions there were so far, so that a caller can tell cheaply that there is a new one. */
    public long sessionsOpened() {
        return connector.sessionsOpened();
    }

    /** Host and port, or those of all seeds, or a master's name and its sentinels; without user and password. */
    public String address() {
        return home.address();
    }

    /** The deadline of each command. */
    public Duration timeout() {
        return connector.timeout();
    }

    /** The time of one round trip, to all processes at once. Throws what {@link #await} throws. */
    public Duration ping() {
        long start = System.nanoTime();
        var answers = new ArrayList<CompletionStage<String>>();
        sessions().forEach(session -> answers.add(session.commands().ping()));
        answers.forEach(this::await);
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /**
     * Waits for the answer of a command, at most a little longer than its own deadline.
     *
     * @throws RedisException what the command failed with, or when no answer came
     */
    public <T> T await(CompletionStage<T> answer) {
        return connector.await(answer);
    }

    /**
     * Whether an error means that Redis itself is away or cannot serve for now, so that the same call may succeed later;
     * false for a refusal that would come again, such as a wrong type or a wrong command.
     */
    public static boolean isOutage(Throwable error) {
        var refusal = Redirect.refusal(error);
        if (refusal != null) {
            return Redirect.of(error, "").isPresent() || NOT_SERVING.stream().anyMatch(refusal::contains);
        }
        boolean isWrapped = error instanceof CompletionException && error.getCause() instanceof RedisException;
        return isWrapped || error instanceof RedisException;
    }

    @Override
    public void close() {
        home.close();
        home.awaitClosed();
        var masters = cluster;
        if (masters != null) {
            masters.close();
        }
        connector.close();
    }

    Connector connector() {
        return connector;
    }

    /** The address of a node, with what the URL says of users and TLS. */
    RedisURI uri(Node node) {
        return node.uri(seeds.getFirst());
    }

    /** Learns who holds a slot now. Completed when that node was tried; at once on a single server. */
    CompletionStage<Void> moved(Redirect redirect) {
        var masters = cluster;
        return masters == null
                ? CompletableFuture.completedFuture(null)
                : masters.moved(redirect.slot(), redirect.node());
    }

    private Link link(String key) {
        var masters = cluster;
        return masters == null ? home : masters.of(SlotHash.getSlot(key));
    }

    private List<Link> links() {
        var masters = cluster;
        return masters == null ? List.of(home) : List.copyOf(masters.links());
    }

    /** {@code java.net.URI} finds no host where there are several. */
    private static List<RedisURI> seeds(URI url) {
        boolean isOne = url.getHost() != null || String.valueOf(url.getScheme()).endsWith("sentinel");
        return isOne ? List.of(RedisURI.create(url)) : RedisClusterURIUtil.toRedisURIs(url);
    }

    private final class Home implements Link.Owner {
        @Override
        public void accept(RedisSession session) {
            if (session.isCluster()) {
                if (cluster == null) {
                    cluster = new Topology(connector, seeds.getFirst(), home, session);
                }
            } else if (seeds.size() > 1) {
                throw new RedisException("it is no part of a Redis Cluster, though the URL names several hosts");
            }
        }

        @Override
        public boolean needsMaster(RedisSession session) {
            return !session.isCluster();
        }

        @Override
        public void lost() {
            var masters = cluster;
            if (masters != null) {
                masters.refreshSoon();
            }
        }
    }
}
