package dev.freshet.ingest;

import dev.freshet.catalog.EventRule;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Collection;

/**
 * Every address of this process.
 *
 * @param rules those with a route can be written to
 */
record Routes(
        WebhookHandler webhooks,
        Collection<EventRule> rules,
        Health health,
        PrometheusMeterRegistry meters,
        Admission admission) {
    private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    void register(RoutesConfig routes) {
        routes.post("/webhooks/{name}", webhooks::webhook);
        routes.post("/webhooks/{scheme}/{site}", webhooks::webhookOfScheme);
        routes.post("/events", webhooks::event);
        for (var rule : rules) {
            var route = rule.route();
            if (route != null) {
                var method = HandlerType.findOrCreate(route.method());
                routes.addHttpHandler(method, route.path(), ctx -> webhooks.write(ctx, rule));
            }
        }
        routes.get("/health", health::brief);
        routes.head("/health", health::brief); // else it would be 200 whatever the health is
        ofOperators(routes, "/health/detailed", health::detailed);
        ofOperators(routes, "/metrics", ctx -> ctx.contentType(METRICS_TYPE).result(meters.scrape()));
    }

    private void ofOperators(RoutesConfig routes, String path, Handler handler) {
        routes.get(path, ofOperators(handler));
        routes.head(path, ofOperators(handler));
    }

    private Handler ofOperators(Handler handler) {
        return ctx -> {
            if (admission.admitOperator(ctx)) {
                handler.handle(ctx);
            }
        };
    }
}
