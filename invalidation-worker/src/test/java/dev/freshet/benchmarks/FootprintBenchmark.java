package dev.freshet.benchmarks;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.RedisView;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.Lifetime;
import dev.freshet.cache.Loaded;
import dev.freshet.cache.TagCache;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import io.lettuce.core.SetArgs;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Redis bytes of a cached value of 1 KiB with none, one and five tags, each tag on a hundred keys, against the same bytes by a
 * plain SET with a ttl.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class FootprintBenchmark {
    private static final int KEYS = Integer.getInteger("freshet.keys", 50_000);
    private static final int CHUNK = 1_000;
    private static final int KEYS_OF_A_TAG = 100;
    private static final int MOST_TAGS = 5;
    private static final byte[] VALUE = new byte[1_024];
    private static final Lifetime LIFETIME = Lifetime.of(Duration.ofHours(1));

    private FootprintBenchmark() {}

    static boolean run() {
        new Random(1).nextBytes(VALUE); // else it would be compressed away
        double plain = plain();
        double none = entries(0);
        double one = entries(1);
        double five = entries(MOST_TAGS);
        System.out.printf(
                Locale.ROOT,
                "  bytes of a key: plain %.0f; in the cache %.0f, with a tag %.0f, with five %.0f%n",
                plain,
                none,
                one,
                five);
        var comparison = Comparison.ofCosts("footprint", "bytes/entry");
        comparison.add(one, plain);
        return comparison
                .with("untagged", "%.0f".formatted(none))
                .with("each_tag", "%.0f".formatted((five - none) / MOST_TAGS))
                .print("at most 1.5", comparison.ratio() <= 1.5, 0);
    }

    private static double plain() {
        try (var redis = EmbeddedRedis.start(0);
                var server = new RedisServer("cache", redis.url(), Duration.ofSeconds(30))) {
            long before = RedisView.memory(server);
            for (int i = 0; i < KEYS; i++) {
                server.await(server.session().commands().set(key(i), VALUE, SetArgs.Builder.px(LIFETIME.ttl())));
            }
            return (double) (RedisView.memory(server) - before) / KEYS;
        }
    }

    private static double entries(int tags) {
        try (var redis = EmbeddedRedis.start(0);
                var server = new RedisServer("cache", redis.url(), Duration.ofSeconds(30))) {
            var cache = new TagCache(server, CacheOptions.defaults("bench"));
            fill(cache, KEYS, CHUNK, tags); // what is there for the first values only
            long before = RedisView.memory(server);
            fill(cache, 0, KEYS, tags);
            return (double) (RedisView.memory(server) - before) / KEYS;
        }
    }

    private static void fill(TagCache cache, int start, int count, int tags) {
        for (int from = start; from < start + count; from += CHUNK) {
            var numbers = IntStream.range(from, from + CHUNK).boxed().toList();
            var fills = cache.beginAll(
                    numbers.stream().map(FootprintBenchmark::key).toList(),
                    numbers.stream().map(number -> tags(number, tags)).toList());
            var now = Instant.now();
            cache.fillAll(fills.stream()
                    .flatMap(Optional::stream)
                    .map(fill -> new Loaded("", fill, VALUE, LIFETIME, "", now))
                    .toList());
        }
    }

    private static List<Tag> tags(int number, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Tag("tag-" + i + ":" + number / KEYS_OF_A_TAG))
                .toList();
    }

    private static String key(int number) {
        return "enrollment:" + number;
    }
}
