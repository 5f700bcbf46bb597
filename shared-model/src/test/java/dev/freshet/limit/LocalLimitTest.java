package dev.freshet.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LocalLimitTest {
    private final AtomicLong nanos = new AtomicLong();
    private final TimeMeter time = new TimeMeter() {
        @Override
        public long currentTimeNanos() {
            return nanos.get();
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    };

    @Test
    void afterTheLimitAnAddressWaitsAndOthersDoNot() {
        var limit = new LocalLimit(3, Duration.ofMinutes(1), time);
        for (int i = 0; i < 3; i++) {
            assertThat(limit.refuse("a")).isEmpty();
        }
        assertThat(limit.refuse("a")).contains(Duration.ofSeconds(20));
        assertThat(limit.refuse("b")).isEmpty();

        nanos.addAndGet(Duration.ofSeconds(20).toNanos());
        assertThat(limit.refuse("a")).isEmpty();
        assertThat(limit.refuse("a")).isPresent();
    }
}
