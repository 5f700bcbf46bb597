package dev.freshet.redis;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The masters of a Redis Cluster, a link with each, and which slot is whose. It only has to be right most of the time: a
 * node refuses what is not its own and names who to ask, so that a wrong table costs a round trip and no correctness.
 *
 * <p>That an invalidation holds also when slots move or masters change rests on the run id in each cached entry, which
 * is that of the master that stored it. An entry that came to another master, by a migration or because a replica was
 * promoted, is dead there; and who answers is known, since a session ends with the reign of its master.
 */
final class Topology implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Topology.class);
    private static final Duration WHILE_WHOLE = Duration.ofSeconds(5);
    private static final Duration WHILE_BROKEN = Duration.ofMillis(250);
    private static final Duration LEAST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_LOOK = Duration.ofSeconds(1);

    private final Connector connector;
    private final RedisURI seed;
    private final Link guide;
    private final AtomicReferenceArray<Link> bySlot = new AtomicReferenceArray<>(SlotHash.SLOT_COUNT);
    private final Semaphore wanted = new Semaphore(0);
    private final Thread refresher;
    private volatile Map<Node, Link> links = Map.of();
    private volatile boolean closed;

    /**
     * Asks for the masters and begins to connect with them.
     *
     * @param guide a link with any node, that can be asked also when all masters are away
     * @param first that link's session
     * @throws RedisException when the node does not say who the masters are
     */
    Topology(Connector connector, RedisURI seed, Link guide, RedisSession first) {
        this.connector = connector;
        this.seed = seed;
        this.guide = guide;
        adopt(connector.await(lookThrough(first), LONGEST_LOOK));
        this.refresher = Thread.ofVirtual()
                .name("redis-" + connector.name() + "-topology")
                .start(this::keepFresh);
    }

    /**
     * The link with the master of a slot.
     *
     * @throws RedisConnectionException when none is known
     */
    Link of(int slot) {
        var link = bySlot.get(slot);
        if (link == null) {
            throw new RedisConnectionException("redis " + connector.name() + " at " + guide.address()
                    + " is away: no master is known for slot " + slot);
        }
        return link;
    }

    /** One with each master that holds slots. */
    Collection<Link> links() {
        return links.values();
    }

    /** Asks the cluster now, and returns when those that are masters by what it says were tried. */
    void refresh() {
        look();
        connector.await(firstTry());
    }

    /** Completed when the masters were tried once, well or not. */
    CompletableFuture<Void> firstTry() {
        return CompletableFuture.allOf(links().stream().map(Link::firstTry).toArray(CompletableFuture[]::new));
    }

    /** A node named another one as the master of a slot. Completed when that one was tried. */
    CompletionStage<Void> moved(int slot, Node master) {
        Link link;
        synchronized (this) {
            if (closed) {
                return CompletableFuture.completedFuture(null);
            }
            link = linkWith(master);
            bySlot.set(slot, link);
        }
        refreshSoon();
        return link.firstTry();
    }

    /** Asks the cluster anew, unless that is about to happen. */
    void refreshSoon() {
        if (wanted.availablePermits() == 0) {
            wanted.release();
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        refresher.interrupt();
        links().forEach(Link::close);
        links().forEach(Link::awaitClosed);
    }

    private void keepFresh() {
        try {
            while (!closed) {
                boolean isWhole = links().stream().allMatch(Link::isConnected);
                var unused =
                        wanted.tryAcquire((isWhole ? WHILE_WHOLE : WHILE_BROKEN).toMillis(), TimeUnit.MILLISECONDS);
                wanted.drainPermits();
                look();
                TimeUnit.NANOSECONDS.sleep(LEAST_PAUSE.toNanos());
            }
        } catch (InterruptedException e) {
            log.debug("topology closed name={}", connector.name());
        }
    }

    private void look() {
        try {
            newestView().ifPresent(this::adopt);
        } catch (RuntimeException e) {
            log.warn("cluster not understood name={} cause={}", connector.name(), AwayCause.of(e));
        }
    }

    /** Asks all at once: an isolated node has an old view, and sees that it is isolated. */
    private Optional<SlotView> newestView() {
        var looks = Stream.concat(Stream.of(guide), links().stream())
                .filter(Link::isConnected)
                .map(this::lookThrough)
                .toList();
        var views = new ArrayList<SlotView>();
        for (var look : looks) {
            try {
                views.add(connector.await(look, LONGEST_LOOK));
            } catch (RedisException e) {
                log.debug("no view of the cluster name={} cause={}", connector.name(), AwayCause.of(e));
            }
        }
        return views.stream().filter(SlotView::isServing).max(Comparator.comparingLong(SlotView::epoch));
    }

    private CompletionStage<SlotView> lookThrough(Link link) {
        try {
            return lookThrough(link.session());
        } catch (RedisException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    private static CompletionStage<SlotView> lookThrough(RedisSession session) {
        CompletionStage<String> info = session.commands().clusterInfo();
        CompletionStage<List<Object>> slots = session.commands().clusterSlots();
        return info.thenCombine(
                slots,
                (text, ranges) -> SlotView.of(text, ranges, session.node().host()));
    }

    private synchronized void adopt(SlotView view) {
        if (closed) {
            return;
        }
        if (view.ranges().isEmpty()) {
            throw new RedisException("the cluster says of no slot whose it is");
        }
        var masters = new HashSet<Node>();
        for (var range : view.ranges()) {
            masters.add(range.master());
            var link = linkWith(range.master());
            for (int slot = range.first(); slot <= range.last(); slot++) {
                bySlot.set(slot, link);
            }
        }
        var kept = new HashMap<Node, Link>();
        links.forEach((node, link) -> {
            if (masters.contains(node)) {
                kept.put(node, link);
            } else {
                log.info("redis no master any more name={} address={}", connector.name(), link.address());
                link.close();
            }
        });
        links = Map.copyOf(kept);
    }

    /** Only while holding this object's lock. */
    private Link linkWith(Node master) {
        var known = links.get(master);
        if (known != null) {
            return known;
        }
        var made = new Link(connector, List.of(master.uri(seed)), new Master()).start();
        var all = new HashMap<>(links);
        all.put(master, made);
        links = Map.copyOf(all);
        return made;
    }

    private final class Master implements Link.Owner {
        @Override
        public void accept(RedisSession session) {}

        @Override
        public boolean needsMaster(RedisSession session) {
            return true;
        }

        @Override
        public void lost() {
            refreshSoon();
        }
    }
}
