package dev.freshet.worker.run;

import dev.freshet.cache.Boards;
import dev.freshet.cache.Survey;
import dev.freshet.cache.TagCache;
import dev.freshet.capture.CaptureTriggers;
import dev.freshet.capture.Outbox;
import dev.freshet.catalog.Catalog;
import dev.freshet.db.Channel;
import dev.freshet.db.Database;
import dev.freshet.db.Deliveries;
import dev.freshet.db.Spill;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.Overflow;
import dev.freshet.queue.WorkerBeat;
import dev.freshet.redis.RedisServer;
import dev.freshet.session.SessionOptions;
import dev.freshet.session.Sessions;
import dev.freshet.worker.frontend.Owed;
import dev.freshet.worker.run.Background.Task;
import dev.freshet.worker.run.Invalidator.Values;
import dev.freshet.worker.view.Auditor;
import dev.freshet.worker.view.CachedViews;
import dev.freshet.worker.view.Warming;
import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The worker with all that runs beside it. */
public final class WorkerLoops implements AutoCloseable {
    /** How long a living worker is given to invalidate what its own changes left behind. */
    private static final Duration LEFT_BEHIND_AGE = Duration.ofSeconds(10);

    /** How long an application is given to tell of what it changed itself. */
    private static final Duration AUDIT_SETTLE = Duration.ofSeconds(2);

    /** Each worker prunes; what one deletes, the others do not wait for. */
    private static final Duration PRUNING = Duration.ofHours(1);

    /** Triggers that nobody asks for any more write too. */
    private static final Duration UNASKED_POLL = Duration.ofMinutes(1);

    /** In a burst something changes all the time. */
    private static final Duration WARMER_REST = Duration.ofMillis(1);

    private static final Duration AUDIT_PATIENCE = Duration.ofSeconds(20);

    /**
     * What a worker works with; it closes none of it.
     *
     * @param cache empty when there is none: then nothing is invalidated there, re-warmed or audited
     */
    public record Needs(
            Catalog catalog,
            JobQueue queue,
            Optional<CacheNeeds> cache,
            RedisServer queueServer,
            Owed owed,
            Database database,
            Overflow overflow) {}

    /**
     * What it needs for the cache.
     *
     * @param warmRate values a second that are loaded before anybody asks, at the most
     */
    public record CacheNeeds(TagCache cache, RedisServer server, CachedViews views, int warmRate) {}

    private static final Logger log = LoggerFactory.getLogger(WorkerLoops.class);

    private final String name =
            "w-" + HexFormat.of().toHexDigits(RandomGenerator.getDefault().nextInt());
    private final String host = hostName();
    private final WorkerOptions options;
    private final JobQueue queue;
    private final Clock clock;
    private final Instant startedAt;
    private final Dependencies dependencies;
    private final Invalidator invalidator;
    private final Drainer drainer;
    private final Task collecting;
    private final Optional<Listener> listener;
    private final CaptureWatch captureWatch;
    private final Ledger ledger;
    private final Mover mover;
    private final List<Task> cacheTasks = new ArrayList<>();
    private final Optional<Sessions> sessions;
    private final Worker worker;
    private @Nullable Background background;

    public WorkerLoops(WorkerOptions options, Needs needs, Clock clock, MeterRegistry metrics) {
        this.options = options;
        this.queue = needs.queue;
        this.clock = clock;
        this.startedAt = clock.instant();
        var cacheServer = needs.cache.map(CacheNeeds::server).orElse(null);
        this.dependencies = new Dependencies(needs.database, cacheServer, needs.queueServer, clock);
        var leftBehind = new LeftBehind(needs.database, needs.catalog.application());
        var applier = new Applier(needs.database, new Versions(needs.catalog.application()), leftBehind);
        this.invalidator = needs.cache
                .map(cache -> invalidator(cache, needs, leftBehind, metrics))
                .orElseGet(() -> new Invalidator(Values.NONE, needs.owed, tags -> {}, leftBehind, metrics));
        this.drainer = new Drainer(name, new Spill(needs.database), queue, needs.queueServer, clock, metrics);
        var outbox = new Outbox(needs.database, needs.catalog.application());
        this.captureWatch =
                new CaptureWatch(outbox, new CaptureTriggers(needs.catalog, needs.database), clock, metrics);
        var capturePoll = needs.catalog.changes().isEmpty() ? UNASKED_POLL : options.capturePoll();
        var collector = new Collector(outbox, queue, needs.queueServer, metrics);
        this.collecting = new Task("collector", capturePoll, collector::runOnce);
        this.listener = options.captureListen().map(url -> {
            var channel = new Channel(url, WorkerOptions.CAPTURE_LISTEN, Outbox.channel(needs.catalog.application()));
            return new Listener(channel, collecting::runSoon, RandomGenerator.getDefault(), metrics);
        });
        this.ledger = new Ledger(new Deliveries(needs.database), options.keep(), metrics);
        this.sessions = needs.catalog.sessions().map(rules -> {
            var kept = SessionOptions.of(needs.catalog.application(), rules);
            return new Sessions(null, needs.database, kept, clock); // what is over nobody reads from the cache
        });
        this.mover = new Mover(needs.overflow, clock, metrics);
        Consumer<List<Through.Written>> through = needs.cache
                .map(cache -> new Through(needs.catalog, cache.views, Through.PATIENCE))
                .<Consumer<List<Through.Written>>>map(all -> all::load)
                .orElse(written -> {});
        var parts = new Worker.Parts(queue, applier, invalidator, through, ledger, dependencies, metrics);
        this.worker = new Worker(name, options, needs.catalog, parts, clock);
    }

