package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Pace<String> pace = new Pace<>(Duration.ofMillis(200), Duration.ofSeconds(5));

    @Test
    void theFirstMarkIsDueAtOnceAndTheLastIsNeverLost() {
        pace.mark("a", START);
        assertThat(pace.takeDue(START)).containsExactly("a");
        pace.mark("a", START.plusMillis(10));
        pace.mark("a", START.plusMillis(20));
        assertThat(pace.takeDue(START.plusMillis(199))).isEmpty();
        assertThat(pace.takeDue(START.plusMillis(200))).containsExactly("a");
    }

    @Test
    void aBurstOfFifteenSecondsIsDueNineTimesAtTheMost() {
        int runs = 0;
        for (int ms = 0; ms <= 15_000; ms += 10) {
            pace.mark("a", START.plusMillis(ms));
            runs += pace.takeDue(START.plusMillis(ms)).size();
        }
        runs += pace.takeDue(START.plusSeconds(60)).size();
        assertThat(runs).isBetween(5, 9);
    }

    @Test
    void aKeyThatWasQuietStartsAnewAndIsForgotten() {
        pace.mark("a", START);
        pace.takeDue(START);
        assertThat(pace.takeDue(START.plusSeconds(1))).isEmpty();
        assertThat(pace.size()).isZero();
        pace.mark("a", START.plusSeconds(2));
        assertThat(pace.takeDue(START.plusSeconds(2))).containsExactly("a");
    }

    @Test
    void whatIsForgottenIsDueAtOnceUnlessItWasMarkedSince() {
        pace.mark("a", START);
        pace.mark("b", START);
        pace.takeDue(START);
        pace.mark("b", START.plusMillis(10));
        pace.forget(List.of("a", "b", "never seen"));
        assertThat(pace.size()).isEqualTo(1);
        pace.mark("a", START.plusMillis(20));
        assertThat(pace.takeDue(START.plusMillis(20))).containsExactly("a");
        assertThat(pace.takeDue(START.plusMillis(200))).containsExactly("b");
    }
}
