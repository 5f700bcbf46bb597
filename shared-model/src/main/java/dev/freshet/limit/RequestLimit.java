package dev.freshet.limit;

import java.time.Duration;
import java.util.Optional;

/** How many requests of one kind a caller may make in a window. */
@FunctionalInterface
public interface RequestLimit {
    /** Lets everything pass. */
    RequestLimit NONE = caller -> Optional.empty();

    /**
     * Counts one request.
     *
     * @param caller an address, or whatever else tells callers apart
     * @return empty when it may pass; otherwise how long to wait
     */
    Optional<Duration> refuse(String caller);
}
