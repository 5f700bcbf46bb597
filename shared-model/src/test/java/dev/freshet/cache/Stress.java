package dev.freshet.cache;

import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Readers, writers, slow loaders, re-warms and somebody who removes random keys, all at once. Each value is the version
 * of a row, and the database is in memory; once an invalidation is acknowledged, no read that begins may return an older
 * version.
 */
final class Stress {
    private static final Tag ALL = new Tag("all");
    static final String PREFIX = "s";
    private static final int BATCH = 100;
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    /**
     * When it ends: after both, or at the latest.
     *
     * @param stale how many stale reads are enough to know
     */
    record Length(Duration atLeast, long reads, long stale, Duration atMost) {}

    /**
     * What came of it.
     *
     * @param away reads and writes that found Redis away; the writes were tried until they were acknowledged
     * @param toll what went wrong in the surroundings
     */
    record Report(
            String protocol,
            String surroundings,
            long reads,
            long hits,
            long stale,
            long loads,
            long rewarmed,
            long writes,
            long away,
            String toll,
            Duration took) {
        @Override
        public String toString() {
            return "%s, %s: %,d reads (%,d hits), %,d stale; %,d loads, %,d re-warms, %,d writes, %,d found redis away; %s; %d s"
                    .formatted(
                            surroundings,
                            protocol,
                            reads,
                            hits,
                            stale,
                            loads,
                            rewarmed,
                            writes,
                            away,
                            toll,
                            took.toSeconds());
        }
    }

    private final Surroundings surroundings;
    private final Length length;
    private final int rows;
    private final String padding;
    private final AtomicLongArray versions;
    private final List<LongAccumulator> floors;
    private final LongAdder reads = new LongAdder();
    private final LongAdder hits = new LongAdder();
    private final LongAdder stale = new LongAdder();
    private final LongAdder loads = new LongAdder();
    private final LongAdder rewarmed = new LongAdder();
    private final LongAdder writes = new LongAdder();
    private final LongAdder away = new LongAdder();
    private final AtomicLong removed = new AtomicLong();
    private final long start = System.nanoTime();

    Stress(Surroundings surroundings, Length length) {
        this.surroundings = surroundings;
        this.length = length;
        this.rows = surroundings.rows();
        this.padding = "|" + incompressible(surroundings.padding());
        this.versions = new AtomicLongArray(rows);
        this.floors = IntStream.range(0, rows)
                .mapToObj(row -> new LongAccumulator(Math::max, 0))
                .toList();
    }

    /** @param name of the protocol, for the report */
    Report run(String name, BiFunction<RedisServer, CacheOptions, Protocol> making) {
        var options = CacheOptions.defaults(PREFIX).withBuckets(surroundings.buckets());
        try (var server = new RedisServer("cache", surroundings.url(), TIMEOUT);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var protocol = making.apply(server, options);
            var keys = new CacheKeys(options.prefix(), options.buckets());
            var tasks = new ArrayList<Runnable>();
            for (int i = 0; i < 12; i++) {
                tasks.add(again(i, random -> read(protocol, random)));
            }
            for (int i = 20; i < 23; i++) {
                tasks.add(again(i, random -> skim(protocol, random)));
            }
            for (int i = 30; i < 34; i++) {
                tasks.add(again(i, random -> write(protocol, random)));
            }
            tasks.add(again(40, random -> rewarm(protocol, random)));
            tasks.add(again(50, random -> remove(server, keys, random)));
            tasks.add(again(60, random -> strike(server, random)));
            tasks.stream().map(threads::submit).toList().forEach(this::join);
            return report(name, surroundings.toll());
        }
    }

    private Report report(String name, String toll) {
        return new Report(
                name,
                surroundings.getClass().getSimpleName(),
                reads.sum(),
                hits.sum(),
                stale.sum(),
                loads.sum(),
                rewarmed.sum(),
                writes.sum(),
                away.sum(),
                toll,
                Duration.ofNanos(System.nanoTime() - start));
    }

    private Runnable again(long seed, Consumer<Random> step) {
        return () -> {
            for (var random = new Random(seed); goesOn(); ) {
                try {
                    step.accept(random);
                } catch (RedisException e) {
                    away.increment();
                    dawdle(random, 10);
                }
            }
        };
    }

