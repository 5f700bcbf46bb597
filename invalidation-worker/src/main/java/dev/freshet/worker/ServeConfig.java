package dev.freshet.worker;

import dev.freshet.settings.Addresses;
import dev.freshet.settings.Listen;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import java.net.URI;
import java.time.Duration;

/**
 * The settings of the process that answers cached reads.
 *
 * @param loads how many statements it runs at the same time
 * @param statementTimeout of each; must end well before the cache's lease does
 */
record ServeConfig(
        Listen listen,
        String catalog,
        Addresses addresses,
        URI database,
        Duration redisTimeout,
        int loads,
        Duration statementTimeout) {
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
        return new ServeConfig(
                Listen.from(settings, "SERVE", 8082),
                settings.text("CATALOG", "tafta"),
                addresses,
                addresses.requireDatabase(),
                settings.duration("REDIS_TIMEOUT", Duration.ofSeconds(2)),
                settings.number("SERVE_LOADS", 8, 1, 1_000),
                timeout);
    }
}
