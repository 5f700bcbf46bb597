package dev.freshet.catalog;

import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A parameter of a view. Every value that passes is one the view's author foresaw, so that no caller fills the cache.
 *
 * @param fallback its value when absent; without one it is required. {@code today} of a date is the day it is in UTC
 * @param min smallest number
 * @param max largest number
 * @param maxLength longest text, in characters
 * @param oneOf the only values allowed; empty allows all
 * @param claim of the reader's token, from which alone the value comes over HTTP; null for a value that its reader gives
 */
public record Parameter(
        String name,
        ParameterType type,
        @Nullable String fallback,
        long min,
        long max,
        int maxLength,
        List<String> oneOf,
        @Nullable String claim) {
    static final int DEFAULT_MAX_LENGTH = 256;

    private static final String TODAY = "today";

    public Parameter {
        oneOf = List.copyOf(oneOf);
    }

    /** One whose value its reader gives. */
    public Parameter(
            String name,
            ParameterType type,
            @Nullable String fallback,
            long min,
            long max,
            int maxLength,
            List<String> oneOf) {
        this(name, type, fallback, min, max, maxLength, oneOf, null);
    }

    /** A required parameter without bounds of its own. */
    public static Parameter of(String name, ParameterType type) {
        return new Parameter(name, type, null, Long.MIN_VALUE, Long.MAX_VALUE, DEFAULT_MAX_LENGTH, List.of());
    }

    Parameter withFallback(String fallback) {
        return new Parameter(name, type, fallback, min, max, maxLength, oneOf, claim);
    }

    /**
     * A view's fingerprint, and with it each of its keys, is made of this text, which must stay as it is. By hand, since to
     * make up a record's own takes longer than to read a catalog.
     */
    @Override
    public String toString() {
        return "Parameter[name=" + name + ", type=" + type + ", fallback=" + fallback + ", min=" + min + ", max=" + max
                + ", maxLength=" + maxLength + ", oneOf=" + oneOf
                + (claim == null ? "" : ", claim=" + claim) + "]";
    }

    /**
     * @param raw as it came; null when absent
     * @param clock says what day it is
     * @return the one way to write it
     * @throws ParameterException when it is absent and required, or not allowed
     */
    String parse(@Nullable String raw, Clock clock) {
        if (raw == null && type == ParameterType.DATE && TODAY.equals(fallback)) {
            return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).toString();
        }
        var text = raw == null ? fallback : raw;
        if (text == null) {
            throw new ParameterException(name + " is missing; it must be " + expected());
        }
        return accept(text)
                .orElseThrow(() ->
                        new ParameterException(name + " must be " + expected() + ", was '" + shortened(text) + "'"));
    }

    /**
     * As {@link #accept}, of what a token says. It must be written in the one way already: who is {@code 07} to whoever
     * signs tokens may be somebody else than {@code 7}. Only the letters of a UUID may be large.
     */
    Optional<String> acceptClaim(String text) {
        return accept(text)
                .filter(value -> type == ParameterType.UUID ? value.equalsIgnoreCase(text) : value.equals(text));
    }

    /** As {@link #accept}, of a default. */
    Optional<String> acceptDefault(String text) {
        return type == ParameterType.DATE && text.equals(TODAY) ? Optional.of(TODAY) : accept(text);
    }

    Optional<String> accept(String text) {
        return type.canonical(text)
                .filter(value -> type != ParameterType.INT || inBounds(Long.parseLong(value)))
                .filter(value -> value.length() <= maxLength)
                .filter(value -> oneOf.isEmpty() || oneOf.contains(value));
    }

    /** How many characters a value has at most. */
    int longest() {
        return switch (type) {
            case TEXT -> oneOf.stream().mapToInt(String::length).max().orElse(maxLength);
            case INT, DATE, BOOL, UUID -> 36;
        };
    }

    private boolean inBounds(long number) {
        return min <= number && number <= max;
    }

    String expected() {
        if (!oneOf.isEmpty()) {
            return "one of " + String.join(", ", oneOf);
        }
        if (type == ParameterType.INT && (min != Long.MIN_VALUE || max != Long.MAX_VALUE)) {
            return type.expected()
                    + (min != Long.MIN_VALUE ? " from " + min : "")
                    + (max != Long.MAX_VALUE ? " to " + max : "");
        }
        return type == ParameterType.TEXT ? "text of at most " + maxLength + " characters" : type.expected();
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}
