package dev.freshet.benchmarks;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.Cached.Outcome;
import dev.freshet.cache.Lifetime;
import dev.freshet.cache.Request;
import dev.freshet.cache.TagCache;
import dev.freshet.cache.Value;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Reads of values of 1 KiB under two tags by 16 threads, against plain GETs of the same bytes by the same threads over
 * the same connection.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class ReadBenchmark {
    private static final int THREADS = 16;
    private static final int KEYS = 1_000;
    private static final int ROUNDS = 9;
    private static final Duration ROUND = Duration.ofSeconds(2);
    /** One byte less than what would be stored compressed, so that neither side saves on the wire. */
    private static final int BYTES = 1_023;

    private static final Lifetime LIFETIME = Lifetime.of(Duration.ofHours(1));

    private final List<Request> requests = IntStream.range(0, KEYS)
            .mapToObj(i -> new Request("", "key-" + i, tags(i), LIFETIME, ""))
            .toList();
    private final List<String> names =
            IntStream.range(0, KEYS).mapToObj(i -> "plain:key-" + i).toList();
    private final RedisServer server;
    private final TagCache cache;
    private long lost;

    private ReadBenchmark(RedisServer server) {
        this.server = server;
        this.cache = new TagCache(server, CacheOptions.defaults("bench"));
    }

    static boolean run() throws Exception {
        try (var redis = Mode.current().redis();
                var server = new RedisServer("cache", redis.url(), Duration.ofSeconds(10))) {
            return new ReadBenchmark(server).compare();
        }
    }

    private boolean compare() throws Exception {
        fill();
        round(this::cached);
        round(this::plain); // warm now
        var throughput = Comparison.ofRates("read", "reads/s");
        var p50 = new ArrayList<Double>();
        var p99 = new ArrayList<Double>();
        for (int i = 0; i < ROUNDS; i++) {
            boolean oursFirst = i % 2 == 0;
            var first = round(oursFirst ? this::cached : this::plain);
            var second = round(oursFirst ? this::plain : this::cached);
            var our = oursFirst ? first : second;
            var reference = oursFirst ? second : first;
            throughput.add(our.perSecond(), reference.perSecond());
            p50.add(our.p50() / reference.p50());
            p99.add(our.p99() / reference.p99());
            System.out.printf(Locale.ROOT, "  ours %s; GET %s%n", our, reference);
        }
        double p50Ratio = Comparison.median(p50);
        double p99Ratio = Comparison.median(p99);
        return throughput
                .with("p50_ratio", "%.3f".formatted(p50Ratio))
                .with("p99_ratio", "%.3f".formatted(p99Ratio))
                .print("at least 0.85, p99 at most 1.3", throughput.ratio() >= 0.85 && p99Ratio <= 1.3, lost);
    }

    private void fill() {
        var random = new Random(1);
        for (int i = 0; i < KEYS; i++) {
            var content = new byte[BYTES];
            random.nextBytes(content);
            cache.get(requests.get(i), () -> Value.of(content, LIFETIME));
            server.await(server.session().commands().set(names.get(i), content));
        }
    }

    private boolean cached(int i) {
        var found = cache.get(requests.get(i), () -> Value.of(new byte[0], LIFETIME));
        return found.outcome() == Outcome.HIT && found.entry().content().length == BYTES;
    }

    private boolean plain(int i) {
        var found = server.await(server.session().commands().get(names.get(i)));
        return found != null && found.length == BYTES;
    }

    /** How one kind of read did in one round. Times in microseconds. */
    private record Round(double perSecond, double p50, double p99) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%,.0f/s, p50 %.0f us, p99 %.0f us", perSecond, p50, p99);
        }
    }

    private Round round(IntPredicate read) throws InterruptedException, ExecutionException {
        try (var threads = Executors.newFixedThreadPool(THREADS)) {
            long end = System.nanoTime() + ROUND.toNanos();
            List<Callable<Times>> readers = IntStream.range(0, THREADS)
                    .<Callable<Times>>mapToObj(seed -> () -> read(read, new Random(seed), end))
                    .toList();
            var all = new ArrayList<long[]>();
            for (var reader : threads.invokeAll(readers)) {
                all.add(reader.get().nanos());
                lost += reader.get().lost();
            }
            var nanos = all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
            return new Round(
                    nanos.length / (ROUND.toNanos() / 1e9),
                    nanos[nanos.length / 2] / 1e3,
                    nanos[(int) (nanos.length * 0.99)] / 1e3);
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    private record Times(long[] nanos, long lost) {}

    private static Times read(IntPredicate read, Random random, long end) {
        var nanos = new long[1 << 16];
        int count = 0;
        long lost = 0;
        for (long start = System.nanoTime(); start < end; ) {
            lost += read.test(random.nextInt(KEYS)) ? 0 : 1;
            long now = System.nanoTime();
            if (count == nanos.length) {
                nanos = Arrays.copyOf(nanos, 2 * count);
            }
            nanos[count++] = now - start;
            start = now;
        }
        return new Times(Arrays.copyOf(nanos, count), lost);
    }

    private static List<Tag> tags(int i) {
        return List.of(new Tag("all"), new Tag("group:" + i % 10));
    }
}
