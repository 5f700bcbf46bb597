package dev.freshet.worker.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ChunkSizesTest {
    private final ChunkSizes sizes = new ChunkSizes();

    @Test
    void aViewThatLoadsFastGetsLargerChunksUpToABound() {
        assertThat(sizes.of("fast", 1_000)).isEqualTo(ChunkSizes.FIRST);
        for (int i = 0; i < 10; i++) {
            sizes.loaded("fast", sizes.of("fast", 1_000), Duration.ofMillis(5));
        }
        assertThat(sizes.of("fast", 1_000)).isEqualTo(ChunkSizes.LARGEST);
        assertThat(sizes.of("other", 1_000)).isEqualTo(ChunkSizes.FIRST);
    }

    @Test
    void allWhoLoadGetTheirShare() {
        for (int i = 0; i < 10; i++) {
            sizes.loaded("fast", ChunkSizes.LARGEST, Duration.ofMillis(5));
        }
        assertThat(sizes.of("fast", 200)).isEqualTo(200);
        assertThat(sizes.of("fast", 3)).isEqualTo(ChunkSizes.FIRST);
    }

    @Test
    void aViewThatLoadsSlowlyGetsSmallOnes() {
        sizes.loaded("slow", 50, Duration.ofMillis(200));
        assertThat(sizes.of("slow", 1_000)).isEqualTo(25);
        sizes.loaded("slow", 25, Duration.ofSeconds(10));
        assertThat(sizes.of("slow", 1_000)).isEqualTo(ChunkSizes.SMALLEST);
    }

    @Test
    void oneKeyTellsNothing() {
        sizes.loaded("slow", 1, Duration.ofMillis(90));
        assertThat(sizes.of("slow", 1_000)).isEqualTo(ChunkSizes.FIRST);
    }

    @Test
    void aStatementThatTakesTooLongIsFollowedBySmallerOnes() {
        sizes.timedOut("slow");
        assertThat(sizes.of("slow", 1_000)).isEqualTo(25);
        sizes.timedOut("slow");
        sizes.timedOut("slow");
        assertThat(sizes.of("slow", 1_000)).isEqualTo(ChunkSizes.SMALLEST);
    }
}
