package dev.freshet.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.freshet.cache.Cached.Outcome;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FleetStatsIT {
    private final RedisServer server =
            new RedisServer("cache", TestServices.shared().cacheUrl(), Duration.ofSeconds(5));
    private final String prefix = TestServices.shared().newPrefix();
    private final CacheStats one = new CacheStats(new SimpleMeterRegistry());
    private final CacheStats two = new CacheStats(new SimpleMeterRegistry());
    private final FleetStats first = new FleetStats(server, prefix, one);
    private final FleetStats second = new FleetStats(server, prefix, two);

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void oneThatOnlyReadsIsClosedWithoutHavingBeenStarted() {
        var reader = new FleetStats(server, prefix, new CacheStats(new SimpleMeterRegistry()));
        assertThat(reader.read()).isEmpty();
        reader.close();
    }

    @Test
    void eachProcessAddsWhatCameSinceItLastDid() {
        assertThat(first.read()).isEmpty();
        assertThat(first.since()).isEmpty();
        one.read("runs", Outcome.HIT, 100);
        one.read("shoes: new", Outcome.MISS, 10);
        first.runOnce();
        one.read("runs", Outcome.HIT, 100);
        one.loaded("runs", 3, Duration.ofMillis(1_500));
        one.stored("runs", 1_000, 250);
        first.runOnce();
        first.runOnce();
        two.read("runs", Outcome.STALE, 50);
        second.runOnce();

        var views = second.read();

        assertThat(views).extracting(ViewStats::view).containsExactly("runs", "shoes: new");
        var runs = views.getFirst();
        assertThat(runs.hits()).isEqualTo(2);
        assertThat(runs.stale()).isEqualTo(1);
        assertThat(runs.bytes()).isEqualTo(250);
        assertThat(runs.loads()).isEqualTo(3);
        assertThat(runs.loadSeconds()).isCloseTo(1.5, within(0.001));
        assertThat(runs.compression()).isEqualTo(0.25);
        assertThat(runs.hitRate()).isCloseTo(0.667, within(0.001));
        assertThat(first.since()).isPresent();
    }

    @Test
    void afterAResetOnlyWhatComesThenCounts() {
        one.read("runs", Outcome.HIT, 100);
        first.runOnce();
        second.reset();
        assertThat(first.read()).isEmpty();
        one.read("runs", Outcome.MISS, 100);
        first.runOnce();
        assertThat(first.read()).first().matches(runs -> runs.hits() == 0 && runs.misses() == 1);
    }

    @Test
    void whatIsLeftIsAddedWhenAProcessEnds() {
        first.start();
        one.read("runs", Outcome.HIT, 100);
        first.close();
        assertThat(second.read()).hasSize(1);
    }
}