    private boolean goesOn() {
        long passed = System.nanoTime() - start;
        boolean isEnough = passed > length.atLeast.toNanos()
                && reads.sum() >= length.reads
                && !surroundings.toll().isEmpty();
        return !isEnough && stale.sum() < length.stale && passed < length.atMost.toNanos();
    }

    private void read(Protocol protocol, Random random) {
        int row = row(random);
        long floor = floors.get(row).get();
        var got = protocol.get(key(row), tags(row), () -> load(row, random));
        check(floor, got.content());
        hits.add(got.isHit() ? 1 : 0);
    }

    /** Reads many rows and leaves alone what is not there. */
    private void skim(Protocol protocol, Random random) {
        var chosen = IntStream.range(0, BATCH).map(i -> row(random)).toArray();
        var bounds =
                IntStream.of(chosen).mapToLong(row -> floors.get(row).get()).toArray();
        var found = protocol.readAll(
                IntStream.of(chosen).mapToObj(Stress::key).toList(),
                IntStream.of(chosen).mapToObj(Stress::tags).toList());
        for (int i = 0; i < chosen.length; i++) {
            if (found.get(i).isPresent()) {
                check(bounds[i], found.get(i).get());
                hits.increment();
            } else {
                reads.increment();
            }
        }
    }

    private void check(long floor, String content) {
        reads.increment();
        stale.add(Long.parseLong(content.substring(0, content.indexOf('|'))) < floor ? 1 : 0);
    }

    private void write(Protocol protocol, Random random) {
        int row = row(random);
        long version = versions.incrementAndGet(row);
        var tag = random.nextInt(400) == 0 ? ALL : own(row);
        while (goesOn()) {
            try {
                protocol.invalidate(List.of(tag));
                floors.get(row).accumulate(version);
                writes.increment();
                break;
            } catch (RedisException e) {
                away.increment();
                dawdle(random, 10);
            }
        }
        dawdle(random, 20);
    }

    private void rewarm(Protocol protocol, Random random) {
        rewarmed.add(protocol.rewarm(ALL, key -> tags(row(key)), key -> load(row(key), random)));
        dawdle(random, 10);
    }

    private void remove(RedisServer server, CacheKeys keys, Random random) {
        int row = row(random);
        int bucket = keys.bucketOf(key(row));
        var name = switch (random.nextInt(5)) {
            case 0 -> keys.entry(key(row));
            case 1 -> keys.lease(key(row));
            case 2 -> keys.index(bucket, ALL);
            case 3 -> random.nextInt(20) == 0 ? keys.epoch(bucket, ALL) : keys.epoch(bucket, own(row));
            default -> keys.epoch(bucket, own(row));
        };
        removed.addAndGet(server.await(server.unlink(List.of(name))));
        if (random.nextInt(50) == 0) {
            server.sessions().forEach(session -> server.await(session.commands().scriptFlush()));
        }
        dawdle(random, 25);
    }

    private void strike(RedisServer server, Random random) {
        surroundings.strike(server, random);
        dawdle(random, 100);
    }

    /** Sees the row somewhere between its first and its last moment. */
    private String load(int row, Random random) {
        loads.increment();
        dawdle(random, random.nextInt(100) == 0 ? 50 : 3);
        var version = versions.get(row) + padding;
        dawdle(random, random.nextInt(100) == 0 ? 50 : 6);
        return version;
    }

    private static String incompressible(int length) {
        return new Random(1)
                .ints(length, 'a', 'z')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    static void dawdle(Random random, int maxMillis) {
        LockSupport.parkNanos(random.nextInt(maxMillis * 1_000_000));
    }

    private int row(Random random) {
        return random.nextInt(rows);
    }

    private static int row(String key) {
        return Integer.parseInt(key.substring("row-".length()));
    }

    private static String key(int row) {
        return "row-" + row;
    }

    private static List<Tag> tags(int row) {
        return List.of(ALL, own(row));
    }

    private static Tag own(int row) {
        return new Tag("row:" + row);
    }

    private void join(Future<?> task) {
        try {
            task.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
