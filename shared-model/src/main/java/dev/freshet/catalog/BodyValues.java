package dev.freshet.catalog;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Named values of a body, taken out in one pass: nothing is built of what no pointer names. */
public final class BodyValues {
    public static final BodyValues NONE = new BodyValues(Map.of());

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private final Map<String, Pointer> pointers;
    private final Place root;

    /** @param pointers by name; their order is the order of the values */
    public BodyValues(Map<String, Pointer> pointers) {
        this.pointers = Collections.unmodifiableMap(new LinkedHashMap<>(pointers));
        this.root = new Place(pointers.values().stream().map(Pointer::path).toArray(JsonPointer[]::new));
    }

    /** In their order. */
    public Set<String> names() {
        return pointers.keySet();
    }

    /** By name, in their order. */
    Map<String, Pointer> pointers() {
        return pointers;
    }

    /**
     * What {@link Pointer#text} says of the value that each pointer names, in their order; null where it is missing or null.
     *
     * @return null when the body is JSON but no object
     * @throws IOException when the body is no JSON
     */
    @Nullable String @Nullable [] read(byte[] body) throws IOException {
        try (var parser = JSON.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                JSON.readTree(body); // it may be no JSON at all
                return null;
            }
            var values = new @Nullable String[pointers.size()];
            object(parser, root, values);
            return values;
        }
    }

    private static void object(JsonParser parser, Place place, @Nullable String[] values) throws IOException {
        for (var name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            var token = parser.nextToken();
            var inside = place.below(name);
            if (inside == null) {
                parser.skipChildren();
                continue;
            }
            inside.forget(values);
            if (token.isScalarValue()) {
                inside.put(scalar(parser, token), values);
            } else if (token == JsonToken.START_OBJECT && !inside.isEnd()) {
                object(parser, inside, values);
            } else {
                inside.putParts(JSON.readTree(parser), values);
            }
        }
    }

    private static @Nullable String scalar(JsonParser parser, JsonToken token) throws IOException {
        return switch (token) {
            case VALUE_STRING -> parser.getText();
            case VALUE_NULL -> null;
            case VALUE_NUMBER_INT -> whole(parser.getText());
            default -> Pointer.text(JSON.readTree(parser));
        };
    }

    /** As {@link Pointer#text} has it, without a tree for each number. */
    private static String whole(String digits) {
        return digits.equals("-0") ? "0" : digits;
    }

    /** Somewhere in a body where pointers lead to, or through. */
    private static final class Place {
        /** What is left of each pointer from here on; null for one that does not lead here. */
        private final @Nullable JsonPointer[] rest;

        /** Numbers of those that lead here, and of those that end here. */
        private final int[] leading;

        private final int[] ending;
        private final String[] names;
        private final Place[] places;

        Place(@Nullable JsonPointer[] rest) {
            this.rest = rest;
            this.leading =
                    IntStream.range(0, rest.length).filter(i -> rest[i] != null).toArray();
            this.ending = Arrays.stream(leading).filter(i -> rest(i).matches()).toArray();
            this.names = Arrays.stream(leading)
                    .mapToObj(this::rest)
                    .filter(pointer -> !pointer.matches())
                    .map(JsonPointer::getMatchingProperty)
                    .distinct()
                    .toArray(String[]::new);
            this.places = Stream.of(names)
                    .flatMap(name -> Stream.ofNullable(Pointer.below(rest, name)))
                    .map(Place::new)
                    .toArray(Place[]::new);
        }

        private JsonPointer rest(int number) {
            return Objects.requireNonNull(rest[number]);
        }

        boolean isEnd() {
            return ending.length > 0;
        }

        @Nullable Place below(String name) {
            for (int i = 0; i < names.length; i++) {
                if (names[i].equals(name)) {
                    return places[i];
                }
            }
            return null;
        }

        /** A name that comes again starts anew. */
        void forget(@Nullable String[] values) {
            for (int number : leading) {
                values[number] = null;
            }
        }

        void put(@Nullable String value, @Nullable String[] values) {
            for (int number : ending) {
                values[number] = value;
            }
        }

        /** Of an array, or of an object that is asked for as a whole. */
        void putParts(JsonNode whole, @Nullable String[] values) {
            for (int number : leading) {
                var part = whole.at(rest(number));
                values[number] = part.isMissingNode() || part.isNull() ? null : Pointer.text(part);
            }
        }
    }
}
