package dev.freshet.catalog;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Where in a delivery's body a value stands (RFC 6901).
 *
 * @param optional whether the value may be missing or null; written as a question mark at the end
 */
public record Pointer(JsonPointer path, boolean optional) {

    /** @throws IllegalArgumentException when it is no JSON pointer */
    public static Pointer parse(String text) {
        boolean optional = text.endsWith("?");
        return new Pointer(JsonPointer.compile(optional ? text.substring(0, text.length() - 1) : text), optional);
    }

    /**
     * The way of many pointers at once into an object.
     *
     * @param asked what each looks for within this object; null for one that does not lead here
     * @return what is left of each behind this name; null when none leads there
     */
    public static @Nullable JsonPointer @Nullable [] below(@Nullable JsonPointer[] asked, String name) {
        @Nullable JsonPointer[] inside = null;
        for (int i = 0; i < asked.length; i++) {
            var pointer = asked[i];
            var rest = pointer == null ? null : pointer.matchProperty(name);
            if (rest != null) {
                inside = inside == null ? new @Nullable JsonPointer[asked.length] : inside;
                inside[i] = rest;
            }
        }
        return inside;
    }

    /** A value that is there and not null: scalars as text, arrays as a PostgreSQL array literal, objects as JSON. */
    static String text(JsonNode node) {
        if (node.isArray()) {
            return arrayLiteral(node);
        }
        return node.isObject() ? node.toString() : node.asText();
    }

    private static String arrayLiteral(JsonNode array) {
        var elements = new ArrayList<String>();
        for (var element : array) {
            if (element.isArray()) {
                elements.add(arrayLiteral(element));
            } else {
                elements.add(element.isNull() ? "NULL" : quoted(text(element)));
            }
        }
        return "{" + String.join(",", elements) + "}";
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
