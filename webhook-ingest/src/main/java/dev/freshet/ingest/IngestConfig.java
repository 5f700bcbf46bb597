package dev.freshet.ingest;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.limit.ClientAddress;
import dev.freshet.limit.Operators;
import dev.freshet.limit.RequestLimits;
import dev.freshet.queue.QueueOptions;
import dev.freshet.settings.Addresses;
import dev.freshet.settings.Durations;
import dev.freshet.settings.Listen;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The settings of this process.
 *
 * @param web how much is done at a time
 * @param catalog of which the sites, the write routes and the limits count here
 * @param queueUrl the Redis that holds the queue
 * @param queueTimeout of each command; with the queue slower than this a delivery is answered 503
 * @param eventWait how long {@code ?wait=applied} waits at most
 * @param spill where deliveries are kept while the queue is away; empty when there is no such place
 * @param operators tokens of those who may see how it fares
 */
record IngestConfig(
        Listen listen,
        WebServer.Limits web,
        Catalog catalog,
        URI queueUrl,
        Duration queueTimeout,
        QueueOptions queue,
        Duration eventWait,
        Optional<SpillOptions> spill,
        ClientAddress clients,
        List<String> operators,
        Limits limits) {

    /** Families of names that belong to this process. */
    private static final String[] FAMILIES = {"INGEST_", "EVENT_", "ADMIN_", "TRUSTED_", "SEEN_", "QUEUE_", "SPILL_"};

    private static final Duration MAX_WAIT = Duration.ofMinutes(1);

    /**
     * How many requests one address may make per window; 0 is no limit.
     *
     * @param webhooks deliveries
     * @param api events and write routes
     * @param patience how long a request waits to be counted
     * @param refused requests that are answered 4xx; later ones are told to wait, good ones are let in all the same
     */
    record Limits(int webhooks, int api, int refused, Duration window, Duration patience) {}

    /**
     * @throws SettingException when a setting cannot be used, or is none
     * @throws dev.freshet.catalog.CatalogException when the catalog cannot be used
     */
    static IngestConfig from(Settings settings) {
        var addresses = Addresses.from(settings);
        var catalog = CatalogReader.read(settings);
        var config = new IngestConfig(
                Listen.from(settings, "INGEST", 8080),
                web(settings),
                catalog,
                addresses.queue(),
                settings.duration("REDIS_TIMEOUT", Duration.ofSeconds(2)),
                QueueOptions.from(settings, addresses.prefix()),
                eventWait(settings),
                addresses.database().map(url -> SpillOptions.from(settings, url)),
                ClientAddress.from(settings),
                Operators.tokens(settings),
                limits(settings, catalog.limits()));
        settings.refuseUnknown(FAMILIES);
        requireTimeToWait(config);
        return config;
    }

    /** Else a call would be given up before the replicas' time is over. */
    private static void requireTimeToWait(IngestConfig config) {
        var limit = config.spill.map(SpillOptions::queuePatience).orElse(config.queueTimeout);
        if (config.queue.waitReplicas() > 0 && config.queue.waitTimeout().compareTo(limit) >= 0) {
            throw new SettingException("QUEUE_WAIT_TIMEOUT must be below "
                    + (config.spill.isPresent() ? "QUEUE_PATIENCE" : "REDIS_TIMEOUT") + ", which is "
                    + Durations.format(limit) + ": each delivery would be "
                    + (config.spill.isPresent() ? "spilled" : "answered 503") + " before the replicas' time is over");
        }
    }

    private static WebServer.Limits web(Settings settings) {
        var patience = settings.duration("INGEST_PATIENCE", Duration.ofSeconds(30));
        if (patience.toMillis() < 100 || patience.compareTo(MAX_WAIT) > 0) {
            throw new SettingException("INGEST_PATIENCE must be from 100ms to 1m");
        }
        return new WebServer.Limits(
                settings.number("INGEST_THREADS", 200, 16, 10_000),
                settings.number("INGEST_MAX_REQUESTS", 5_000, 1, 100_000),
                patience);
    }

    private static Duration eventWait(Settings settings) {
        var wait = settings.duration("EVENT_WAIT", Duration.ofSeconds(10));
        if (wait.compareTo(MAX_WAIT) > 0) {
            throw new SettingException("EVENT_WAIT must be at most 1m: a caller that waits longer should ask again");
        }
        return wait;
    }

    private static Limits limits(Settings settings, dev.freshet.catalog.Limits declared) {
        int max = Integer.MAX_VALUE;
        int window = Math.clamp(declared.window().toMillis(), 1_000, max);
        return new Limits(
                settings.number("RATE_LIMIT_WEBHOOK_REQUESTS", declared.webhooks(), 0, max),
                settings.number("RATE_LIMIT_API_REQUESTS", declared.api(), 0, max),
                settings.number("RATE_LIMIT_REFUSED_REQUESTS", 60, 0, max),
                Duration.ofMillis(settings.number("RATE_LIMIT_WINDOW_MS", window, 1_000, max)),
                RequestLimits.patience(settings));
    }
}
