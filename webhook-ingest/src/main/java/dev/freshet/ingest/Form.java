package dev.freshet.ingest;

import com.fasterxml.jackson.core.JsonPointer;
import dev.freshet.catalog.EventRule;
import dev.freshet.catalog.Place;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where a kind of sender says which delivery it is, and what happened. */
final class Form {
    private static final Place ID = Place.field("/id");
    private static final Topic RESOURCE_AND_ACTION =
            new Topic(List.of(Place.field("/resource"), Place.field("/action")), Form::oneCancelled);
    private static final Topic TOPIC = new Topic(List.of(Place.field("/topic")), UnaryOperator.identity());

    /** Of Thinkific, and of an application's events. */
    static final Form EVENT = new Form(List.of(ID), RESOURCE_AND_ACTION, TOPIC);
    /** The same with an id that may stand in a header; the body's own wins. */
    static final Form KEYED = new Form(List.of(ID, new Place.Header(SignatureScheme.KEY)), RESOURCE_AND_ACTION, TOPIC);

    /** Of a body that says nothing. */
    static final Form NONE = new Form(List.of());

    private final List<Place> ids;
    private final List<Topic> topics;
    private final List<JsonPointer> fields;
    private final List<Place.Header> headers;

    /** @param parts all of which must be there; joined by dots they are the topic */
    private record Topic(List<Place> parts, UnaryOperator<String> spelling) {
        @Override
        public String toString() {
            return parts.stream().map(Place::toString).collect(Collectors.joining(" and "));
        }
    }

    private Form(List<Place> ids, Topic... topics) {
        this.ids = ids;
        this.topics = List.of(topics);
        this.fields = places(Place.Field.class).map(Place.Field::at).toList();
        this.headers = places(Place.Header.class).toList();
    }

    /**
     * Of a provider, whose topics are spelled as rules spell them.
     *
     * @param id empty: its deliveries are known by their bytes
     * @param topics the first of these whose parts are all there is the topic
     */
    static Form of(Optional<Place> id, List<List<Place>> topics) {
        return new Form(
                id.stream().toList(),
                topics.stream()
                        .map(parts -> new Topic(parts, EventRule::spelled))
                        .toArray(Topic[]::new));
    }

    /** Deliveries use both spellings for one topic. */
    private static String oneCancelled(String topic) {
        return topic.endsWith(".canceled") ? topic.substring(0, topic.length() - 2) + "led" : topic;
    }

    /** Where in the body it says something. */
    List<JsonPointer> fields() {
        return fields;
    }

    /** Whether this is a place of ids, which may be numbers. */
    boolean isId(JsonPointer field) {
        return ids.contains(new Place.Field(field));
    }

    /**
     * The header that a request should have once: of several somebody on the way could have added one, and without one
     * that says what happened nothing can be done.
     *
     * @return empty when all headers are as they should be
     */
    Optional<String> wrongHeader(Function<String, List<String>> request) {
        return headers.stream()
                .filter(header -> {
                    var values = request.apply(header.name());
                    boolean absent = values.stream().allMatch(String::isBlank);
                    return values.size() > 1 || (absent && isNeeded(header));
                })
                .map(Place.Header::name)
                .findFirst();
    }

    private boolean isNeeded(Place header) {
        return topics.stream().allMatch(topic -> topic.parts().contains(header));
    }

    /** What the headers say, each of which came at most once. */
    Map<Place, String> said(Function<String, List<String>> request) {
        var said = new HashMap<Place, String>();
        for (var header : headers) {
            request.apply(header.name()).stream()
                    .map(String::strip)
                    .filter(value -> !value.isEmpty())
                    .forEach(value -> said.put(header, value));
        }
        return said;
    }

    Optional<String> id(Map<Place, String> said) {
        return ids.stream()
                .flatMap(place -> Stream.ofNullable(said.get(place)))
                .filter(id -> !id.isEmpty())
                .findFirst();
    }

    Optional<String> topic(Map<Place, String> said) {
        return topics.stream()
                .filter(topic -> topic.parts().stream()
                        .noneMatch(part -> said.getOrDefault(part, "").isEmpty()))
                .map(topic -> topic.spelling()
                        .apply(topic.parts().stream().map(said::get).collect(Collectors.joining("."))))
                .findFirst();
    }

    private <T extends Place> Stream<T> places(Class<T> type) {
        return Stream.concat(ids.stream(), topics.stream().flatMap(topic -> topic.parts().stream()))
                .filter(type::isInstance)
                .map(type::cast)
                .distinct();
    }

    /** Where it says what happened. */
    @Override
    public String toString() {
        return topics.stream().map(Topic::toString).collect(Collectors.joining(", or "));
    }
}
