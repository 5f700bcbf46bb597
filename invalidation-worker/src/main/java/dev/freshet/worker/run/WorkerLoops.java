package dev.freshet.worker.run;

import dev.freshet.cache.Survey;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.db.Database;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.WorkerBeat;
import dev.freshet.redis.RedisServer;
import dev.freshet.worker.frontend.Owed;
import dev.freshet.worker.run.Background.Task;
import dev.freshet.worker.view.Auditor;
import dev.freshet.worker.view.CachedViews;
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
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The worker with all that runs beside it. */
public final class WorkerLoops implements AutoCloseable {
    private static final int MAX_RELEASED = 500;
    /** How long a living worker is given to invalidate what its own changes left behind. */
    private static final Duration LEFT_BEHIND_AGE = Duration.ofSeconds(10);

    /** How long an application is given to tell of what it changed itself. */
    private static final Duration AUDIT_SETTLE = Duration.ofSeconds(2);

    private static final Duration AUDIT_PATIENCE = Duration.ofSeconds(20);

    /** What a worker works with; it closes none of it. */
    public record Needs(
            Catalog catalog,
            JobQueue queue,
            TagCache cache,
            RedisServer cacheServer,
            RedisServer queueServer,
            Owed owed,
            CachedViews views,
            Database database) {}

    private final String name =
            "w-" + HexFormat.of().toHexDigits(RandomGenerator.getDefault().nextInt());
    private final String host = hostName();
    private final WorkerOptions options;
    private final JobQueue queue;
    private final Clock clock;
    private final Instant startedAt;
    private final Dependencies dependencies;
    private final Invalidator invalidator;
    private final Warmer warmer;
    private final Audits audits;
    private final Worker worker;
    private @Nullable Background background;

    public WorkerLoops(WorkerOptions options, Needs needs, Clock clock, MeterRegistry metrics) {
        this.options = options;
        this.queue = needs.queue;
        this.clock = clock;
        this.startedAt = clock.instant();
        this.dependencies = new Dependencies(needs.database, needs.cacheServer, needs.queueServer, clock);
        this.warmer = new Warmer(needs.cache, needs.views, clock, metrics);
        var survey = new Survey(needs.cacheServer, needs.cache.options());
        var auditor = new Auditor(survey, needs.catalog, needs.database, queue, AUDIT_SETTLE, AUDIT_PATIENCE);
        this.audits = new Audits(needs.cache, auditor, needs.catalog, options.audit(), metrics);
        var leftBehind = new LeftBehind(needs.database);
        var applier = new Applier(needs.database, new Versions(needs.catalog.application()), leftBehind);
        this.invalidator = new Invalidator(needs.cache, needs.owed, warmer, leftBehind);
        var parts = new Worker.Parts(queue, applier, invalidator, dependencies, metrics);
        this.worker = new Worker(name, options, needs.catalog, parts, clock);
    }

    public void start() {
        var reaper = new Reaper(queue, options.lease(), clock);
        dependencies.probe();
        var tasks = new ArrayList<>(List.of(
                new Task("prober", Duration.ofMillis(500), dependencies::probe),
                new Task("leases", options.lease().dividedBy(3), this::renew),
                new Task("heartbeat", Duration.ofSeconds(5), this::beat),
                new Task("reaper", Duration.ofSeconds(1), reaper::runOnce),
                new Task("scheduler", Duration.ofSeconds(1), this::release),
                new Task("finisher", Duration.ofSeconds(5), () -> invalidator.finishOthers(LEFT_BEHIND_AGE)),
                new Task("warmer", Duration.ofMillis(20), warmer::runOnce)));
        if (options.audit().isPositive()) {
            tasks.add(new Task("auditor", options.audit(), audits::runOnce));
        }
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

    private void release() {
        queue.releaseDue(MAX_RELEASED);
        queue.releaseReplays(MAX_RELEASED);
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }
}
