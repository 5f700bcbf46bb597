package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.TagCache;
import dev.freshet.cache.ViewStats;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WarmerIT {
    private static final Duration BURST = Duration.ofSeconds(2);
    /** Of the fleet's sweeps of one tag; see Warmer. */
    private static final Duration SHORTEST_TURN = Duration.ofMillis(100);

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

    private static final int LENGTH = "[{\"slept\":\"\"}]".length();

    private final RedisServer redis =
            new RedisServer("cache", TestServices.shared().cacheUrl(), Duration.ofSeconds(5));
    private final Database database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final TagCache cache =
            new TagCache(redis, CacheOptions.defaults(TestServices.shared().newPrefix()), new CacheStats(metrics));
    private final List<Warmer> fleet = new ArrayList<>();
    private View view;

    @BeforeEach
    void read(@TempDir Path directory) throws IOException {
        var file = Files.writeString(directory.resolve("catalog.yaml"), CATALOG);
        var catalog = CatalogReader.read(file.toString(), Map.of());
        var views = new CachedViews(cache, catalog, database, 4);
        view = Objects.requireNonNull(catalog.views().get("value"));
        for (int worker = 0; worker < 3; worker++) {
            fleet.add(new Warmer(cache, views, Clock.systemUTC(), metrics));
        }
        views.get(view, Map.of());
    }

    @AfterEach
    void close() {
        database.close();
        redis.close();
    }

    @Test
    void aKeyOfSeveralTagsIsLoadedOnceByOneWorkerOfAll() {
        change();
        fleet.forEach(Warmer::runOnce);
        assertThat(isCached()).isTrue();
        assertThat(loads()).isEqualTo(1 + 1);
        assertThat(stats()).satisfies(stats -> {
            assertThat(stats.rawBytes()).as("by the reader and by the rewarm").isEqualTo(2L * LENGTH);
            assertThat(stats.storedBytes()).isEqualTo(2L * LENGTH);
            assertThat(stats.refused()).isZero();
        });
    }

    @Test
    void whatChangedIsLoadedAtTheNextLook() {
        change();
        fleet.getFirst().runSoon();
        assertThat(isCached()).isTrue();
        fleet.getFirst().runSoon(); // nothing is due: it returns all the same
        assertThat(loads()).isEqualTo(1 + 1);
    }

    @Test
    void aBurstThatReachesAllWorkersAndRefusesMostFillsCostsFewLoadsAndLeavesTheKeyWarm() throws InterruptedException {
        var start = Instant.now();
        var end = start.plus(BURST);
        var workers = new ArrayList<Thread>();
        for (var worker : fleet) {
            workers.add(Thread.ofVirtual().start(() -> {
                while (Instant.now().isBefore(end)) {
                    cache.invalidate(TAGS);
                    worker.changed(TAGS);
                    worker.runOnce();
                }
            }));
        }
        for (var worker : workers) {
            worker.join();
        }
        await().until(() -> {
            fleet.forEach(Warmer::runOnce);
            return isCached();
        });
        assertThat(metrics.counter("freshet_rewarms_total", "outcome", "refused")
                        .count())
                .isPositive();
        // each tag gives the whole fleet one turn at a time, however slow the machine is and however much comes in
        long turns = TAGS.size() * (1 + Duration.between(start, Instant.now()).dividedBy(SHORTEST_TURN));
        assertThat(loads()).isLessThanOrEqualTo(1 + turns);
    }

    private void change() {
        cache.invalidate(TAGS);
        fleet.forEach(worker -> worker.changed(TAGS));
    }

    private boolean isCached() {
        return cache.read(view.key(Map.of()), view.tags(Map.of())).isPresent();
    }

    private ViewStats stats() {
        return cache.stats().snapshot().getFirst();
    }

    private long loads() {
        return (long) metrics.counter("freshet.cache.loads", "view", "value").count();
    }
}
