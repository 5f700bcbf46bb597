package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.Fill;
import dev.freshet.cache.Lifetime;
import dev.freshet.cache.Loaded;
import dev.freshet.cache.TagCache;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/**
 * The time until an invalidation is acknowledged: of a tag with a million keys, against a tag with ten; and against
 * Symfony's tag-aware adapter with a million, where PHP and the adapter are installed.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class InvalidateBenchmark {
    private static final int MANY = Integer.getInteger("freshet.keys", 1_000_000);
    private static final int FEW = 10;
    private static final int CHUNK = 1_000;
    private static final int ROUNDS = 25;
    /** One invalidation is over too soon to be compared with another one; the medians of this many are. */
    private static final int PAIRS = 21;

    private static final Lifetime LIFETIME = Lifetime.of(Duration.ofHours(1));
    private static final Tag BIG = new Tag("big");
    private static final Tag SMALL = new Tag("small");
    private static final byte[] VALUE = "{\"value\":1}".getBytes(UTF_8);

    private final TagCache cache;

    private InvalidateBenchmark(RedisServer server) {
        this.cache = new TagCache(server, CacheOptions.defaults("bench"));
    }

    static boolean run() throws Exception {
        try (var redis = Mode.current().redis();
                var server = new RedisServer("cache", redis.url(), Duration.ofSeconds(60))) {
            return new InvalidateBenchmark(server).compare(redis);
        }
    }

    /** The median time of an invalidation in microseconds, by how many keys the tag has. */
    static void scale(List<Integer> sizes, BiConsumer<Integer, Double> points) {
        try (var redis = Mode.current().redis();
                var server = new RedisServer("cache", redis.url(), Duration.ofSeconds(60))) {
            var benchmark = new InvalidateBenchmark(server);
            for (int size : sizes) {
                var tag = new Tag("keys-" + size);
                benchmark.fill(tag, size);
                var times = new ArrayList<Double>();
                for (int i = 0; i < ROUNDS * PAIRS; i++) {
                    benchmark.fill(tag, 1); // so that there is an epoch to remove
                    times.add(benchmark.microseconds(tag));
                }
                points.accept(size, Comparison.median(times));
            }
        }
    }

    private boolean compare(EmbeddedRedis redis) throws Exception {
        long start = System.nanoTime();
        fill(BIG, MANY);
        fill(SMALL, FEW);
        System.out.printf(Locale.ROOT, "  filled %,d keys in %.0f s%n", MANY, seconds(start));
        long lost = MANY + FEW - current(BIG, MANY) - current(SMALL, FEW);
        for (int i = 0; i < 200; i++) { // warm up on tags that nobody has
            cache.invalidate(List.of(new Tag("warm:" + i)));
        }
        double first = microseconds(BIG);
        lost += current(BIG, MANY); // what is still a hit
        System.out.printf(Locale.ROOT, "  the first, with %,d current entries: %.0f us%n", MANY, first);
        var comparison = Comparison.ofCosts("invalidate", "us");
        var big = new ArrayList<Double>();
        var small = new ArrayList<Double>();
        for (int i = 0; i < ROUNDS; i++) {
            int from = big.size();
            for (int pair = 0; pair < PAIRS; pair++) {
                fill(BIG, 1); // so that there is an epoch to remove; its index still holds all the keys
                fill(SMALL, FEW);
                boolean bigFirst = pair % 2 == 0;
                double one = microseconds(bigFirst ? BIG : SMALL);
                double other = microseconds(bigFirst ? SMALL : BIG);
                big.add(bigFirst ? one : other);
                small.add(bigFirst ? other : one);
            }
            comparison.add(
                    Comparison.median(big.subList(from, big.size())),
                    Comparison.median(small.subList(from, small.size())));
        }
        System.out.printf(
                Locale.ROOT,
                "  %,d keys: p50 %.0f us, p99 %.0f us; %d keys: p50 %.0f us, p99 %.0f us%n",
                MANY,
                Comparison.median(big),
                Comparison.percentile(big, 99),
                FEW,
                Comparison.median(small),
                Comparison.percentile(small, 99));
        var symfony = symfony(redis);
        boolean reached = comparison.ratio() <= 1.5
                && symfony.map(micros -> micros / Comparison.median(big) >= 1_000)
                        .orElse(false);
        return comparison
                .with("keys", Integer.toString(MANY))
                .with("first_us", "%.0f".formatted(first))
                .with("symfony", symfony.map(us -> "%.0f".formatted(us)).orElse("\"missing\""))
                .with(
                        "symfony_ratio",
                        symfony.map(us -> "%.0f".formatted(us / Comparison.median(big)))
                                .orElse("null"))
                .print(
                        "at most 1.5, " + (symfony.isPresent() ? "and a 1000th of Symfony's" : "Symfony's not seen"),
                        reached,
                        lost);
    }

    private double microseconds(Tag tag) {
        long start = System.nanoTime();
        cache.invalidate(List.of(tag));
        return (System.nanoTime() - start) / 1e3;
    }

    private void fill(Tag tag, int count) {
        for (int from = 0; from < count; from += CHUNK) {
            var keys = keys(tag, from, Math.min(count, from + CHUNK));
            var fills = cache.beginAll(keys, Collections.nCopies(keys.size(), List.of(tag)));
            var now = Instant.now();
            cache.fillAll(fills.stream()
                    .flatMap(Optional::stream)
                    .map(fill -> loaded(fill, now))
                    .toList());
        }
    }

    private static Loaded loaded(Fill fill, Instant now) {
        return new Loaded("", fill, VALUE, LIFETIME, "", now);
    }

    private long current(Tag tag, int count) {
        long found = 0;
        for (int from = 0; from < count; from += CHUNK) {
            var keys = keys(tag, from, Math.min(count, from + CHUNK));
            found += cache.readAll(keys, Collections.nCopies(keys.size(), List.of(tag))).stream()
                    .filter(Optional::isPresent)
                    .count();
        }
        return found;
    }

    private static List<String> keys(Tag tag, int from, int end) {
        return IntStream.range(from, end).mapToObj(i -> tag.name() + "-" + i).toList();
    }

    /** Microseconds that Symfony's adapter takes for as many keys; empty where it is not installed. */
    private static Optional<Double> symfony(EmbeddedRedis redis) throws IOException, InterruptedException {
        var script = Path.of(System.getProperty("freshet.home", "."), "benchmarks", "symfony-tags.php");
        Process php;
        try {
            php = new ProcessBuilder("php", script.toString(), Integer.toString(redis.port()), Integer.toString(MANY))
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            System.out.println("  symfony: there is no php here");
            return Optional.empty();
        }
        if (!php.waitFor(20, TimeUnit.MINUTES)) {
            php.destroyForcibly();
        }
        var answer = new String(php.getInputStream().readAllBytes(), UTF_8).strip();
        System.out.println("  symfony: " + answer);
        return php.exitValue() == 0
                ? Optional.of(Double.valueOf(answer.substring(answer.lastIndexOf(' ') + 1)))
                : Optional.empty();
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
