package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.cache.Seen.Epoch;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RestoreArgs;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SurveyIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Lifetime LIFETIME = Lifetime.of(Duration.ofMinutes(5));
    private static final Tag ALL = new Tag("all");

    private final CacheOptions options =
            CacheOptions.defaults(TestServices.shared().newPrefix());
    private final RedisServer server =
            new RedisServer("cache", TestServices.shared().cacheUrl(), TIMEOUT);
    private final TagCache cache = new TagCache(server, options);
    private final Survey survey = new Survey(server, options);

    @AfterEach
    void close() {
        server.close();
    }

    private static Tag own(String key) {
        return new Tag("of:" + key);
    }

    /** Those of a long key are long too. */
    private static List<Tag> tags(String key) {
        return key.length() < 100
                ? List.of(ALL, own(key))
                : List.of(ALL, own(key), own(key + key.substring(100)), own(key + "x"), own(key + "y"));
    }

    private void put(String key) {
        put(cache, key, LIFETIME);
    }

    private static void put(TagCache cache, String key, Lifetime lifetime) {
        var fill = cache.begin(key, tags(key)).orElseThrow();
        assertThat(cache.fill(fill, ("value of " + key).getBytes(UTF_8), lifetime, "origin", Instant.EPOCH))
                .isTrue();
    }

    private Seen look(String key) {
        return survey.look(List.of(key)).getFirst();
    }

    private List<String> walked(String glob) {
        var keys = new ArrayList<String>();
        survey.walk(glob, page -> {
            keys.addAll(page);
            return true;
        });
        return keys.stream().distinct().sorted().toList();
    }

    /** As if nobody had come near it since it was stored. */
    private void lastTouchedAnHourAgo(String key) {
        var hour = Duration.ofHours(1);
        var name = new CacheKeys(options.prefix(), 1).entry(key);
        var commands = server.session().commands();
        server.await(commands.setrange(
                name,
                Stored.TOKEN_LENGTH,
                Stored.stamp(Instant.EPOCH, Instant.now().minus(hour))));
        var idle = RestoreArgs.Builder.ttl(LIFETIME.ttl()).replace().idleTime(hour.toSeconds());
        TestServices.shared().asRedisAdmin(redis -> redis.restore(name, redis.dump(name), idle));
    }

    @Test
    void anEntryIsSeenWholeAndCurrent() {
        put("a");
        var seen = look("a");
        assertThat(seen.isHit()).isTrue();
        assertThat(new String(seen.entry().content(), UTF_8)).isEqualTo("value of a");
        assertThat(seen.entry().origin()).isEqualTo("origin");
        assertThat(seen.tags()).isEqualTo(Map.of(ALL, Epoch.CURRENT, own("a"), Epoch.CURRENT));
        assertThat(seen.left()).isPositive();
        assertThat(seen.bytes()).isGreaterThan("value of a".length());
    }

    @Test
    void whatIsNotThereIsLeftOut() {
        put("a");
        assertThat(survey.look(List.of("b", "a", "c"))).extracting(Seen::key).containsExactly("a");
        assertThat(survey.heat(List.of("b", "a", "c")))
                .extracting(Survey.Heat::key)
                .containsExactly("a");
    }

    @Test
    void itSaysWhichTagsWereInvalidatedAndWhetherAnythingWasLoadedSince() {
        put("a");
        cache.invalidate(List.of(ALL));
        assertThat(look("a").isCurrent()).isFalse();
        assertThat(look("a").tags()).isEqualTo(Map.of(ALL, Epoch.MISSING, own("a"), Epoch.CURRENT));
        put("b");
        assertThat(look("a").tags()).isEqualTo(Map.of(ALL, Epoch.MOVED, own("a"), Epoch.CURRENT));
        assertThat(look("b").isCurrent()).isTrue();
    }

    @Test
    void headsAreTheSameWithoutTheValues() {
        put("a");
        put("a".repeat(300)); // its header does not fit in the first look
        for (var key : List.of("a", "a".repeat(300))) {
            var head = survey.heads(List.of(key)).getFirst();
            assertThat(head.entry().payload()).isEmpty();
            assertThat(head.entry().origin()).isEqualTo("origin");
            assertThat(head.tags()).isEqualTo(look(key).tags());
            assertThat(head.bytes()).isEqualTo(look(key).bytes());
            assertThat(head.isHit()).isTrue();
        }
        assertThat(survey.heads(List.of("b"))).isEmpty();
    }

    @Test
    void eachFillHasAnotherToken() {
        put("a");
        var first = look("a").token();
        assertThat(look("a").token()).isEqualTo(first);
        put("a");
        assertThat(look("a").token()).isNotEqualTo(first);
    }

    @Test
    void whatARestartBroughtBackIsNotCurrent() {
        try (var process = EmbeddedRedis.start(EmbeddedRedis.freePort(), "appendonly yes", "appendfsync always");
                var other = new RedisServer("cache", process.url(), TIMEOUT)) {
            put(new TagCache(other, options), "a", LIFETIME);
            var before = other.session();
            process.restart();
            await().until(() -> other.isConnected() && other.session() != before);

            var seen = new Survey(other, options).look(List.of("a")).getFirst();
            assertThat(seen.isOfThisProcess()).isFalse();
            assertThat(seen.isCurrent()).isFalse();
            assertThat(seen.tags().values()).containsOnly(Epoch.CURRENT);
        }
    }

    @Test
    void lookingMakesNothingHot() {
        put("a");
        lastTouchedAnHourAgo("a");
        assertThat(survey.heat(List.of("a")).getFirst().idle().orElseThrow()).isGreaterThan(Duration.ofMinutes(59));
        assertThat(look("a").idle().orElseThrow()).isGreaterThan(Duration.ofDays(1));
        assertThat(look("a").idle().orElseThrow()).isGreaterThan(Duration.ofDays(1));
        cache.invalidate(List.of(ALL));
        assertThat(cache.sweep(List.of(ALL))).isEmpty();
        assertThat(survey.look(List.of("a"))).isEmpty(); // it was cold, so it was freed
    }

    @Test
    void aWalkFindsWhatThePatternSaysInEveryBucket() {
        var many = new TagCache(server, options.withBuckets(16));
        var keys = IntStream.range(0, 40).mapToObj(i -> "list:" + i).toList();
        keys.forEach(key -> put(many, key, LIFETIME));
        put(many, "other:1", LIFETIME);

        assertThat(walked("*")).hasSize(41);
        assertThat(walked("list:*")).containsExactlyInAnyOrderElementsOf(keys);
        assertThat(walked("list:[12]")).containsExactly("list:1", "list:2");
    }

    @Test
    void aSampleTakesNoMoreThanItWasAskedForAndOnlyWhatIsWanted() {
        IntStream.range(0, 30).forEach(i -> put("list:" + i));
        put("other:1");
        assertThat(survey.sample(7, key -> true)).hasSize(7).doesNotHaveDuplicates();
        assertThat(survey.sample(100, key -> key.startsWith("list:"))).hasSize(30);
        assertThat(survey.sample(7, key -> key.startsWith("none:"))).isEmpty();
    }
}
