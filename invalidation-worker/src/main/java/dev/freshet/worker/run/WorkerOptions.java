package dev.freshet.worker.run;

import dev.freshet.settings.Addresses;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * How a worker works.
 *
 * @param batch the most jobs of one claim, 1 to 500
 * @param lanes how many claims are worked on at the same time
 * @param lease how long a claim is safe from the reaper without a sign of life
 * @param drain how long a stopping worker may finish what it claimed
 * @param audit how often the fleet compares a few cached values with the database; zero for never
 * @param capturePoll how soon what triggers wrote down is looked for
 * @param captureListen the PostgreSQL, directly, that notifies of it; empty when none is asked
 * @param keep how long what became of a delivery can be looked up; zero to write nothing down
 * @param retries what becomes of a job that failed for a reason that may pass
 */
public record WorkerOptions(
        int batch,
        int lanes,
        Duration lease,
        Duration drain,
        Duration audit,
        Duration capturePoll,
        Optional<URI> captureListen,
        Duration keep,
        RetryPolicy retries) {

    static final String CAPTURE_LISTEN = "CAPTURE_LISTEN_URL";

    /**
     * Whether workers are told to wait for notifications of captured changes, and where.
     *
     * @throws SettingException when it is no address
     */
    public static Optional<URI> captureListen(Settings settings) {
        return settings.uri(CAPTURE_LISTEN).map(url -> Addresses.requirePostgresql(CAPTURE_LISTEN, url));
    }

    /** @throws SettingException when a setting is out of its bounds */
    public static WorkerOptions from(Settings settings) {
        var lease = settings.duration("WORKER_LEASE", Duration.ofSeconds(30));
        if (lease.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new SettingException("WORKER_LEASE must be 1s or longer, was " + lease.toMillis() + "ms");
        }
        var audit = settings.duration("WORKER_AUDIT_INTERVAL", Duration.ofMinutes(1));
        if (audit.isPositive() && audit.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new SettingException(
                    "WORKER_AUDIT_INTERVAL must be 1s or longer, or 0s for never, was " + audit.toMillis() + "ms");
        }
        var poll = settings.duration("CAPTURE_POLL", Duration.ofMillis(200));
        if (poll.compareTo(Duration.ofMillis(10)) < 0 || poll.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new SettingException("CAPTURE_POLL must be from 10ms to 1m, was " + poll.toMillis() + "ms");
        }
        return new WorkerOptions(
                settings.number("WORKER_BATCH", 500, 1, 500),
                settings.number("WORKER_LANES", 4, 1, 64),
                lease,
                settings.duration("WORKER_DRAIN", Duration.ofSeconds(20)),
                audit,
                poll,
                captureListen(settings),
                settings.duration("DELIVERIES_KEEP", Duration.ofDays(30)),
                new RetryPolicy(
                        settings.number("WORKER_RETRY_ATTEMPTS", 10, 1, 100),
                        settings.duration("WORKER_RETRY_BUDGET", Duration.ofHours(24)),
                        settings.duration("WORKER_RETRY_BASE", Duration.ofSeconds(1)),
                        settings.duration("WORKER_RETRY_CAP", Duration.ofMinutes(10))));
    }
}
