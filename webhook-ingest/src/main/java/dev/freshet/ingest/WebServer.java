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
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Javalin on Jetty, tuned for short requests of machines. Handlers wait for nothing but a body's bytes, and do that on
 * virtual threads, so that slow senders cost a connection each and never take the threads of all others.
 */
final class WebServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WebServer.class);
    private static final Duration IDLE = Duration.ofSeconds(30);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);
    private static final Duration DRAIN = Duration.ofSeconds(5);
    private static final int MAX_HEADER_BYTES = 8 * 1024;
    private static final int MAX_CONNECTIONS = 10_000;
    private static final int MIN_THREADS = 8;

    private final Javalin javalin;

    private WebServer(Javalin javalin) {
        this.javalin = javalin;
    }

    /** @throws SettingException when the address cannot be listened on */
    static WebServer start(Listen listen, int threads, Consumer<RoutesConfig> routes) {
        var javalin = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.startup.showOldJavalinVersionWarning = false;
            config.startup.startupWatcherEnabled = false;
            config.http.prefer405over404 = true;
            config.http.compressionStrategy = CompressionStrategy.NONE;
            tune(config, threads);
            errors(config.routes);
            routes.accept(config.routes);
        });
        try {
            return new WebServer(javalin.start(listen.host(), listen.port()));
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

    private static void tune(JavalinConfig config, int threads) {
        var pool = new QueuedThreadPool(threads, MIN_THREADS);
        pool.setVirtualThreadsExecutor(VirtualThreads.getNamedVirtualThreadsExecutor("http-"));
        config.jetty.threadPool = pool;
        config.jetty.modifyHttpConfiguration(WebServer::tune);
        config.jetty.modifyServer(server -> {
            server.setErrorHandler(new ErrorPages());
            server.setStopTimeout(DRAIN.toMillis());
            server.addBean(new NetworkConnectionLimit(MAX_CONNECTIONS, server));
        });
        config.jetty.modifyServletContextHandler(context -> context.setErrorHandler(new ErrorPages()));
    }

    private static void tune(HttpConfiguration http) {
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(MAX_HEADER_BYTES);
        http.setIdleTimeout(IDLE.toMillis());
    }

    private static void errors(RoutesConfig routes) {
        routes.exception(HttpResponseException.class, (e, ctx) -> {
            if (e.getStatus() == 405) {
                ctx.header("Allow", String.join(", ", e.getDetails().values()));
            }
            var answer = ErrorPages.answer(e.getStatus());
            (e.getStatus() == 503 ? answer.retryAfter(RETRY_AFTER) : answer).send(ctx);
        });
        routes.exception(IOException.class, (e, ctx) -> ErrorPages.answer(400).send(ctx));
        routes.exception(Exception.class, WebServer::unexpected);
    }

    /** A request that the web server finds broken while it is read is no fault of ours. */
    private static void unexpected(Exception e, Context ctx) {
        int status = e instanceof HttpException broken ? broken.getCode() : 500;
        if (status >= 500) {
            log.error("request failed path={}", ctx.endpoint().path, e);
        }
        ErrorPages.answer(status).send(ctx);
    }
}
