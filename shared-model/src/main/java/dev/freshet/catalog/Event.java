package dev.freshet.catalog;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What happened, as its rule read it from a delivery.
 *
 * @param parameters the values for SQL and tags by name; null for an optional one that was absent
 * @param version empty when the rule names none: the event applies in any order
 */
public record Event(String topic, Map<String, @Nullable String> parameters, Optional<Version> version) {

    /**
     * What the event is about and how new it is: the greatest number wins, an equal one is applied again.
     *
     * @param number microseconds since 1970, or the whole number that the delivery carried
     */
    public record Version(String identity, long number) {}

    public Event {
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    /** Names the topic only: the parameters may be personal. */
    @Override
    public String toString() {
        return "event " + topic;
    }
}
