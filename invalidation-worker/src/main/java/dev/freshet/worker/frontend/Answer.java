package dev.freshet.worker.frontend;

import java.time.Duration;
import java.util.Optional;

/** How a call ended. */
sealed interface Answer {
    /**
     * It is done and stored.
     *
     * @param boot names the process that answered; empty when it does not say
     */
    record Confirmed(Optional<String> boot) implements Answer {}

    /**
     * It may succeed later.
     *
     * @param retryAfter what the instance asked for; zero when it did not
     */
    record Failed(String error, Duration retryAfter) implements Answer {}

    /** It will not succeed before a person mends it. */
    record Misconfigured(String error) implements Answer {}
}
