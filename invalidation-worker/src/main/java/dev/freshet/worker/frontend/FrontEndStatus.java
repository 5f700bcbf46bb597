package dev.freshet.worker.frontend;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How one instance stands.
 *
 * @param frontEnd the front end's name in the catalog
 * @param instance its address, without login and query
 * @param owed how many tags and paths it has not confirmed, those that wait for their second call included
 * @param oldestDueAge how long the oldest of them has been due; zero when none is due
 * @param lastConfirmedAt when it last answered 200, by the clock of Redis
 * @param lastError why the last call failed; empty when it did not
 * @param misconfigured whether the last call failed in a way that a person must mend, such as a wrong secret
 * @param consecutiveFailures calls since the last one that was confirmed
 * @param unproven pages that stayed old though it confirmed them, a sentence each; not more than a few
 * @param unseen for how long no worker has found the instance in its list or by its name
 */
public record FrontEndStatus(
        String frontEnd,
        String instance,
        int owed,
        Duration oldestDueAge,
        Optional<Instant> lastConfirmedAt,
        Optional<String> lastError,
        boolean misconfigured,
        int consecutiveFailures,
        List<String> unproven,
        Duration unseen) {
    public FrontEndStatus {
        unproven = List.copyOf(unproven);
    }

    /** Calls in a row. */
    static final int FAILURES_THAT_OPEN = 3;

    /** After this long it is no longer there; workers look at least three times meanwhile. */
    private static final Duration LEFT = Duration.ofMinutes(3);

    /** Whether it failed so often that it is asked whether it is there before it is told. */
    public boolean isOpen() {
        return consecutiveFailures >= FAILURES_THAT_OPEN;
    }

    /** Whether the instance left the list or the name. It stays owed for a while and is not told meanwhile. */
    public boolean hasLeft() {
        return unseen.compareTo(LEFT) >= 0;
    }
}
