package dev.freshet.worker.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.Hot;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.View;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachedViewsIT {
    private static final String CATALOG = """
            application: shares
            views:
              share:
                key: share:{of}
                kind: row
                params: { of: { type: int } }
                sql: select 100 / :of::int as percent
                tags: [ all ]
                ttl: 5m
              slow:
                key: slow:{of}
                kind: row
                params: { of: { type: int } }
                sql: select pg_sleep(0.05)::text as slept, 100 / :of::int as percent
                tags: [ all ]
                ttl: 5m
              large:
                key: large:{of}
                kind: value
                params: { of: { type: int } }
                sql: select repeat('large', 1000 + :of::int)
                tags: [ all ]
                ttl: 5m
              whole:
                key: whole:{of}
                kind: value
                params: { of: { type: int } }
                sql: select repeat('large', 1000 + :of::int)
                tags: [ all ]
                ttl: 5m
                gzip: false
              endless:
                key: endless:{of}
                kind: row
                params: { of: { type: int } }
                sql: select pg_sleep(3600)::text as slept, :of::int as number
                tags: [ all ]
                ttl: 5m
            """;

    private static final List<Tag> TAGS = List.of(new Tag("all"));

    private final RedisServer redis =
            new RedisServer("cache", TestServices.shared().cacheUrl(), Duration.ofSeconds(5));
    private final URI databaseUrl = TestServices.shared().newDatabase();
    private final Database database = new Database(databaseUrl, DatabaseOptions.DEFAULTS);
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final TagCache cache =
            new TagCache(redis, CacheOptions.defaults(TestServices.shared().newPrefix()), new CacheStats(metrics));
    private Catalog catalog;

    @BeforeEach
    void read(@TempDir Path directory) throws IOException {
        var file = Files.writeString(directory.resolve("catalog.yaml"), CATALOG);
        catalog = CatalogReader.read(file.toString(), Map.of());
    }

    @AfterEach
    void close() {
        database.close();
        redis.close();
    }

    @Test
    void oneKeyThatFailsCostsTheOthersFewStatementsAndLeavesNoLeaseBehind() {
        var hot = hot("share", 0, 120);

        var result = views(database).warm(hot);

        assertThat(result.stored()).isEqualTo(119);
        assertThat(result.refused()).isEmpty();
        assertThat(result.left()).isZero();
        assertThat(isCached(hot.getFirst())).isFalse();
        assertThat(hot.subList(1, 120)).allMatch(this::isCached);
        assertThat(areFree(hot)).isTrue();
        int halvings = 6; // of a chunk of 50
        assertThat(statements("share")).isLessThanOrEqualTo(3 + 2 * halvings);
    }

    @Test
    void halvesThatAreNotBegunInTimeAreLeftToTheirReaders() {
        var hot = hot("slow", 0, 8);
        var result = views(database).warm(hot, Duration.ofMillis(25));
        assertThat(result.left()).isEqualTo(8);
        assertThat(result.stored()).isZero();
        assertThat(areFree(hot)).isTrue();
    }

    @Test
    void oneValueThatCannotBeStoredKeepsNoReaderWaiting() {
        var good = hot("share", 1, 1).getFirst();
        var other = hot("share", 2, 1).getFirst();
        var tooLong = new Hot(other.key(), other.origin() + " ".repeat(20_000), other.lastRead());
        var hot = List.of(good, tooLong);
        assertThatThrownBy(() -> views(database).warm(hot)).isInstanceOf(IllegalArgumentException.class);
        assertThat(areFree(hot)).isTrue();
    }

    @Test
    void aTimeoutIsFollowedByHalfAsManyKeysToAStatement() {
        try (var impatient = new Database(
                databaseUrl,
                new DatabaseOptions(1, Duration.ofSeconds(1), DatabaseOptions.DEFAULTS.connectTimeout()))) {
            var views = views(impatient);
            views.warm(hot("endless", 1, 2));
            assertThat(views.chunks(hot("endless", 0, 100)).getFirst()).hasSize(ChunkSizes.FIRST / 2);
        }
    }

    @Test
    void anOutageTellsNothingOfHowManyKeysToAStatement() {
        var away = URI.create("postgresql://postgres@127.0.0.1:" + EmbeddedRedis.freePort() + "/none");
        try (var none = new Database(away, new DatabaseOptions(1, Duration.ofSeconds(1), Duration.ofMillis(500)))) {
            var views = views(none);
            var hot = hot("share", 1, 100);
            assertThat(views.warm(hot).refused()).containsExactlyInAnyOrderElementsOf(hot);
            assertThat(views.chunks(hot).getFirst()).hasSize(ChunkSizes.FIRST);
            assertThat(areFree(hot)).isTrue();
        }
    }

    @Test
    void aViewSaysWhetherItsValuesAreKeptCompressed() {
        assertThat(areCompressed("large")).containsExactly(true, true, true);
        assertThat(areCompressed("whole")).containsExactly(false, false, false);
    }

    /** Of one that was read, one that was warmed, and one without a cache. */
    private List<Boolean> areCompressed(String name) {
        var views = views(database);
        var values = List.of(Map.of("of", "1"), Map.of("of", "2"), Map.of("of", "3"));
        views.get(view(name), values.get(0));
        views.warm(hot(name, 2, 1));
        var direct = new DirectViews(database, cache.stats(), 1);
        return List.of(
                views.get(view(name), values.get(0)).entry().gzipped(),
                views.get(view(name), values.get(1)).entry().gzipped(),
                direct.get(view(name), values.get(2)).entry().gzipped());
    }

    private CachedViews views(Database database) {
        return new CachedViews(cache, catalog, database, 4);
    }

    private View view(String name) {
        return Objects.requireNonNull(catalog.views().get(name));
    }

    private List<Hot> hot(String name, int from, int count) {
        return IntStream.range(from, from + count)
                .mapToObj(i -> CachedViews.hot(view(name), Map.of("of", String.valueOf(i))))
                .toList();
    }

    private boolean isCached(Hot hot) {
        return cache.read(hot.key(), TAGS).isPresent();
    }

    /** Whether nobody holds any of their leases. */
    private boolean areFree(Collection<Hot> hot) {
        return cache.beginAll(hot.stream().map(Hot::key).toList(), Collections.nCopies(hot.size(), TAGS)).stream()
                .allMatch(Optional::isPresent);
    }

    /** Those that were run, whether they failed or not. */
    private long statements(String view) {
        return metrics.timer("freshet.cache.load", "view", view).count()
                + (long) metrics.counter("freshet.cache.errors", "view", view).count();
    }
}
