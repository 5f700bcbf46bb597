package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is removed by pattern, or altogether. */
class RemovalIT {
    private static final Lifetime LIFETIME = Lifetime.of(Duration.ofMinutes(5));
    private static final Tag COHORT = new Tag("cohort:3");
    private static final List<Tag> TAGS = List.of(COHORT);

    private final RedisServer server =
            new RedisServer("cache", TestServices.shared().cacheUrl(), Duration.ofSeconds(5));
    /** A prefix that would match much, were it a pattern. */
    private final String prefix = TestServices.shared().newPrefix() + "[a-z]*?\\";

    private final TagCache cache =
            new TagCache(server, CacheOptions.defaults(prefix).withBuckets(4));
    private final CacheKeys keys = new CacheKeys(prefix, 4);

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void aPatternRemovesTheKeysThatMatchItAndNoOthers() {
        store("e1:enrollments:3:1", "e1:enrollments:3:2", "e1:enrollments:4:1", "e1:applicants:3:1");
        assertThat(cache.deletePattern("*:enrollments:3:*")).isEqualTo(2);
        assertThat(names()).containsExactlyInAnyOrder("e1:enrollments:4:1", "e1:applicants:3:1");
        assertThat(cache.deletePattern("*:enrollments:3:*")).isZero();
        assertThat(cache.deletePattern("e1:enrollments:[45]:?")).isEqualTo(1);
        assertThat(cache.deletePattern("*")).isEqualTo(1);
    }

    @Test
    void aPatternNeverReachesEpochsAndIndexesWhateverTheTagsAreCalled() {
        var alike = new Tag("x}:e:enrollments:3:1"); // its epoch ends like the name of an entry
        cache.get("k", List.of(alike), LIFETIME, "", () -> bytes("value"));
        assertThat(cache.deletePattern("enrollments:*")).isZero();
        assertThat(cache.read("k", List.of(alike))).isPresent();
    }

    @Test
    void aPatternAlsoRefusesTheFillsInFlight() {
        var matching = cache.begin("enrollments:3", TAGS).orElseThrow();
        var other = cache.begin("applicants:3", TAGS).orElseThrow();
        assertThat(cache.deletePattern("enrollments:*")).isZero();
        assertThat(cache.fill(matching, bytes("old"), LIFETIME, "", Instant.now()))
                .isFalse();
        assertThat(cache.fill(other, bytes("value"), LIFETIME, "", Instant.now()))
                .isTrue();
    }

    @Test
    void clearingLeavesNothingOfThisPrefixAndEverythingOfOthers() {
        var neighbour = new TagCache(server, CacheOptions.defaults(prefix + "x"));
        neighbour.get("k", TAGS, LIFETIME, "", () -> bytes("theirs"));
        store(IntStream.range(0, 700).mapToObj(i -> "k" + i).toArray(String[]::new));
        var begun = cache.begin("in flight", List.of()).orElseThrow();

        assertThat(cache.clear()).isEqualTo(700);

        assertThat(cache.fill(begun, bytes("old"), LIFETIME, "", Instant.now())).isFalse();
        assertThat(new Scan(server).pages(keys.pattern("eltiw", "*")).flatMap(page -> page.names().stream()))
                .isEmpty();
        assertThat(neighbour.read("k", TAGS)).isPresent();
    }

    private void store(String... names) {
        for (var name : names) {
            cache.get(name, TAGS, LIFETIME, "", () -> bytes("value"));
        }
    }

    private List<String> names() {
        var names = new ArrayList<String>();
        new Survey(server, cache.options()).walk("*", page -> {
            names.addAll(page);
            return true;
        });
        return names;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
