package dev.freshet.ingest;

import dev.freshet.catalog.Problem.Severity;
import dev.freshet.limit.Operators;
import dev.freshet.limit.RequestLimits;
import dev.freshet.queue.JobQueue;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Settings;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.server.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The webhook service as one object: takes signed deliveries over HTTP and puts them into the queue. */
public final class Ingest implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Ingest.class);

    private final WebServer web;
    private final Waiters waiters;
    private final RedisServer server;
    private final Optional<SpillParts> spill;

    private Ingest(WebServer web, Waiters waiters, RedisServer server, Optional<SpillParts> spill) {
        this.web = web;
        this.waiters = waiters;
        this.server = server;
        this.spill = spill;
    }

    /**
     * Starts serving. The queue's Redis and PostgreSQL may be away meanwhile; with both away deliveries are answered 503.
     *
     * @throws dev.freshet.settings.SettingException when a setting cannot be used, or the queue's Redis may evict keys
     * @throws dev.freshet.catalog.CatalogException when the catalog cannot be used
     */
    public static Ingest start(Settings settings) {
        return start(settings, Clock.systemUTC());
    }

    /** As {@link #start(Settings)}, on a host whose clock may be wrong. */
    public static Ingest start(Settings settings, Clock clock) {
        var config = IngestConfig.from(settings);
        config.listen().requireFree();
        settings.describe().forEach(line -> log.info("setting {}", line));
        config.catalog().notes().stream()
                .filter(note -> note.severity() == Severity.WARNING)
                .forEach(note -> log.warn("catalog {}", note));
        var server = RedisServer.connecting("queue", config.queueUrl(), config.queueTimeout());
        try {
            return start(config, server, clock);
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static Ingest start(IngestConfig config, RedisServer server, Clock clock) {
        var guard = new QueueGuard(server);
        var queue = new JobQueue(server, config.queue());
        var waiters = new Waiters(queue, server, config.eventWait());
        var meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Gauge.builder("freshet.waiters", waiters, Waiters::count)
                .description("requests that wait for their outcome now")
                .register(meters);
        var spill = config.spill().map(options -> SpillParts.of(options, server, meters));
        if (spill.isEmpty()) {
            log.warn(
                    "no spill cause=DATABASE_URL is not set effect=while the queue is away deliveries are answered 503");
        }
        var outcomes = new Outcomes(meters);
        var store = new Store(queue, guard, spill.map(SpillParts::past));
        var intake = new Intake(queue, store, config.catalog(), waiters, outcomes, clock);
        var health = new Health(
                server,
                guard,
                queue,
                spill.map(SpillParts::level),
                config.catalog(),
                config.queue().maxDepth());
        var limits = config.limits();
        var refusals = RequestLimits.local(limits.window()).of("refused", limits.refused());
        var together = RequestLimits.shared(server, config.queue().prefix(), limits.window(), limits.patience());
        var operators = new Operators(config.operators(), config.clients(), refusals);
        var patience = config.web().patience();
        var admission = new Admission(config.clients(), refusals, operators, outcomes, patience, clock);
        var webhooks = new WebhookHandler(
                new Sites(config.catalog()),
                admission,
                together.of("webhooks", limits.webhooks()),
                together.of("writes", limits.api()),
                intake);
        var routes = new Routes(webhooks, config.catalog().events().values(), health, meters, admission);
        var web = WebServer.of(config.web(), meters, outcomes, routes::register);
        server.awaitFirstTry();
        boolean isConnected = server.isConnected();
        if (isConnected) {
            guard.check();
            log.info("queue partitions={}", queue.partitions());
        } else {
            spill.ifPresent(SpillParts::start); // the first delivery will need it
        }
        web.listen(config.listen());
        log.info(
                "ingest started port={} application={}",
                web.port(),
                config.catalog().application());
        // what the first delivery does not wait for
        List.of(new JvmMemoryMetrics(), new JvmThreadMetrics(), new ProcessorMetrics(), new UptimeMetrics())
                .forEach(binder -> binder.bindTo(meters));
        if (isConnected) {
            spill.ifPresent(SpillParts::start);
        }
        return new Ingest(web, waiters, server, spill);
    }

    /** Where it listens. */
    public int port() {
        return web.port();
    }

    /** Those for the health do not count. */
    int requestsUnderWay() {
        return web.requests();
    }

    /** For tests, which speak to it without sockets. */
    Server jetty() {
        return web.jetty();
    }

    /** Answers what is under way, then ends. Those who wait for an outcome are told that it is still to come. */
    @Override
    public void close() {
        waiters.close();
        web.close();
        spill.ifPresent(SpillParts::close);
        server.close();
        log.info("ingest stopped");
    }
}
