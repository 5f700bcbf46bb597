package dev.freshet.worker;

import dev.freshet.settings.Listen;
import dev.freshet.worker.view.ErrorPages;
import io.javalin.Javalin;
import io.javalin.http.ContentType;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The worker's own port: {@code GET /health} and {@code GET /metrics}. */
final class Monitor implements AutoCloseable {
    private final Javalin web;

    private Monitor(Javalin web) {
        this.web = web;
    }

    /**
     * @param queue is asked before each reading of the metrics
     * @param away the dependency that keeps the worker from working; empty when none does
     * @param faults what a person must mend; the worker works on meanwhile
     */
    static Monitor start(
            Listen listen,
            PrometheusMeterRegistry metrics,
            QueueGauges queue,
            Supplier<Optional<String>> away,
            Supplier<List<String>> faults) {
        var web = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.http.prefer405over404 = true;
            config.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
            config.jetty.modifyServer(server -> server.setErrorHandler(new ErrorPages()));
            config.jetty.modifyServletContextHandler(context -> context.setErrorHandler(new ErrorPages()));
            ErrorPages.register(config.routes);
            config.routes.get("/health", context -> {
                var missing = away.get();
                var frontEnds = faults.get();
                var working = frontEnds.isEmpty() ? "up" : "degraded";
                context.status(missing.isPresent() ? 503 : 200)
                        .json(Map.of(
                                "status",
                                missing.isPresent() ? "paused" : working,
                                "away",
                                missing.orElse(""),
                                "frontEnds",
                                frontEnds));
            });
            config.routes.get("/metrics", context -> {
                queue.refresh();
                context.contentType(ContentType.TEXT_PLAIN).result(metrics.scrape());
            });
        });
        return new Monitor(web.start(listen.host(), listen.port()));
    }

    int port() {
        return web.port();
    }

    @Override
    public void close() {
        web.stop();
    }
}
