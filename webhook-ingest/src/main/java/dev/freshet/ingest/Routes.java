package dev.freshet.ingest;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.EventRule;
import io.github.bucket4j.TimeMeter;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.util.Optional;

/** Every address of this process. */
final class Routes {
    private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final Catalog catalog;
    private final Sites sites;
    private final Admission admission;
    private final RequestLimit apiLimit;
    private final RequestLimit webhookLimit;
    private final Intake intake;
    private final Health health;
    private final PrometheusMeterRegistry meters;

    Routes(IngestConfig config, Intake intake, Outcomes outcomes, Health health, PrometheusMeterRegistry meters) {
        var limits = config.limits();
        this.catalog = config.catalog();
        this.sites = new Sites(catalog);
        this.admission = new Admission(
                new ClientAddress(config.trustedProxies()),
                new RequestLimit(limits.refused(), limits.window(), TimeMeter.SYSTEM_NANOTIME),
                outcomes,
                Clock.systemUTC());
        this.apiLimit = new RequestLimit(limits.api(), limits.window(), TimeMeter.SYSTEM_NANOTIME);
        this.webhookLimit = new RequestLimit(limits.webhooks(), limits.window(), TimeMeter.SYSTEM_NANOTIME);
        this.intake = intake;
        this.health = health;
        this.meters = meters;
    }

    void register(RoutesConfig routes) {
        var webhooks = new WebhookHandler(sites, admission, webhookLimit, intake);
        routes.post("/webhooks/{scheme}", webhooks);
        routes.post("/webhooks/{scheme}/{site}", webhooks);
        routes.post("/events", new EventHandler(sites.applications(), admission, apiLimit, intake, Optional.empty()));
        catalog.events().values().forEach(rule -> registerWrite(routes, rule));
        routes.get("/health", health::brief);
        routes.head("/health", health::brief); // else it would be 200 whatever the health is
        routes.get("/health/detailed", health::detailed);
        routes.get("/metrics", this::metrics);
    }

    private void registerWrite(RoutesConfig routes, EventRule rule) {
        var route = rule.route();
        if (route != null) {
            var topic = Optional.of(rule.topic());
            routes.addHttpHandler(
                    HandlerType.findOrCreate(route.method()),
                    route.path(),
                    new EventHandler(sites.writers(rule), admission, apiLimit, intake, topic));
        }
    }

    private void metrics(Context ctx) {
        ctx.contentType(METRICS_TYPE).result(meters.scrape());
    }
}
