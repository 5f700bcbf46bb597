package dev.freshet.worker.frontend;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;

/**
 * How new something is: a whole number; an instant, which counts as its microseconds since 1970; or any other text, of
 * which can only be said whether it is the same.
 *
 * @param text decimal digits for a number and an instant; never empty, at most {@value #MAX_LENGTH} characters
 */
public record Version(String text) {
    static final int MAX_LENGTH = 200;
    private static final String NUMBER = "-?\\d{1,18}";

    /** Reads {@code 17}, {@code 2026-01-31T12:00:00Z}, or any other text that is not blank. */
    public Version {
        if (!isValid(text)) {
            throw new IllegalArgumentException("a version must be 1 to " + MAX_LENGTH + " printable characters");
        }
        text = canonical(text.strip());
    }

    /** Whether {@link #Version} takes the text. */
    public static boolean isValid(String text) {
        return !text.isBlank()
                && text.strip().length() <= MAX_LENGTH
                && text.strip().chars().noneMatch(Character::isISOControl);
    }

    /** Whether it can be said which of the two is newer. */
    boolean isOrdered(Version other) {
        return isNumber() && other.isNumber();
    }

    /** Whether this is the other one or, where both are numbers or instants, a newer one. */
    public boolean isAtLeast(Version other) {
        return isOrdered(other) ? number() >= other.number() : text.equals(other.text);
    }

    /** The newer one; of two that cannot be compared, the other one. */
    public Version newer(Version other) {
        boolean isNewer = isOrdered(other) && number() > other.number();
        return isNewer ? this : other;
    }

    private boolean isNumber() {
        return text.matches(NUMBER);
    }

    private long number() {
        return Long.parseLong(text);
    }

    private static String canonical(String text) {
        try {
            return text.matches(NUMBER)
                    ? Long.toString(Long.parseLong(text))
                    : Long.toString(ChronoUnit.MICROS.between(
                            Instant.EPOCH, OffsetDateTime.parse(text).toInstant()));
        } catch (DateTimeException | ArithmeticException e) {
            return text;
        }
    }
}
