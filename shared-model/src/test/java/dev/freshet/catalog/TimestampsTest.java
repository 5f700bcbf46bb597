package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimestampsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "1970-01-01T00:00:00Z",
                "2018-01-26T17:17:56.021Z",
                "2024-02-29T23:59:59.9Z",
                "2024-02-29T23:59:59.123456789Z",
                "2018-01-26T17:17:56.021+02:00",
                "2018-01-26T17:17Z",
                "2018-01-26T17:17:56.Z",
                "1969-12-31T23:59:59.999999999Z",
                "0001-01-01T00:00:00Z",
                "2018-01-26t17:17:56z",
                "+12018-01-26T17:17:56Z",
            })
    void aTimeIsWhatTheFormatterReads(String text) {
        assertThat(Timestamps.micros(text)).isEqualTo(formatted(text));
    }

    @Test
    void timesOfAnyPrecisionAreWhatTheFormatterReads() {
        var random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            var at = Instant.ofEpochSecond(random.nextLong(4_000_000_000L), random.nextInt(1_000_000_000));
            for (var precise :
                    new ChronoUnit[] {ChronoUnit.SECONDS, ChronoUnit.MILLIS, ChronoUnit.MICROS, ChronoUnit.NANOS}) {
                var text = at.truncatedTo(precise).toString();
                assertThat(Timestamps.micros(text)).as(text).isEqualTo(formatted(text));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "soon",
                "2018-01-26T17:17:56",
                "2018-02-30T17:17:56Z",
                "2018-13-26T17:17:56Z",
                "2018-01-26T25:17:56Z",
                "2018-01-26T17:17:56.0211234567Z",
                "2018-01-26T17:17:5xZ",
                "2018-01-26T17:17:56.-21Z",
                "-018-01-26T17:17:56Z",
                "2018-01-26 17:17:56Z",
            })
    void whatIsNoTimeIsRefused(String text) {
        assertThatThrownBy(() -> Timestamps.micros(text)).isInstanceOf(DateTimeParseException.class);
    }

    private static long formatted(String text) {
        return ChronoUnit.MICROS.between(
                Instant.EPOCH, OffsetDateTime.parse(text).toInstant());
    }
}
