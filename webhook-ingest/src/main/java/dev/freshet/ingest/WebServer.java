package dev.freshet.ingest;

import dev.freshet.settings.Listen;
import dev.freshet.settings.SettingException;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.util.JavalinException;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.component.ContainerLifeCycle;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Javalin on Jetty, tuned for short requests of machines. Handlers wait on virtual threads, for a body's bytes and for the
 * queue, so that slow senders cost a connection each and never take the threads of all others.
 */
final class WebServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WebServer.class);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);
    private static final Duration DRAIN = Duration.ofSeconds(5);
    private static final int MAX_HEADER_BYTES = 8 * 1024;
    private static final int MAX_CONNECTIONS = 10_000;
    private static final int MIN_THREADS = 8;

    private final Javalin javalin;
    private final Bounds bounds;

    private WebServer(Javalin javalin, Bounds bounds) {
        this.javalin = javalin;
        this.bounds = bounds;
    }

    /**
     * How much is done at a time, and for how long anybody is waited for.
     *
     * @param threads at the most
     * @param requests under way at the most
     * @param patience how long a sender may be silent, and take for the head of a request
     */
    record Limits(int threads, int requests, Duration patience) {}

    /** One that does not listen yet. */
    static WebServer of(Limits limits, MeterRegistry meters, Outcomes outcomes, Consumer<RoutesConfig> routes) {
        var bounds = new Bounds(limits.requests(), limits.patience(), System::nanoTime, outcomes::count, meters);
        var javalin = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.startup.showOldJavalinVersionWarning = false;
            config.startup.startupWatcherEnabled = false;
            config.http.prefer405over404 = true;
            config.http.compressionStrategy = CompressionStrategy.NONE;
            tune(config, limits, bounds, outcomes);
            errors(config.routes, outcomes);
            routes.accept(config.routes);
        });
        return new WebServer(javalin, bounds);
    }

    /** @throws SettingException when the address cannot be listened on */
    void listen(Listen listen) {
        try {
            javalin.start(listen.host(), listen.port());
        } catch (JavalinException e) {
            throw listen.cannot(rootMessage(e));
        }
    }

    int port() {
        return javalin.port();
    }

    /** Takes no new requests and lets those under way end. */
    @Override
    public void close() {
        javalin.stop();
    }

    private static String rootMessage(Throwable error) {
        var root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    private static void tune(JavalinConfig config, Limits limits, Bounds bounds, Outcomes outcomes) {
        var pool = new QueuedThreadPool(limits.threads(), MIN_THREADS);
        pool.setVirtualThreadsExecutor(VirtualThreads.getNamedVirtualThreadsExecutor("http-"));
        pool.setReservedThreads(0); // else they would take requests, and wait where a virtual thread should
        config.jetty.threadPool = pool;
        config.jetty.modifyHttpConfiguration(http -> {
            http.setSendServerVersion(false);
            http.setRequestHeaderSize(MAX_HEADER_BYTES);
            http.setIdleTimeout(limits.patience().toMillis());
            http.addCustomizer((request, answered) -> {
                answered.put(ErrorPages.NO_SNIFF);
                return request;
            });
        });
        config.jetty.modifyServer(server -> {
            server.setHandler(bounds);
            server.setErrorHandler(new ErrorPages(outcomes::count));
            server.setStopTimeout(DRAIN.toMillis());
            server.addBean(new NetworkConnectionLimit(MAX_CONNECTIONS, server));
            server.addEventListener(new LifeCycle.Listener() {
                @Override
                public void lifeCycleStarting(LifeCycle starting) {
                    for (var connector : server.getConnectors()) {
                        ((ContainerLifeCycle) connector).addBean(bounds, false);
                    }
                }

                @Override
                public void lifeCycleStarted(LifeCycle started) {
                    bounds.watch(server.getScheduler());
                }
            });
        });
        config.jetty.modifyServletContextHandler(context -> context.setErrorHandler(new ErrorPages(outcomes::count)));
    }

    private static void errors(RoutesConfig routes, Outcomes outcomes) {
        routes.exception(HttpResponseException.class, (e, ctx) -> {
            if (e.getStatus() == 405) {
                ctx.header("Allow", String.join(", ", e.getDetails().values()));
            }
            var answer = ErrorPages.answer(e.getStatus());
            send(ctx, outcomes, e.getStatus() == 503 ? answer.retryAfter(RETRY_AFTER) : answer);
        });
        routes.exception(IOException.class, (e, ctx) -> send(ctx, outcomes, ErrorPages.answer(400)));
        routes.exception(Exception.class, (e, ctx) -> send(ctx, outcomes, unexpected(e, ctx)));
    }

    private static void send(Context ctx, Outcomes outcomes, Answer answer) {
        outcomes.count(answer);
        answer.send(ctx);
    }

    /** A request that the web server finds broken while it is read is no fault of ours. */
    private static Answer unexpected(Exception e, Context ctx) {
        int status = e instanceof HttpException broken ? broken.getCode() : 500;
        if (status >= 500) {
            log.error("request failed path={}", ctx.endpoint().path, e);
        }
        return ErrorPages.answer(status);
    }

    /** How many requests are under way. */
    int requests() {
        return bounds.requests();
    }

    /** For tests, which speak to it without sockets. */
    Server jetty() {
        return javalin.jettyServer().server();
    }
}
