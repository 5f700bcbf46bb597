package dev.freshet.catalog;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;

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
