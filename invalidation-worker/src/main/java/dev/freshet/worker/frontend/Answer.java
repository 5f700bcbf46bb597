package dev.freshet.worker.frontend;

import java.time.Duration;

/** How a call ended. */
sealed interface Answer {
    /** 200, and nothing else. */
    record Confirmed() implements Answer {}

    /**
     * It may succeed later.
     *
     * @param retryAfter what the instance asked for; zero when it did not
     */
    record Failed(String error, Duration retryAfter) implements Answer {}

    /** It will not succeed before a person mends it. */
    record Misconfigured(String error) implements Answer {}
}
