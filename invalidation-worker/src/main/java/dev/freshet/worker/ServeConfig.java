package dev.freshet.worker;

import dev.freshet.catalog.Limits;
import dev.freshet.catalog.Targets;
import dev.freshet.limit.ClientAddress;
import dev.freshet.limit.Operators;
import dev.freshet.limit.RequestLimits;
import dev.freshet.settings.Addresses;
import dev.freshet.settings.Listen;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * The settings of the process that answers cached reads.
 *
 * @param loads how many statements it runs at the same time
 * @param statementTimeout of each; must end well before the cache's lease does
 * @param hasCache whether there is a cache at all; else every read is loaded
 * @param refused how many requests of one address are told that their token is wrong, per window; 0 for no limit
 * @param limitTimeout how long a request waits to be counted
 * @param adminTokens of the admin API; none keeps it closed
 * @param targetWindow of how long reads are judged together by the targets
 */
record ServeConfig(
        Listen listen,
        Addresses addresses,
        URI database,
        Duration redisTimeout,
        int loads,
        Duration statementTimeout,
        boolean hasCache,
        ClientAddress clients,
        int refused,
        Duration limitTimeout,
        List<String> adminTokens,
        Duration targetWindow) {
    /** Leaves room in a lease of 30 s for the wait for a turn and for a connection. */
    private static final Duration LONGEST_STATEMENT = Duration.ofSeconds(20);

    /** @throws SettingException when a setting is none */
    static ServeConfig from(Settings settings) {
        var addresses = Addresses.from(settings);
        var timeout = settings.duration("SERVE_STATEMENT_TIMEOUT", Duration.ofSeconds(15));
        if (!timeout.isPositive() || timeout.compareTo(LONGEST_STATEMENT) > 0) {
            throw new SettingException("SERVE_STATEMENT_TIMEOUT must be more than 0 and at most 20s: a load that"
                    + " outlives the lease of its key is thrown away");
        }
        var window = settings.duration("TARGET_WINDOW", Duration.ofMinutes(1));
        if (!window.isPositive()) {
            throw new SettingException("TARGET_WINDOW must be more than 0, such as 1m");
        }
        return new ServeConfig(
                Listen.from(settings, "SERVE", 8082),
                addresses,
                addresses.requireDatabase(),
                settings.duration("REDIS_TIMEOUT", Duration.ofSeconds(2)),
                settings.number("SERVE_LOADS", 8, 1, 1_000),
                timeout,
                settings.flag("REDIS_ENABLED", true),
                ClientAddress.from(settings),
                settings.number("RATE_LIMIT_REFUSED_REQUESTS", 60, 0, Integer.MAX_VALUE),
                RequestLimits.patience(settings),
                Operators.tokens(settings),
                window);
    }

    /** What the settings say of targets, else the catalog. */
    static Targets targets(Settings settings, Targets declared) {
        return settings.part("TARGET_HIT_RATE").map(declared::withHitRate).orElse(declared);
    }

    /** What the settings say of limits, else the catalog. */
    static Limits limits(Settings settings, Limits declared) {
        int max = Integer.MAX_VALUE;
        int window = Math.clamp(declared.window().toMillis(), 1_000, max);
        return new Limits(
                0,
                settings.number("RATE_LIMIT_API_REQUESTS", declared.api(), 0, max),
                settings.number("RATE_LIMIT_CACHE_REQUESTS", declared.cache(), 0, max),
                settings.number("RATE_LIMIT_DATABASE_REQUESTS", declared.database(), 0, max),
                settings.number("RATE_LIMIT_IDENTIFIER_REQUESTS", declared.identifier(), 0, max),
                declared.identifierHeader(),
                Duration.ofMillis(settings.number("RATE_LIMIT_WINDOW_MS", window, 1_000, max)));
    }
}
