package dev.freshet.catalog;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Takes values out of a body in one pass, and builds nothing of what no pointer names. */
final class BodyReader {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private final JsonParser parser;
    private final @Nullable String[] values;

    private BodyReader(JsonParser parser, int pointers) {
        this.parser = parser;
        this.values = new @Nullable String[pointers];
    }

    /**
     * What {@link Pointer#text} says of the value that each pointer names, in their order; null where it is missing or null.
     *
     * @return null when the body is JSON but no object
     * @throws IOException when the body is no JSON
     */
    static @Nullable String @Nullable [] read(byte[] body, Collection<Pointer> pointers) throws IOException {
        try (var parser = JSON.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                JSON.readTree(body); // it may be no JSON at all
                return null;
            }
            var reader = new BodyReader(parser, pointers.size());
            reader.object(pointers.stream().map(Pointer::path).toArray(JsonPointer[]::new));
            return reader.values;
        }
    }

    /** @param asked what each pointer looks for within this object; null for one that does not lead here */
    private void object(@Nullable JsonPointer[] asked) throws IOException {
        for (var name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            var token = parser.nextToken();
            var inside = Pointer.below(asked, name);
            if (inside == null) {
                parser.skipChildren();
                continue;
            }
            forget(inside);
            if (token.isScalarValue()) {
                put(inside, scalar(token));
            } else if (token == JsonToken.START_OBJECT && !endsHere(inside)) {
                object(inside);
            } else {
                putParts(inside);
            }
        }
    }

    /** A name that comes again starts anew. */
    private void forget(@Nullable JsonPointer[] pointers) {
        for (int i = 0; i < pointers.length; i++) {
            if (pointers[i] != null) {
                values[i] = null;
            }
        }
    }

    private static boolean endsHere(@Nullable JsonPointer[] pointers) {
        for (var pointer : pointers) {
            if (pointer != null && pointer.matches()) {
                return true;
            }
        }
        return false;
    }

    private @Nullable String scalar(JsonToken token) throws IOException {
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

    private void put(@Nullable JsonPointer[] pointers, @Nullable String value) {
        for (int i = 0; i < pointers.length; i++) {
            var pointer = pointers[i];
            if (pointer != null && pointer.matches()) {
                values[i] = value;
            }
        }
    }

    /** An array, or an object that is asked for as a whole. */
    private void putParts(@Nullable JsonPointer[] pointers) throws IOException {
        JsonNode whole = JSON.readTree(parser);
        for (int i = 0; i < pointers.length; i++) {
            var pointer = pointers[i];
            if (pointer != null) {
                var part = whole.at(pointer);
                values[i] = part.isMissingNode() || part.isNull() ? null : Pointer.text(part);
            }
        }
    }
}
