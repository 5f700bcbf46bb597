package dev.freshet.catalog;

import com.fasterxml.jackson.core.JsonPointer;
import java.util.Optional;

/** Where a delivery says something of itself. */
public sealed interface Place {
    /** In a header, whatever its case. */
    record Header(String name) implements Place {
        @Override
        public String toString() {
            return name;
        }
    }

    /** In the body, within objects only. */
    record Field(JsonPointer at) implements Place {
        @Override
        public String toString() {
            return at.toString();
        }
    }

    /** The field of this pointer (RFC 6901), such as {@code /event/type}. */
    static Place field(String pointer) {
        return new Field(JsonPointer.compile(pointer));
    }

    /** A pointer begins with a slash, a header's name holds none; empty for what is neither. */
    static Optional<Place> parse(String text) {
        if (text.matches("(/[\\x21-\\x7e&&[^/?]]{1,64}){1,8}")) {
            return Optional.of(field(text));
        }
        return Optional.of(text).filter(Place::isHeader).map(Header::new);
    }

    /** Whether a header may be called so. */
    static boolean isHeader(String text) {
        return text.matches("[A-Za-z0-9_-]{1,64}");
    }
}
