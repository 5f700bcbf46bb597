package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.Cached.Outcome;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Writers, slow loaders, sweeps with re-warms and a thread that removes random keys, all at once. Each value is the
 * version of a row; once an invalidation is acknowledged, no read that begins may return an older version.
 */
class StaleReadsIT {
    private static final int ROWS = 6;
    private static final Duration RUN = Duration.ofSeconds(3);
    /** A busy machine may take longer to do enough for the result to mean something. */
    private static final Duration LONGEST_RUN = Duration.ofSeconds(30);

    private static final Lifetime LIFETIME = Lifetime.of(Duration.ofMinutes(1));
    private static final Tag ALL = new Tag("all");

    private final AtomicLongArray rows = new AtomicLongArray(ROWS);
    private final List<LongAccumulator> floors = IntStream.range(0, ROWS)
            .mapToObj(row -> new LongAccumulator(Math::max, 0))
            .toList();
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong hits = new AtomicLong();
    private final AtomicLong rewarmed = new AtomicLong();
    private final AtomicLong stale = new AtomicLong();
    private final long start = System.nanoTime();

    @Test
    void noReadReturnsWhatAnAcknowledgedInvalidationHadReached() throws Exception {
        var options = CacheOptions.defaults(TestServices.shared().newPrefix());
        try (var server = new RedisServer("cache", TestServices.shared().redisUrl(), Duration.ofSeconds(5));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var cache = new TagCache(server, options);
            var keys = new CacheKeys(options.prefix(), 1);
            var work = Stream.of(
                            IntStream.range(0, 12).mapToObj(seed -> repeat(seed, random -> read(cache, random))),
                            IntStream.range(20, 22).mapToObj(seed -> repeat(seed, random -> write(cache, random))),
                            Stream.of(repeat(30, random -> rewarm(cache, random))),
                            Stream.of(repeat(40, random -> remove(server, keys, random))))
                    .flatMap(tasks -> tasks)
                    .map(threads::submit)
                    .toList();
            for (Future<?> task : work) {
                task.get(1, TimeUnit.MINUTES);
            }
        }
        assertThat(stale).hasValue(0);
        assertThat(reads.get()).isGreaterThan(500);
        assertThat(hits.get()).isGreaterThan(50);
        assertThat(rewarmed.get()).isGreaterThan(5);
    }

    private Runnable repeat(long seed, java.util.function.Consumer<Random> step) {
        return () -> {
            for (var random = new Random(seed); goesOn(); ) {
                step.accept(random);
            }
        };
    }

    private boolean goesOn() {
        long passed = System.nanoTime() - start;
        boolean isEnough = reads.get() > 500 && hits.get() > 50 && rewarmed.get() > 5;
        return passed < RUN.toNanos() || (!isEnough && passed < LONGEST_RUN.toNanos());
    }

    private void read(TagCache cache, Random random) {
        int row = random.nextInt(ROWS);
        long floor = floors.get(row).get();
        var read = cache.get(key(row), tags(row), LIFETIME, String.valueOf(row), () -> load(row, random));
        reads.incrementAndGet();
        hits.addAndGet(read.outcome() == Outcome.HIT ? 1 : 0);
        stale.addAndGet(Long.parseLong(new String(read.entry().content(), UTF_8)) < floor ? 1 : 0);
    }

    private void write(TagCache cache, Random random) {
        int row = random.nextInt(ROWS);
        long version = rows.incrementAndGet(row);
        cache.invalidate(List.of(random.nextInt(8) == 0 ? ALL : new Tag("row:" + row)));
        floors.get(row).accumulate(version);
        dawdle(random, 20);
    }

    private void rewarm(TagCache cache, Random random) {
        for (var hot : cache.sweep(List.of(ALL))) {
            int row = Integer.parseInt(hot.origin());
            var fill = cache.begin(hot.key(), tags(row));
            if (fill.isPresent() && cache.fill(fill.get(), load(row, random), LIFETIME, hot.origin(), Instant.now())) {
                rewarmed.incrementAndGet();
            }
        }
        dawdle(random, 10);
    }

    private static void remove(RedisServer server, CacheKeys keys, Random random) {
        int row = random.nextInt(ROWS);
        var name = switch (random.nextInt(5)) {
            case 0 -> keys.entry(key(row));
            case 1 -> keys.lease(key(row));
            case 2 -> keys.index(0, ALL);
            case 3 -> keys.epoch(0, ALL);
            default -> keys.epoch(0, new Tag("row:" + row));
        };
        server.await(server.session().commands().unlink(name));
        dawdle(random, 25);
    }

    /** Sees the row somewhere between its first and its last moment. */
    private byte[] load(int row, Random random) {
        dawdle(random, 3);
        var version = String.valueOf(rows.get(row));
        dawdle(random, 6);
        return version.getBytes(UTF_8);
    }

    private static void dawdle(Random random, int maxMillis) {
        LockSupport.parkNanos(random.nextInt(maxMillis * 1_000_000));
    }

    private static String key(int row) {
        return "row-" + row;
    }

    private static List<Tag> tags(int row) {
        return List.of(ALL, new Tag("row:" + row));
    }
}
