package dev.freshet.worker.cli;

import dev.freshet.settings.Durations;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A moment as somebody types it: how long ago ({@code 90s}, {@code 1h}, {@code 7d}), a time
 * ({@code 2026-11-21T10:00:00Z}) or a day in UTC ({@code 2026-11-21}).
 *
 * <p>Use: {@code @Option(names = "--since", converter = PointInTime.class) Optional<Instant> since}.
 */
final class PointInTime implements ITypeConverter<Instant> {
    /** For the description of an option. */
    static final String FORMS = "such as 90s, 1h, 7d ago or 2026-11-21T10:00:00Z";

    private final Clock clock;

    @SuppressWarnings("unused") // made by picocli
    PointInTime() {
        this(Clock.systemUTC());
    }

    PointInTime(Clock clock) {
        this.clock = clock;
    }

    @Override
    public Instant convert(String text) {
        return Durations.parse(text)
                .map(ago -> clock.instant().minus(ago))
                .or(() -> time(text))
                .orElseThrow(() -> new TypeConversionException("a time is " + FORMS + ", was '" + text + "'"));
    }

    private static Optional<Instant> time(String text) {
        try {
            return Optional.of(
                    text.contains("T")
                            ? OffsetDateTime.parse(text).toInstant()
                            : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
