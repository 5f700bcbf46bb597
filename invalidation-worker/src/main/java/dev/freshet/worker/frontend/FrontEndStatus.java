package dev.freshet.worker.frontend;

import java.time.Duration;
import java.time.Instant;
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
 */
public record FrontEndStatus(
        String frontEnd,
        String instance,
        int owed,
        Duration oldestDueAge,
        Optional<Instant> lastConfirmedAt,
        Optional<String> lastError,
        boolean misconfigured,
        int consecutiveFailures) {}
