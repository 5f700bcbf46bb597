package dev.freshet.worker;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.FleetStats;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.Limits;
import dev.freshet.catalog.Targets;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.limit.Operators;
import dev.freshet.limit.RequestLimit;
import dev.freshet.limit.RequestLimits;
import dev.freshet.redis.RedisServer;
import dev.freshet.session.SessionOptions;
import dev.freshet.session.Sessions;
import dev.freshet.settings.Listen;
import dev.freshet.settings.Settings;
import dev.freshet.worker.run.Background;
import dev.freshet.worker.run.Background.Task;
import dev.freshet.worker.view.CacheAdmin;
import dev.freshet.worker.view.CachedViews;
import dev.freshet.worker.view.DirectViews;
import dev.freshet.worker.view.ErrorPages;
import dev.freshet.worker.view.Gate;
import dev.freshet.worker.view.Health;
import dev.freshet.worker.view.Identities;
import dev.freshet.worker.view.OperatorsOnly;
import dev.freshet.worker.view.SessionHandler;
import dev.freshet.worker.view.ViewHandler;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.RoutesConfig;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One process that answers cached reads over HTTP. Starts also while Redis or PostgreSQL is away. */
public final class ServeProcess implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ServeProcess.class);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final List<Task> tasks = new ArrayList<>();
    private final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final CacheStats stats = new CacheStats(metrics);
    private final Catalog catalog;
    private final Database database;
    private final RequestLimit refused;
    private final Operators operators;
    private final Javalin http;

    private ServeProcess(ServeConfig config, Settings settings) {
        catalog = CatalogReader.read(settings);
        var cacheOptions = CacheOptions.from(settings, config.addresses().prefix());
        var limits = ServeConfig.limits(settings, catalog.limits());
        var targets = ServeConfig.targets(settings, catalog.targets());
        settings.refuseUnknown("SERVE_", "ADMIN_", "TRUSTED_", "TARGET_");
        settings.describe().forEach(line -> log.info("setting {}", line));
        config.listen().requireFree();
        refused = RequestLimits.local(limits.window()).of("refused", config.refused());
        operators = new Operators(config.adminTokens(), config.clients(), refused);
        int connections = config.loads() + (catalog.sessions().isPresent() ? Sessions.CONNECTIONS : 0);
        var options = new DatabaseOptions(connections, config.statementTimeout(), CONNECT_TIMEOUT);
        database = keep(new Database(config.database(), options));
        try {
            http = config.hasCache() ? cached(config, cacheOptions, limits, targets) : uncached(config, limits);
        } catch (RuntimeException e) {
            closeParts();
            throw e;
        }
    }

    private Javalin cached(ServeConfig config, CacheOptions options, Limits limits, Targets targets) {
        var prefix = config.addresses().prefix();
        var redis = keep(new RedisServer("cache", config.addresses().cache(), config.redisTimeout()));
        var cache = new TagCache(redis, options, stats);
        cache.requireAgreement();
        var fleet = keep(new FleetStats(redis, prefix, stats));
        fleet.start();
        var watch = new TargetWatch(targets, catalog.views().keySet(), stats::totals, metrics);
        tasks.add(new Task("targets", config.targetWindow(), watch::runOnce));
        var answering = new DependencyGauges(metrics).with("cache", redis::ping).with("postgresql", database::ping);
        tasks.add(new Task("dependencies", DependencyGauges.PERIOD, answering::runOnce));
        var gate = gate(config, limits, RequestLimits.shared(redis, prefix, limits.window(), config.limitTimeout()));
        return http(config.listen(), routes -> {
            var views = new CachedViews(cache, catalog, database, config.loads());
            new ViewHandler(catalog, views, gate, Clock.systemUTC(), metrics).register(routes);
            sessions(gate, cache).ifPresent(handler -> handler.register(routes));
            new CacheAdmin(gate, catalog, redis, cache, fleet).register(routes);
            new Health(redis, database, stats).register(routes, operators);
        });
    }

    private Javalin uncached(ServeConfig config, Limits limits) {
        var answering = new DependencyGauges(metrics).with("postgresql", database::ping);
        tasks.add(new Task("dependencies", DependencyGauges.PERIOD, answering::runOnce));
        var gate = gate(config, limits, RequestLimits.local(limits.window()));
        return http(config.listen(), routes -> {
            var views = new DirectViews(database, stats, config.loads());
            new ViewHandler(catalog, views, gate, Clock.systemUTC(), metrics).register(routes);
            sessions(gate, null).ifPresent(handler -> handler.register(routes));
            CacheAdmin.registerOff(routes, gate);
            new Health(null, database, stats).register(routes, operators);
        });
    }

    private Optional<SessionHandler> sessions(Gate gate, @Nullable TagCache cache) {
        return catalog.sessions().map(rules -> {
            var options = SessionOptions.of(catalog.application(), rules);
            var sessions = new Sessions(cache, database, options, Clock.systemUTC());
            return new SessionHandler(gate, rules, sessions, catalog.targets(), metrics);
        });
    }

    private Gate gate(ServeConfig config, Limits limits, RequestLimits together) {
        return new Gate(
                config.clients(),
                limits,
                together,
                refused,
                config.adminTokens(),
                new Identities(catalog.tokens().values()));
    }

    private Javalin http(Listen listen, Consumer<RoutesConfig> routes) {
        return Javalin.create(javalin -> {
            javalin.startup.showJavalinBanner = false;
            javalin.concurrency.useVirtualThreads = true;
            javalin.http.prefer405over404 = true;
            javalin.http.compressionStrategy = CompressionStrategy.NONE; // values are compressed once, when stored
            ErrorPages.install(javalin.jetty);
            javalin.jetty.host = listen.host();
            javalin.jetty.port = listen.port();
            routes.accept(javalin.routes);
            javalin.routes.get(
                    "/metrics",
                    OperatorsOnly.guard(
                            operators,
                            ctx -> ctx.contentType("text/plain; version=0.0.4").result(metrics.scrape())));
        });
    }

    /**
     * Starts to listen.
     *
     * @throws dev.freshet.settings.SettingException when a setting cannot be used, or the address is taken
     * @throws dev.freshet.catalog.CatalogException when the catalog has errors
     */
    public static ServeProcess start(Settings settings) {
        var process = new ServeProcess(ServeConfig.from(settings), settings);
        try {
            process.checkCatalog();
            process.http.start();
            process.keep(new Background(process.tasks));
        } catch (RuntimeException e) {
            process.close();
            throw e;
        }
        log.info("serving port={} application={}", process.port(), process.catalog.application());
        return process;
    }

    /** What is cached can be served without PostgreSQL, so only SQL that it refuses keeps the process from starting. */
    private void checkCatalog() {
        try {
            CatalogCheck.requireReadable(catalog, database);
        } catch (IllegalStateException e) {
            log.warn("catalog not checked cause={}", e.getMessage());
        }
    }

    /** Where it listens. */
    public int port() {
        return http.port();
    }

    /** Answers what was asked, then leaves. */
    @Override
    public void close() {
        http.stop();
        closeParts();
    }

    private void closeParts() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                log.warn("cannot close cleanly cause={}", String.valueOf(e));
            }
        }
        metrics.close();
    }

    private <T extends AutoCloseable> T keep(T part) {
        open.push(part);
        return part;
    }
}
