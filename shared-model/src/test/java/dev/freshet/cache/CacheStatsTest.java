package dev.freshet.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.Cached.Outcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CacheStatsTest {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final CacheStats stats = new CacheStats(meters);

    @Test
    void eachViewHasItsOwnCounts() {
        stats.read("a", Outcome.HIT, 10);
        stats.read("a", Outcome.HIT, 10);
        stats.read("a", Outcome.MISS, 10);
        stats.read("a", Outcome.BYPASS, 10);
        stats.loaded("a", 2, Duration.ofMillis(250));
        stats.refused("a", 1);
        stats.failed("a");
        stats.stored("a", 100, 40);
        stats.refused("b", 1);

        assertThat(stats.snapshot())
                .containsExactly(
                        new ViewStats("a", 2, 1, 0, 1, 2, 1, 40, 1, 0.25, 40, 100),
                        new ViewStats("b", 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0));
        assertThat(stats.snapshot().getFirst().hitRate()).isEqualTo(0.5);
        assertThat(stats.snapshot().getFirst().compression()).isEqualTo(0.4);
    }

    @Test
    void aViewWithoutReadsHasRatesToo() {
        stats.refused("b", 1);
        assertThat(stats.snapshot().getFirst().hitRate()).isZero();
        assertThat(stats.snapshot().getFirst().compression()).isEqualTo(1);
    }

    @Test
    void aResetBeginsAtZeroAndLeavesTheMetersAlone() {
        stats.read("a", Outcome.HIT, 10);
        stats.reset();
        stats.read("a", Outcome.MISS, 10);
        stats.read("new", Outcome.HIT, 10);

        assertThat(stats.snapshot()).extracting(ViewStats::hits).containsExactly(0L, 1L);
        assertThat(stats.snapshot().getFirst().misses()).isEqualTo(1);
        assertThat(meters.counter("freshet.cache.reads", "view", "a", "outcome", "hit")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void whatHasNoNameIsNotCounted() {
        stats.read("", Outcome.HIT, 10);
        assertThat(stats.snapshot()).isEmpty();
        assertThat(meters.getMeters()).isEmpty();
    }
}
