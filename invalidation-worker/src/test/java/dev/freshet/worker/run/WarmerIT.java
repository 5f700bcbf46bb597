package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.View;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.view.CachedViews;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WarmerIT {
    private static final Duration STEP = Duration.ofMillis(20);
    private static final List<Tag> TAGS = List.of(new Tag("all"), new Tag("one"));
    /** Its load takes so long that whatever goes on invalidating gets in between. */
    private static final String CATALOG = """
            application: slow
            sites:
              main: { scheme: thinkific, secrets: secret }
            views:
              value:
                key: value
                sql: select pg_sleep(0.03)::text as slept
                tags: [ all, one ]
                ttl: 5m
            """;

    /** Moved by the test. */
    private static final class Hands extends Clock {
        private Instant now = Instant.parse("2026-01-01T00:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private final RedisServer redis =
            new RedisServer("cache", TestServices.shared().redisUrl(), Duration.ofSeconds(5));
    private final Database database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
    private final TagCache cache =
            new TagCache(redis, CacheOptions.defaults(TestServices.shared().newPrefix()));
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final Hands clock = new Hands();
    private View view;
    private Warmer warmer;

    @BeforeEach
    void read(@TempDir Path directory) throws IOException {
        var file = Files.writeString(directory.resolve("catalog.yaml"), CATALOG);
        var catalog = CatalogReader.read(file.toString(), Map.of());
        var views = new CachedViews(cache, catalog, database, new CacheStats(metrics), 4);
        view = Objects.requireNonNull(catalog.views().get("value"));
        warmer = new Warmer(cache, views, clock, metrics);
        views.get(view, Map.of());
    }

    @AfterEach
    void close() {
        database.close();
        redis.close();
    }

    @Test
    void aChangedKeyIsLoadedOnceWhateverTheNumberOfItsTags() {
        change();
        warmer.runOnce();
        assertThat(isCached()).isTrue();
        assertThat(loads()).isEqualTo(2);
    }

    @Test
    void aBurstThatRefusesEveryFillCostsTenLoadsAndLeavesTheKeyWarm() throws InterruptedException {
        var over = new AtomicBoolean();
        var burst = Thread.ofVirtual().start(() -> {
            while (!over.get()) {
                cache.invalidate(TAGS);
            }
        });
        for (var end = clock.now.plusSeconds(15); clock.now.isBefore(end); clock.now = clock.now.plus(STEP)) {
            warmer.changed(TAGS);
            warmer.runOnce();
        }
        over.set(true);
        burst.join();
        change();
        for (int i = 0; i < 1_000 && !isCached(); i++) {
            clock.now = clock.now.plus(STEP);
            warmer.runOnce();
        }
        assertThat(isCached()).isTrue();
        assertThat(metrics.counter("freshet_rewarms_total", "outcome", "refused")
                        .count())
                .isGreaterThan(3);
        assertThat(loads()).isLessThanOrEqualTo(1 + 10);
    }

    private void change() {
        cache.invalidate(TAGS);
        warmer.changed(TAGS);
    }

    private boolean isCached() {
        return cache.read(view.key(Map.of()), view.tags(Map.of())).isPresent();
    }

    private long loads() {
        return (long) metrics.counter("freshet.cache.loads", "view", "value").count();
    }
}
