package dev.freshet.worker.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class PointInTimeTest {
    private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");
    private final PointInTime times = new PointInTime(Clock.fixed(NOW, ZoneOffset.UTC));

    @Test
    void aDurationIsThatLongAgo() {
        assertThat(times.convert("90s")).isEqualTo("2026-11-21T09:58:30Z");
        assertThat(times.convert("7d")).isEqualTo("2026-11-14T10:00:00Z");
    }

    @Test
    void aTimeMayHaveAnOffsetAndADayBeginsAtMidnight() {
        assertThat(times.convert("2026-11-20T10:00:00Z")).isEqualTo("2026-11-20T10:00:00Z");
        assertThat(times.convert("2026-11-20T10:00:00+02:00")).isEqualTo("2026-11-20T08:00:00Z");
        assertThat(times.convert("2026-11-20")).isEqualTo("2026-11-20T00:00:00Z");
    }

    @Test
    void anythingElseIsRefusedWithWhatWouldBeRight() {
        assertThatThrownBy(() -> times.convert("yesterday"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("a time is such as 90s, 1h, 7d ago or 2026-11-21T10:00:00Z, was 'yesterday'");
    }
}
