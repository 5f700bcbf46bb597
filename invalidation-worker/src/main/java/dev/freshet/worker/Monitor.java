package dev.freshet.worker;

import dev.freshet.limit.Operators;
import dev.freshet.settings.Listen;
import dev.freshet.worker.view.ErrorPages;
import dev.freshet.worker.view.OperatorsOnly;
import io.javalin.Javalin;
import io.javalin.http.ContentType;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The worker's own port: {@code GET /health}, which tells operators more, and {@code GET /metrics} for them alone. */
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
            Operators operators,
            PrometheusMeterRegistry metrics,
            QueueGauges queue,
            Supplier<Optional<String>> away,
            Supplier<List<String>> faults) {
        var web = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.http.prefer405over404 = true;
            ErrorPages.install(config.jetty);
            OperatorsOnly.register(config.routes);
            ErrorPages.register(config.routes);
            config.routes.get("/health", context -> {
                var missing = away.get();
                var frontEnds = faults.get();
                var working = frontEnds.isEmpty() ? "up" : "degraded";
                var report = new LinkedHashMap<String, Object>();
                report.put("status", missing.isPresent() ? "paused" : working);
                if (OperatorsOnly.admits(operators, context)) {
                    report.put("away", missing.orElse(""));
                    report.put("frontEnds", frontEnds);
                }
                context.status(missing.isPresent() ? 503 : 200)
                        .header("Cache-Control", "no-store")
                        .json(report);
            });
            config.routes.get("/metrics", OperatorsOnly.guard(operators, context -> {
                queue.refresh();
                context.contentType(ContentType.TEXT_PLAIN).result(metrics.scrape());
            }));
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
