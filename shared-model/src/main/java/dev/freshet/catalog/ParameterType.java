package dev.freshet.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.UUID;

/** What a parameter of a view may be. */
public enum ParameterType {
    INT("a whole number"),
    TEXT("text"),
    DATE("a date such as 2026-01-31"),
    BOOL("true or false"),
    UUID("a UUID");

    private final String expected;

    ParameterType(String expected) {
        this.expected = expected;
    }

    /** What to say where such a value was expected. */
    String expected() {
        return expected;
    }

    /** @return the one way to write this value; empty when the text is none of this type */
    Optional<String> canonical(String text) {
        try {
            return switch (this) {
                case INT -> Optional.of(Long.toString(Long.parseLong(text)));
                case TEXT -> Optional.of(text).filter(ParameterType::isPlain);
                case DATE -> Optional.of(LocalDate.parse(text).toString());
                case BOOL -> Optional.of(text).filter(t -> t.equals("true") || t.equals("false"));
                case UUID ->
                    Optional.of(java.util.UUID.fromString(text).toString())
                            .filter(canonical -> canonical.equalsIgnoreCase(text));
            };
        } catch (DateTimeParseException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Half of a surrogate pair would become a question mark in a key, and so another value's. */
    private static boolean isPlain(String text) {
        return text.chars().noneMatch(Character::isISOControl)
                && UTF_8.newEncoder().canEncode(text);
    }
}
