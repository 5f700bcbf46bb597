package dev.freshet.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.Stress.Length;
import dev.freshet.cache.Stress.Report;
import dev.freshet.redis.RedisServer;
import java.time.Duration;
import java.util.function.BiFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The stress for a few seconds; {@code benchmarks/run consistency} takes minutes. */
class StaleReadsIT {
    /** A busy machine may take longer to do enough for the result to mean something. */
    private static final Length SHORT = new Length(Duration.ofSeconds(2), 2_000, 1, Duration.ofMinutes(1));

    @ParameterizedTest
    @EnumSource
    void noReadReturnsWhatAnAcknowledgedInvalidationHadReached(Surroundings.Kind kind) {
        var report = run(kind, "ours", Ours::new);
        assertThat(report.stale()).as("%s", report).isZero();
        assertThat(report.reads()).as("%s", report).isGreaterThanOrEqualTo(SHORT.reads());
        assertThat(report.hits()).as("%s", report).isPositive();
        assertThat(report.writes()).as("%s", report).isPositive();
        assertThat(report.toll()).as("what went wrong").isNotEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void theSameStressFindsWhatIsWrongWith(Crippled protocol) {
        var report = run(protocol.surroundings(), protocol.toString(), protocol::make);
        assertThat(report.stale()).as("%s", report).isPositive();
    }

    private static Report run(
            Surroundings.Kind kind, String name, BiFunction<RedisServer, CacheOptions, Protocol> protocol) {
        try (var surroundings = kind.make()) {
            return new Stress(surroundings, SHORT).run(name, protocol);
        }
    }
}
