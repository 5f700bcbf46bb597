package dev.freshet.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedCluster;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RedisException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BucketsIT {
    private static final List<Tag> TAGS = List.of(new Tag("dashboard"));
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final RedisServer server =
            new RedisServer("cache", TestServices.shared().cacheUrl(), TIMEOUT);
    private final CacheOptions options =
            CacheOptions.defaults(TestServices.shared().newPrefix());
    private final String record = options.prefix() + ":cache:buckets";

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void theFirstProcessWritesTheNumberDownAndTheOthersTakeIt() {
        cache(16).read("k", TAGS);
        assertThat(recorded()).isEqualTo("16");
        var other = cache(0);
        other.requireAgreement();
        fill(other, "k");
        assertThat(cache(16).read("k", TAGS)).isPresent();
    }

    @Test
    void aSingleRedisHasOneBucketAndAClusterManyUnlessToldOtherwise() {
        cache(0).requireAgreement();
        assertThat(recorded()).isEqualTo("1");
        try (var cluster = new RedisServer("cache", EmbeddedCluster.shared().url(), TIMEOUT)) {
            new TagCache(cluster, options).requireAgreement();
            byte[] count = cluster.await(
                    cluster.send(record, session -> session.commands().get(record)));
            assertThat(count).asString().isEqualTo("128");
        }
        assertThat(CacheOptions.from(new Settings(Map.of("REDIS_CACHE_BUCKETS", "7")), "p")
                        .buckets())
                .isEqualTo(7);
        var unset = new Settings(Map.of());
        assertThat(CacheOptions.from(unset, "p").buckets()).isZero();
        assertThat(unset.describe()).as("0 is none that could be set").isEmpty();
    }

    @Test
    void aProcessThatDisagreesIsRefusedAndToldBothNumbers() {
        cache(128).requireAgreement();
        var other = cache(1);
        assertThatThrownBy(other::requireAgreement)
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("1 buckets for this process (REDIS_CACHE_BUCKETS) but 128 in redis")
                .hasMessageContaining("freshet cache clear --buckets N");
        assertThatThrownBy(() -> other.read("k", TAGS)).isInstanceOf(RedisException.class);
        assertThatThrownBy(() -> other.begin("k", TAGS)).isInstanceOf(RedisException.class);
        assertThatThrownBy(() -> other.invalidate(TAGS)).isInstanceOf(RedisException.class);
    }

    @Test
    void aChangeIsNoticedByWhoeverInvalidatesAndByNewSessionsAndForGood() {
        var invalidating = cache(0);
        fill(invalidating, "k");
        try (var other = new RedisServer("cache", TestServices.shared().cacheUrl(), TIMEOUT)) {
            var reading = new TagCache(other, options);
            assertThat(reading.read("k", TAGS)).isPresent();

            cache(0).changeBuckets(4);

            assertThatThrownBy(() -> invalidating.invalidate(TAGS)).hasMessageContaining("but 4 in redis");
            other.await(other.session().commands().quit());
            await().until(() -> refuses(reading));
        }
        cache(0).changeBuckets(1);
        assertThatThrownBy(() -> invalidating.invalidate(TAGS)).hasMessageContaining("but 4 in redis");
    }

    @Test
    void aNumberThatRedisLostIsWrittenDownAgain() {
        var cache = cache(16);
        fill(cache, "k");
        server.await(server.session().commands().del(record));
        cache.invalidate(TAGS);
        assertThat(recorded()).isEqualTo("16");
    }

    @Test
    void aCacheThatIsAwayAtTheStartIsNoReasonToRefuse() {
        try (var away = new RedisServer("cache", java.net.URI.create("redis://127.0.0.1:1"), TIMEOUT)) {
            new TagCache(away, options).requireAgreement();
        }
    }

    private static boolean refuses(TagCache cache) {
        try {
            cache.read("k", TAGS);
            return false;
        } catch (RedisException e) {
            return String.valueOf(e.getMessage()).contains("but 4 in redis");
        }
    }

    private TagCache cache(int buckets) {
        return new TagCache(server, options.withBuckets(buckets));
    }

    private static void fill(TagCache cache, String key) {
        var begun = cache.begin(key, TAGS).orElseThrow();
        var value = "value".getBytes(StandardCharsets.UTF_8);
        assertThat(cache.fill(begun, value, Lifetime.of(Duration.ofMinutes(5)), "", begun.begunAt()))
                .isTrue();
    }

    private String recorded() {
        return new String(server.await(server.session().commands().get(record)), StandardCharsets.UTF_8);
    }
}
