package dev.freshet.catalog;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What happened, as its rule read it from a delivery.
 *
 * @param parameters the values for SQL and tags by name; null for an optional one that was absent; not copied, since there are
 *     hundreds in a claim
 * @param version empty when the rule names none: the event applies in any order
 * @param rows of a captured change the values of its rows, which stand above the parameters; none for all other events
 * @param isBoundless whether anything may have changed: a captured change of which nobody knows the rows
 */
public record Event(
        String topic,
        Map<String, @Nullable String> parameters,
        Optional<Version> version,
        List<Map<String, @Nullable String>> rows,
        boolean isBoundless) {

    /**
     * What the event is about and how new it is: the greatest number wins, an equal one is applied again.
     *
     * @param number microseconds since 1970, or the whole number that the delivery carried
     */
    public record Version(String identity, long number) {}

    public Event {
        parameters = Collections.unmodifiableMap(parameters);
        rows = List.copyOf(rows);
    }

    Event(String topic, Map<String, @Nullable String> parameters, Optional<Version> version) {
        this(topic, parameters, version, List.of(), false);
    }

    /** What SQL is asked with: the parameters, or those of each row. */
    public List<Map<String, @Nullable String>> sets() {
        return rows.isEmpty()
                ? List.of(parameters)
                : rows.stream().map(row -> EventRule.overlay(parameters, row)).toList();
    }

    /** Names the topic only: the parameters may be personal. */
    @Override
    public String toString() {
        return "event " + topic;
    }
}
