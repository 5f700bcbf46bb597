package dev.freshet.ingest;

import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import java.net.URI;
import java.time.Duration;

/**
 * How deliveries are kept while the queue's Redis is away. Whatever is away, a sender is answered when both patiences are
 * over: by default within a second.
 *
 * @param database where
 * @param queuePatience how long a delivery waits for the queue before it is spilled
 * @param patience how long it then waits for the spill
 * @param maxDeliveries how many may wait there before new ones are refused, give or take those of a second
 * @param maxBytes how large they may be together
 */
record SpillOptions(URI database, Duration queuePatience, Duration patience, long maxDeliveries, long maxBytes) {
    private static final Duration LONGEST = Duration.ofMinutes(1);
    /** The pool waits no shorter. */
    private static final Duration LEAST_FOR_A_CONNECTION = Duration.ofMillis(250);

    /** @throws SettingException when a setting cannot be used */
    static SpillOptions from(Settings settings, URI database) {
        return new SpillOptions(
                database,
                patience(settings, "QUEUE_PATIENCE", Duration.ofMillis(1), Duration.ofMillis(400)),
                patience(settings, "SPILL_PATIENCE", LEAST_FOR_A_CONNECTION, Duration.ofMillis(500)),
                settings.number("SPILL_MAX_DELIVERIES", 1_000_000, 1, 100_000_000),
                settings.number("SPILL_MAX_BYTES", 1 << 30, 1 << 20, Integer.MAX_VALUE));
    }

    private static Duration patience(Settings settings, String name, Duration least, Duration fallback) {
        var patience = settings.duration(name, fallback);
        if (patience.compareTo(least) < 0 || patience.compareTo(LONGEST) > 0) {
            throw new SettingException(
                    name + " must be from " + least.toMillis() + "ms to 1m: a sender waits for so long");
        }
        return patience;
    }
}
