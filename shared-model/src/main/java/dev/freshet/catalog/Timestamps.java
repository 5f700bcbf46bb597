package dev.freshet.catalog;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;

/**
 * Reads times in ISO-8601. The form that nearly all have, {@code 2026-01-31T12:00:00.021Z}, is read by hand: by a formatter the
 * version of an event takes as long as all else in its body.
 */
final class Timestamps {
    private static final int WHOLE = "2026-01-31T12:00:00Z".length();
    private static final int NANO_DIGITS = 9;

    private Timestamps() {}

    /**
     * @return microseconds since 1970; what is finer is cut off
     * @throws DateTimeParseException when the text is no time with an offset
     * @throws ArithmeticException when it is too far from 1970
     */
    static long micros(String text) {
        long micros = usual(text);
        return micros >= 0
                ? micros
                : ChronoUnit.MICROS.between(
                        Instant.EPOCH, OffsetDateTime.parse(text).toInstant());
    }

    /** @return -1 when it has another form, or is none, or before 1970 */
    private static long usual(String text) {
        int length = text.length();
        boolean isFine = length > WHOLE + 1 && length <= WHOLE + 1 + NANO_DIGITS && is(text, 19, '.');
        boolean isUsual = (length == WHOLE || isFine)
                && is(text, length - 1, 'Z')
                && is(text, 4, '-')
                && is(text, 7, '-')
                && is(text, 10, 'T')
                && is(text, 13, ':')
                && is(text, 16, ':');
        if (!isUsual) {
            return -1;
        }
        int nanos = length == WHOLE ? 0 : number(text, WHOLE, length - 1);
        if (nanos < 0) {
            return -1;
        }
        for (int digits = length - 1 - WHOLE; digits < NANO_DIGITS; digits++) {
            nanos *= 10;
        }
        try {
            long seconds = LocalDateTime.of(
                            number(text, 0, 4),
                            number(text, 5, 7),
                            number(text, 8, 10),
                            number(text, 11, 13),
                            number(text, 14, 16),
                            number(text, 17, 19),
                            nanos)
                    .toEpochSecond(ZoneOffset.UTC);
            return seconds < 0 ? -1 : seconds * 1_000_000 + nanos / 1_000;
        } catch (DateTimeException e) {
            return -1; // whoever reads any form says what is wrong
        }
    }

    private static boolean is(String text, int index, char expected) {
        return text.charAt(index) == expected;
    }

    /** @return a negative number, which no field of a time can be, where there is anything but digits */
    private static int number(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return Integer.MIN_VALUE;
            }
            number = number * 10 + digit;
        }
        return number;
    }
}