    private Invalidator invalidator(CacheNeeds needs, Needs all, LeftBehind leftBehind, MeterRegistry metrics) {
        var warmer = new Warmer(needs.cache, needs.views, clock, metrics);
        cacheTasks.add(new Task("warmer", WARMER_REST, warmer::runSoon));
        var survey = new Survey(needs.server, needs.cache.options());
        if (needs.warmRate > 0) {
            var prewarmer = new Prewarmer(
                    needs.cache,
                    survey,
                    new Warming(needs.views, all.database),
                    all.catalog.views().values(),
                    needs.warmRate,
                    () -> dependencies.away().isEmpty(),
                    clock,
                    metrics);
            cacheTasks.add(new Task("prewarmer", Duration.ofSeconds(30), prewarmer::runOnce));
        }
        if (options.audit().isPositive()) {
            var auditor = new Auditor(survey, all.catalog, all.database, queue, AUDIT_SETTLE, AUDIT_PATIENCE);
            var audits = new Audits(needs.cache, auditor, all.catalog, options.audit(), metrics);
            cacheTasks.add(new Task("auditor", options.audit(), audits::runOnce));
        }
        var marker = new Marker(all.catalog, new Boards(needs.cache), warmer::marked, metrics);
        var values = new Values(needs.cache::invalidate, marker, needs.cache::clear);
        return new Invalidator(values, all.owed, warmer::changed, leftBehind, metrics);
    }

    public void start() {
        var ticker = new Ticker(queue, options.lease(), job -> invalidator.giveUp(List.of(job)), clock);
        dependencies.probe();
        var tasks = new ArrayList<>(List.of(
                new Task("prober", Duration.ofMillis(500), dependencies::probe),
                new Task("leases", options.lease().dividedBy(3), this::renew),
                new Task("heartbeat", Duration.ofSeconds(5), this::beat),
                new Task("ticker", Duration.ofSeconds(1), ticker::runOnce),
                new Task("drainer", Duration.ofSeconds(1), drainer::runOnce),
                collecting,
                new Task("capture watch", Duration.ofSeconds(5), captureWatch::runOnce),
                new Task("finisher", Duration.ofSeconds(5), () -> invalidator.finishOthers(LEFT_BEHIND_AGE)),
                new Task("pruner", PRUNING, ledger::prune),
                new Task("mover", Duration.ofMinutes(1), mover::runOnce)));
        tasks.addAll(cacheTasks);
        listener.ifPresent(heard -> tasks.add(new Task("listener", Listener.REST, heard::runOnce)));
        sessions.ifPresent(kept -> tasks.add(new Task("session pruner", PRUNING, () -> {
            int pruned = kept.prune();
            if (pruned > 0) {
                log.info("pruned sessions={}", pruned);
            }
        })));
        background = new Background(tasks);
        worker.start();
    }

    /** Random for each start. */
    public String name() {
        return name;
    }

    /** The dependency that keeps the worker from claiming; empty when it works. */
    public Optional<String> away() {
        return dependencies.away();
    }

    /** Drains the worker, then stops what runs beside it. */
    @Override
    public void close() {
        worker.close();
        listener.ifPresent(Listener::close);
        if (background != null) {
            background.close();
        }
        queue.forget(name);
    }

    /** A claim whose partition is away must not cost the others their leases. */
    private void renew() {
        RedisException failure = null;
        for (var claim : worker.live()) {
            try {
                queue.renew(claim, options.lease());
            } catch (RedisException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void beat() {
        long claimed =
                worker.live().stream().mapToLong(claim -> claim.jobs().size()).sum();
        queue.beat(new WorkerBeat(
                name,
                host,
                ProcessHandle.current().pid(),
                startedAt,
                clock.instant(),
                claimed,
                worker.done(),
                dependencies.away()));
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }
}
