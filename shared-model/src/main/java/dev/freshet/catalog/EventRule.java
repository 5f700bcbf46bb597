package dev.freshet.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.freshet.model.Job;
import dev.freshet.model.Tag;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one topic does: which rows it changes and which tags and pages depend on them.
 *
 * @param route where the application may write it; null for events that only come as deliveries
 * @param from the sites it may come from; empty for any
 * @param with where the parameters stand in the body
 * @param identity what the event is about, together with {@code version} or not at all
 * @param version the parameter that says how new it is
 * @param apply changes rows; null when nothing is to be applied
 * @param lookup rows whose columns fill further placeholders of tags and paths, run before and after {@code apply}
 * @param through views that are loaded again before whoever wrote it is answered
 * @param scores members of boards whose scores it changes
 */
public record EventRule(
        String topic,
        @Nullable Route route,
        Set<String> from,
        BodyValues with,
        @Nullable Template identity,
        @Nullable String version,
        @Nullable NamedSql apply,
        @Nullable NamedSql lookup,
        List<Template> tags,
        List<PageTemplate> paths,
        List<String> through,
        List<ScoreTemplate> scores) {

    /** One that changes no scores, and leaves loading to re-warms and readers. */
    public EventRule(
            String topic,
            @Nullable Route route,
            Set<String> from,
            BodyValues with,
            @Nullable Template identity,
            @Nullable String version,
            @Nullable NamedSql apply,
            @Nullable NamedSql lookup,
            List<Template> tags,
            List<PageTemplate> paths) {
        this(topic, route, from, with, identity, version, apply, lookup, tags, paths, List.of(), List.of());
    }

    /** A parameter that every event has: when the service accepted the delivery, in ISO-8601. */
    public static final String RECEIVED_AT = "receivedAt";

    private static final Pattern WHOLE = Pattern.compile("-?\\d{1,18}");

    /** The topic of what nobody can read; no rule has it. */
    public static final String UNREADABLE = "unreadable";

    /**
     * A topic as rules spell it, whatever its sender does: in lower case, with dots for {@code /} and {@code :}, and
     * {@code _} for {@code -}.
     */
    public static String spelled(String topic) {
        return topic.toLowerCase(Locale.ROOT)
                .replace('/', '.')
                .replace(':', '.')
                .replace('-', '_');
    }

    /** Whether a delivery of this site is meant by the rule. */
    public boolean accepts(String site) {
        return from.isEmpty() || from.contains(site);
    }

    /**
     * @param body the delivery's bytes
     * @param receivedAt when the service accepted it
     * @throws UnreadableException when the body is no JSON object, lacks a required value, or has a version that is none
     */
    public Event read(byte[] body, Instant receivedAt) throws UnreadableException {
        var parameters = new LinkedHashMap<String, @Nullable String>();
        parameters.put(RECEIVED_AT, receivedAt.toString());
        if (isCaptured()) {
            return captured(body, parameters);
        }
        var values = values(body);
        int next = 0;
        for (var entry : with.pointers().entrySet()) {
            var pointer = entry.getValue();
            var value = values[next++];
            if (value == null && !pointer.optional()) {
                throw new UnreadableException(topic + ": " + pointer + " is missing");
            }
            parameters.put(entry.getKey(), value);
        }
        return new Event(topic, parameters, version(parameters));
    }

    private boolean isCaptured() {
        return from.equals(Set.of(Job.CAPTURE));
    }

    private Event captured(byte[] body, Map<String, @Nullable String> parameters) throws UnreadableException {
        try {
            var rows = CapturedRows.read(body, with.names());
            return new Event(topic, parameters, Optional.empty(), rows.orElse(List.of()), rows.isEmpty());
        } catch (IOException e) {
            throw new UnreadableException(topic + ": the body is no JSON");
        }
    }

    /**
     * The tags that the event invalidates. A tag that needs a value which neither the event nor a row has is left out,
     * and so is one that no view could carry.
     *
     * @param rows the answers of {@code lookup} from before and after; a row's value wins over the event's, and the
     *     event's own counts too
     */
    public NavigableSet<Tag> tags(Event event, Collection<Map<String, @Nullable String>> rows) {
        var found = new TreeSet<Tag>();
        eachTag(event, rows, found::add);
        return found;
    }

    /** As {@link #tags}, in no order, and one tag may come several times. */
    public void eachTag(Event event, Collection<Map<String, @Nullable String>> rows, Consumer<Tag> found) {
        eachTag(event.parameters(), found);
        for (var row : rows) {
            eachTag(overlay(event.parameters(), row), found);
        }
    }

    private void eachTag(Map<String, @Nullable String> values, Consumer<Tag> found) {
        for (var template : tags) {
            template.render(values).filter(Tag::isValid).map(Tag::new).ifPresent(found);
        }
    }

    /**
     * The pages that the event changes, by the same rules as {@link #tags}. One path may stand there several times, with
     * different versions, those of later rows later.
     */
    public Set<Page> pages(Event event, Collection<Map<String, @Nullable String>> rows) {
        if (paths.isEmpty()) {
            return Set.of();
        }
        return values(event, rows)
                .flatMap(values -> paths.stream().flatMap(path -> path.render(values).stream()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /**
     * The members of boards whose scores the event may have changed, by the same rules as {@link #tags}.
     *
     * @see ScoreTemplate
     */
    public Set<Score> scores(Event event, Collection<Map<String, @Nullable String>> rows) {
        if (scores.isEmpty()) {
            return Set.of();
        }
        return values(event, rows)
                .flatMap(values -> scores.stream().flatMap(score -> score.render(values)))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Whether it says of pages how new they must be. */
    boolean hasPageVersions() {
        return paths.stream().anyMatch(path -> path.version().isPresent());
    }

    /**
     * What it says now, by the names of {@code with} and of the columns of {@code lookup}.
     *
     * @param rows the answers of {@code lookup} from after; where there is none, the event's own values stand alone
     */
    public List<Map<String, @Nullable String>> written(Event event, Collection<Map<String, @Nullable String>> rows) {
        return rows.isEmpty()
                ? List.of(event.parameters())
                : rows.stream().map(row -> overlay(event.parameters(), row)).toList();
    }

    private static Stream<Map<String, @Nullable String>> values(
            Event event, Collection<Map<String, @Nullable String>> rows) {
        return Stream.concat(Stream.of(event.parameters()), rows.stream().map(row -> overlay(event.parameters(), row)));
    }

    /** A value that is null above leaves the one below. */
    static Map<String, @Nullable String> overlay(
            Map<String, @Nullable String> below, Map<String, @Nullable String> above) {
        var merged = new LinkedHashMap<>(below);
        above.forEach((name, value) -> {
            if (value != null) {
                merged.put(name, value);
            }
        });
        return merged;
    }

    /** Those of {@link #with}, in its order. */
    private @Nullable String[] values(byte[] body) throws UnreadableException {
        try {
            var values = with.read(body);
            if (values != null) {
                return values;
            }
        } catch (JsonProcessingException e) {
            var where = e.getLocation();
            throw new UnreadableException(topic + ": the body is no JSON"
                    + (where == null ? "" : ", line " + where.getLineNr() + " column " + where.getColumnNr()));
        } catch (IOException e) {
            throw new UnreadableException(topic + ": the body is no JSON");
        }
        throw new UnreadableException(topic + ": the body is no JSON object");
    }

    private Optional<Event.Version> version(Map<String, @Nullable String> parameters) throws UnreadableException {
        if (identity == null || version == null) {
            return Optional.empty();
        }
        var number = parameters.get(version);
        var about = identity.render(parameters);
        if (number == null || about.isEmpty()) {
            throw new UnreadableException(topic + ": " + identity + " or its version has no value");
        }
        return Optional.of(new Event.Version(about.get(), versionNumber(number)));
    }

    private long versionNumber(String text) throws UnreadableException {
        if (WHOLE.matcher(text).matches()) {
            return Long.parseLong(text);
        }
        try {
            return Timestamps.micros(text);
        } catch (DateTimeParseException | ArithmeticException e) {
            throw new UnreadableException(
                    topic + ": " + version + " is neither a time such as 2026-01-31T12:00:00Z" + " nor a whole number");
        }
    }
}
