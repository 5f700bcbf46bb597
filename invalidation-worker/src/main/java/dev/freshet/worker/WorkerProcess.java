package dev.freshet.worker;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.FleetStats;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.DeadBodies;
import dev.freshet.limit.ClientAddress;
import dev.freshet.limit.Operators;
import dev.freshet.limit.RequestLimits;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.Overflow;
import dev.freshet.queue.QueueOptions;
import dev.freshet.queue.QueuePolicy;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Addresses;
import dev.freshet.settings.Listen;
import dev.freshet.settings.Settings;
import dev.freshet.worker.frontend.Caller;
import dev.freshet.worker.frontend.CallerOptions;
import dev.freshet.worker.frontend.Faults;
import dev.freshet.worker.frontend.Owed;
import dev.freshet.worker.run.Background;
import dev.freshet.worker.run.Background.Task;
import dev.freshet.worker.run.WorkerLoops;
import dev.freshet.worker.run.WorkerLoops.CacheNeeds;
import dev.freshet.worker.run.WorkerOptions;
import dev.freshet.worker.view.CachedViews;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One worker process: everything that stands between the queue and a fresh page. */
public final class WorkerProcess implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WorkerProcess.class);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Monitor monitor;

    private WorkerProcess(Settings settings, Clock clock) {
        try {
            var addresses = Addresses.from(settings);
            var catalog = CatalogReader.read(settings);
            var options = WorkerOptions.from(settings);
            var cacheOptions = CacheOptions.from(settings, addresses.prefix());
            var queueOptions = QueueOptions.from(settings, addresses.prefix());
            var calls = CallerOptions.from(settings);
            var longestRender = settings.duration("CALLBACK_LONGEST_RENDER", Owed.LONGEST_RENDER);
            int mostOwed = settings.number("CALLBACK_MAX_OWED", Owed.MOST_OWED, 1_000, 1_000_000);
            var listen = Listen.from(settings, "WORKER", 8081);
            var timeout = settings.duration("REDIS_TIMEOUT", Duration.ofSeconds(5));
            boolean hasCache = settings.flag("REDIS_ENABLED", true);
            int deadBytes = settings.number("DEAD_MAX_BYTES", 64 << 20, 1 << 20, Integer.MAX_VALUE);
            int loads = settings.number("WORKER_LOADS", 4, 1, 100);
            int warmRate = settings.number("WORKER_WARM_RATE", 50, 0, 10_000);
            int connections = settings.number("DATABASE_POOL", options.lanes() + loads + 2, 1, 200);
            var refused = RequestLimits.local(Duration.ofMinutes(1))
                    .of("refused", settings.number("RATE_LIMIT_REFUSED_REQUESTS", 60, 0, Integer.MAX_VALUE));
            var operators = new Operators(Operators.tokens(settings), ClientAddress.from(settings), refused);
            settings.refuseUnknown(
                    "WORKER_", "CALLBACK_", "QUEUE_", "CAPTURE_", "DELIVERIES_", "DEAD_", "ADMIN_", "TRUSTED_");
            settings.describe().forEach(line -> log.info("setting {}", line));
            listen.requireFree();

            var queueServer = keep(new RedisServer("queue", addresses.queue(), timeout));
            QueuePolicy.check(queueServer);
            var queue = new JobQueue(queueServer, queueOptions);
            log.info("queue partitions={}", queue.partitions());
            var cacheServer = Optional.of(addresses.cache())
                    .filter(url -> hasCache)
                    .map(url -> keep(new RedisServer("cache", url, timeout)));
            var database =
                    keep(new Database(addresses.requireDatabase(), DatabaseOptions.DEFAULTS.withPoolSize(connections)));
            database.migrate();
            CatalogCheck.requireUsable(
                    catalog, database, options.captureListen().isPresent());

            var metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            var cache = cacheServer.map(server -> {
                var tagged = new TagCache(server, cacheOptions, new CacheStats(metrics), clock);
                tagged.requireAgreement();
                keep(new FleetStats(server, addresses.prefix(), tagged.stats())).start();
                return new CacheNeeds(tagged, server, new CachedViews(tagged, catalog, database, loads), warmRate);
            });
            var frontEnds = catalog.frontEnds().values();
            var owed = new Owed(queueServer, addresses.prefix(), frontEnds, longestRender, mostOwed);
            var bodies = new DeadBodies(database, addresses.prefix());
            var overflow = new Overflow(queueServer, queueOptions, bodies, deadBytes);
            var loops = new WorkerLoops(
                    options,
                    new WorkerLoops.Needs(catalog, queue, cache, queueServer, owed, database, overflow),
                    clock,
                    metrics);
            var caller = keep(new Caller(
                    owed,
                    frontEnds,
                    calls,
                    clock,
                    () -> ThreadLocalRandom.current().nextLong(),
                    metrics));
            monitor = keep(Monitor.start(
                    listen,
                    operators,
                    metrics,
                    new QueueGauges(queue, metrics),
                    loops::away,
                    new Faults(owed, caller)::now));
            var answering = new DependencyGauges(metrics).with("queue", queueServer::ping);
            cacheServer.ifPresent(server -> answering.with("cache", server::ping));
            answering.with("postgresql", database::ping);
            keep(new Background(List.of(new Task("dependencies", DependencyGauges.PERIOD, answering::runOnce))));
            keep(loops); // last, so that it drains first, while front ends are still told and metrics still read
            caller.start();
            loops.start();
            log.info(
                    "worker started name={} application={} port={}",
                    loops.name(),
                    catalog.application(),
                    monitor.port());
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Starts working.
     *
     * @throws dev.freshet.settings.SettingException when a setting cannot be used
     * @throws dev.freshet.catalog.CatalogException when the catalog or its SQL cannot be used
     * @throws RuntimeException when the queue's Redis or PostgreSQL is away: a worker starts with both
     */
    public static WorkerProcess start(Settings settings) {
        return start(settings, Clock.systemUTC());
    }

    /** As {@link #start(Settings)}, on a host whose clock may be wrong. */
    public static WorkerProcess start(Settings settings, Clock clock) {
        return new WorkerProcess(settings, clock);
    }

    /** Where {@code /health} and {@code /metrics} are. */
    public int port() {
        return monitor.port();
    }

    /** Drains: nothing more is claimed, what is claimed is finished or given back within the drain time. */
    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                log.warn("cannot close cleanly cause={}", String.valueOf(e));
            }
        }
    }

    private <T extends AutoCloseable> T keep(T part) {
        open.push(part);
        return part;
    }
}
