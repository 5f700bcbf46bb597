package dev.freshet.cache;

import static dev.freshet.redis.Script.argument;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.cache.Cached.Outcome;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.Script;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TagCacheIT {
    private static final Lifetime FIVE_MINUTES = Lifetime.of(Duration.ofMinutes(5));
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Tag COHORT = new Tag("cohort:3");
    private static final List<Tag> TAGS = List.of(new Tag("enrollments"), COHORT);

    private final CacheOptions options =
            CacheOptions.defaults(TestServices.shared().newPrefix());
    private final CacheKeys keys = new CacheKeys(options.prefix(), 1);
    private final RedisServer server =
            new RedisServer("cache", TestServices.shared().cacheUrl(), TIMEOUT);
    private final TagCache cache = new TagCache(server, options);

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void aValueIsAHitUntilOneOfItsTagsIsInvalidated() {
        assertThat(get("old").outcome()).isEqualTo(Outcome.MISS);
        assertThat(get("new").outcome()).isEqualTo(Outcome.HIT);
        assertThat(text(get("new"))).isEqualTo("old");

        cache.invalidate(List.of(COHORT));

        assertThat(cache.read("k", TAGS)).isEmpty();
        assertThat(text(get("new"))).isEqualTo("new");
    }

    @Test
    void theOrderOfTagsAndDoublesAmongThemDoNotMatterButTheSetDoes() {
        get("value");
        assertThat(cache.read("k", List.of(COHORT, new Tag("enrollments"), COHORT)))
                .isPresent();
        assertThat(cache.read("k", List.of(COHORT))).isEmpty();
    }

    @Test
    void anInvalidationDuringALoadRefusesItsFill() {
        var loaded = cache.get("k", TAGS, FIVE_MINUTES, "", () -> {
            cache.invalidate(List.of(COHORT));
            return bytes("old");
        });
        assertThat(text(loaded)).isEqualTo("old");
        assertThat(loaded.shared()).isFalse();
        assertThat(cache.read("k", TAGS)).isEmpty();
        assertThat(exists(keys.entry("k"), keys.lease("k"))).isZero();
    }

    @Test
    void aTagWhoseEpochWasEvictedIsAMiss() {
        get("value");
        unlink(keys.epoch(0, COHORT));
        assertThat(cache.read("k", TAGS)).isEmpty();
    }

    @Test
    void whatCameBackFromDiskWithARestartIsAMiss() {
        try (var process = EmbeddedRedis.start(EmbeddedRedis.freePort(), "appendonly yes", "appendfsync always");
                var other = new RedisServer("cache", process.url(), TIMEOUT)) {
            var restarted = new TagCache(other, options);
            restarted.get("k", TAGS, FIVE_MINUTES, "", () -> bytes("old"));
            var begun = restarted.begin("in flight", TAGS).orElseThrow();
            assertThat(restarted.begin("abandoned", TAGS)).isPresent();
            var before = other.session();
            process.restart();
            await().until(() -> other.isConnected() && other.session() != before);

            assertThat(other.await(other.session().commands().exists(keys.entry("k"), keys.epoch(0, COHORT))))
                    .isEqualTo(2);
            assertThat(restarted.read("k", TAGS)).isEmpty();
            assertThat(fill(restarted, begun, "old")).isFalse();
            assertThat(restarted.read("in flight", TAGS)).isEmpty();
            assertThat(restarted.begin("in flight", TAGS)).isPresent();
            assertThat(restarted.begin("abandoned", TAGS))
                    .as("nobody waits for a lease that came back too")
                    .isPresent();
        }
    }

    @Test
    void oneLoaderHoldsTheLeaseUntilItFillsOrGivesUp() {
        var first = begin("k").orElseThrow();
        assertThat(begin("k")).isEmpty();
        cache.abandon(first);
        assertThat(fill(cache, first, "too late")).isFalse();
        var second = begin("k").orElseThrow();
        assertThat(fill(cache, second, "value")).isTrue();
        assertThat(begin("k")).isPresent();
    }

    @Test
    void aLeaseWhoseEpochsMovedIsTakenOver() {
        var slow = begin("k").orElseThrow();
        cache.invalidate(List.of(COHORT));
        var next = begin("k").orElseThrow();

        assertThat(fill(cache, slow, "old")).isFalse();
        assertThat(begin("k")).as("the refused fill left the other lease alone").isEmpty();
        assertThat(fill(cache, next, "new")).isTrue();
        assertThat(cache.read("k", TAGS).map(Entry::content)).contains(bytes("new"));
    }

    @Test
    void aLeaseThatRanOutIsGivenToTheNextAndItsFillRefused() {
        var impatient = new TagCache(server, withLease(Duration.ofMillis(50)));
        var dead = impatient.begin("k", TAGS).orElseThrow();
        var next = await().until(() -> impatient.begin("k", TAGS), Optional::isPresent);
        assertThat(fill(impatient, dead, "old")).isFalse();
        assertThat(next).isPresent();
    }

    @Test
    void aDeleteAlsoRefusesTheFillInFlight() {
        get("value");
        cache.invalidate(List.of(COHORT));
        var begun = begin("k").orElseThrow();
        cache.delete("k");
        assertThat(fill(cache, begun, "deleted")).isFalse();
        assertThat(cache.read("k", TAGS)).isEmpty();
    }

    @Test
    void aFillSentTwiceIsStoredOnceAndSaysSoTwice() {
        var begun = begin("k").orElseThrow();
        assertThat(fill(cache, begun, "value")).isTrue();
        assertThat(fill(cache, begun, "value")).isTrue();
        assertThat(cache.read("k", TAGS)).isPresent();

        var next = begin("k").orElseThrow();
        assertThat(fill(cache, next, "next")).isTrue();
        assertThat(fill(cache, begun, "value")).isFalse();
        assertThat(cache.read("k", TAGS).map(Entry::content)).contains(bytes("next"));
    }

    @Test
    void aBeginSentTwiceAnswersTheSameAndNeverBringsARemovedEpochBack() {
        var first = runBegin("token-of-22-characters");
        assertThat(epochs(first)).hasSize(2);
        assertThat(epochs(runBegin("token-of-22-characters"))).isEqualTo(epochs(first));
        assertThat(runBegin("another-one-of-22-char")).isEmpty();

        cache.invalidate(TAGS);

        assertThat(epochs(runBegin("token-of-22-characters"))).doesNotContainAnyElementsOf(epochs(first));
    }

    @Test
    void ofFiftyReadersOneLoads() throws Exception {
        var loads = new AtomicInteger();
        var start = new CountDownLatch(50);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var reads = IntStream.range(0, 50)
                    .mapToObj(i -> threads.submit(() -> {
                        start.countDown();
                        start.await();
                        return cache.get("k", TAGS, FIVE_MINUTES, "", () -> bytes("load " + loads.incrementAndGet()));
                    }))
                    .toList();
            for (var read : reads) {
                assertThat(text(read.get())).isEqualTo("load 1");
            }
        }
        assertThat(loads).hasValue(1);
    }

    @Test
    void whoeverWaitedForARefusedLoadLoadsForItself() throws Exception {
        var loading = new CountDownLatch(1);
        var invalidated = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Cached> slow = threads.submit(() -> cache.get("k", TAGS, FIVE_MINUTES, "", () -> {
                loading.countDown();
                awaitUninterruptibly(invalidated);
                return bytes("old");
            }));
            loading.await();
            Future<Cached> waiter = threads.submit(() -> get("new"));
            cache.invalidate(List.of(COHORT));
            assertThat(text(waiter.get())).isEqualTo("new");
            invalidated.countDown();
            assertThat(text(slow.get())).isEqualTo("old");
            assertThat(cache.read("k", TAGS).map(Entry::content)).contains(bytes("new"));
        }
    }

    @Test
    void aReaderWhosePatienceEndsLoadsForItselfAndStoresNothing() {
        var impatient = new TagCache(
                server,
                new CacheOptions(options.prefix(), 1, options.lease(), options.epochTtl(), 1_024, Duration.ZERO));
        var other = begin("k").orElseThrow();
        assertThat(text(impatient.get("k", TAGS, FIVE_MINUTES, "", () -> bytes("mine"))))
                .isEqualTo("mine");
        assertThat(cache.read("k", TAGS)).isEmpty();
        assertThat(fill(cache, other, "theirs")).isTrue();
    }

    @Test
    void aFailedLoadFreesTheLeaseAndOnlyGraceStandsInForIt() {
        Supplier<byte[]> failing = () -> {
            throw new IllegalStateException("no database");
        };
        assertThatThrownBy(() -> cache.get("k", TAGS, FIVE_MINUTES, "", failing))
                .hasMessage("no database");

        var graceful = new Lifetime(Duration.ofMillis(1), Duration.ofMinutes(5), Duration.ZERO);
        cache.get("k", TAGS, graceful, "", () -> bytes("past its ttl"));
        await().until(() -> cache.read("k", TAGS).isEmpty());
        var standIn = cache.get("k", TAGS, graceful, "", failing);
        assertThat(standIn.outcome()).isEqualTo(Outcome.STALE);
        assertThat(text(standIn)).isEqualTo("past its ttl");

        cache.invalidate(List.of(COHORT));
        assertThatThrownBy(() -> cache.get("k", TAGS, graceful, "", failing)).hasMessage("no database");
    }

    @Test
    void aSweepFreesWhatIsColdAndNamesWhatIsHot() {
        var now = Instant.now();
        store("hot", FIVE_MINUTES, now);
        store("cold", FIVE_MINUTES, now.minus(Duration.ofHours(1)));
        store("always", new Lifetime(Duration.ofMinutes(5), Duration.ZERO, Lifetime.ALWAYS), Instant.EPOCH);
        store("never", new Lifetime(Duration.ofMinutes(5), Duration.ZERO, Duration.ZERO), now);
        store("gone", FIVE_MINUTES, now);
        unlink(keys.entry("gone"));
        cache.invalidate(List.of(COHORT));
        store("current", FIVE_MINUTES, now.minus(Duration.ofHours(1)));

        var hot = cache.sweep(List.of(COHORT));

        assertThat(hot)
                .containsExactlyInAnyOrder(
                        new Hot("hot", "origin of hot", Instant.ofEpochMilli(now.toEpochMilli())),
                        new Hot("always", "origin of always", Instant.EPOCH));
        assertThat(exists(keys.entry("cold"), keys.entry("never"))).isZero();
        assertThat(cache.read("current", TAGS)).isPresent();
        assertThat(members(keys.index(0, COHORT))).containsExactlyInAnyOrder("hot", "always", "current");
        assertThat(cache.sweep(TAGS)).hasSize(2);
    }

    @Test
    void aTagIsInUseWhileSomethingIsStoredUnderIt() {
        var unknown = new Tag("unknown");
        assertThat(cache.inUse(List.of(unknown, COHORT))).isEmpty();
        store("k", FIVE_MINUTES, Instant.now());
        assertThat(cache.inUse(List.of(unknown, COHORT))).containsExactly(COHORT);
        cache.invalidate(List.of(COHORT));
        assertThat(cache.inUse(List.of(unknown, COHORT)))
                .as("its value is still there")
                .containsExactly(COHORT);
        assertThat(cache.inUse(List.of())).isEmpty();
        var many = new ArrayList<>(
                IntStream.range(0, 250).mapToObj(i -> new Tag("unknown:" + i)).toList());
        many.add(120, COHORT);
        assertThat(cache.inUse(many)).containsExactly(COHORT);
    }

    @Test
    void anEntryThatIsFreedLeavesAllItsTags() {
        var hourAgo = Instant.now().minus(Duration.ofHours(1));
        store("k", FIVE_MINUTES, hourAgo);
        age("k", hourAgo);
        cache.invalidate(TAGS);
        assertThat(cache.sweep(TAGS)).isEmpty();
        assertThat(exists(keys.entry("k"))).isZero();
        assertThat(TAGS)
                .allSatisfy(tag -> assertThat(members(keys.index(0, tag))).isEmpty());
    }

    @Test
    void aReaderMakesAnEntryHotAndASweepsOwnLookDoesNot() {
        var hourAgo = Instant.now().minus(Duration.ofHours(1));
        store("k", FIVE_MINUTES, hourAgo);
        age("k", hourAgo);
        assertThat(cache.sweep(TAGS)).isEmpty();
        var looked =
                Stored.decode(server.await(commands().get(keys.entry("k")))).orElseThrow();
        assertThat(looked.observedAt()).isAfter(hourAgo.plusSeconds(3_000));
        assertThat(looked.entry().lastRead()).isBefore(hourAgo.plusSeconds(1));

        age("k", hourAgo);
        cache.read("k", TAGS);
        cache.invalidate(TAGS);
        assertThat(cache.sweep(TAGS))
                .hasSize(1)
                .first()
                .matches(hot -> hot.lastRead().isAfter(hourAgo.plusSeconds(3_000)));
    }

    @Test
    void aSweepNeverFreesWhatWasFilledSinceItLooked() {
        store("k", FIVE_MINUTES, Instant.EPOCH);
        var seen = Stored.decode(server.await(commands().get(keys.entry("k")))).orElseThrow();
        store("k", FIVE_MINUTES, Instant.EPOCH);
        var freed = server.await(Script.load(TagCache.class, "sweep.lua")
                .<Long>run(
                        commands(),
                        ScriptOutputType.INTEGER,
                        new String[] {keys.index(0, COHORT), keys.entry("k")},
                        argument("k"),
                        argument(seen.token()),
                        argument("")));
        assertThat(freed).isZero();
        assertThat(cache.read("k", TAGS)).isPresent();
    }

    @Test
    void whereRedisKeepsNoAccessTimesEverythingIsHot() {
        try (var process = EmbeddedRedis.start(0, "maxmemory 50mb", "maxmemory-policy allkeys-lfu");
                var other = new RedisServer("cache", process.url(), TIMEOUT)) {
            var lfu = new TagCache(other, options);
            var begun = lfu.begin("k", TAGS).orElseThrow();
            lfu.fill(begun, bytes("value"), FIVE_MINUTES, "origin", Instant.EPOCH);
            lfu.invalidate(TAGS);
            assertThat(lfu.sweep(TAGS)).extracting(Hot::key).containsExactly("k");
        }
    }

    @Test
    void entriesWhoseHeadersAreLongerThanUsualAreSweptLikeOthers() {
        var courses =
                IntStream.range(0, 60).mapToObj(i -> new Tag("course:" + i)).toList();
        var tags = Stream.concat(TAGS.stream(), courses.stream()).toList();
        var names = List.of("hot", "cold", "also hot");
        var now = Instant.now();
        for (var name : names) {
            var lastRead = name.equals("cold") ? now.minus(Duration.ofHours(1)) : now;
            var begun = cache.begin(name, tags).orElseThrow();
            cache.fill(begun, bytes("value"), FIVE_MINUTES, "o".repeat(5_000) + name, lastRead);
        }
        store("short", FIVE_MINUTES, now);
        assertThat(cache.sweep(TAGS)).as("all are current").isEmpty();

        cache.invalidate(List.of(courses.getLast()));

        assertThat(cache.sweep(TAGS))
                .extracting(Hot::origin)
                .containsExactlyInAnyOrder("o".repeat(5_000) + "hot", "o".repeat(5_000) + "also hot");
        assertThat(exists(keys.entry("cold"))).isZero();
        assertThat(cache.read("short", TAGS)).isPresent();
    }

    @Test
    void anIndexLosesItsExpiredMembersAsOthersAreFilled() {
        cache.get("short", TAGS, Lifetime.of(Duration.ofMillis(1)), "", () -> bytes("value"));
        await().until(() -> cache.read("short", TAGS).isEmpty());
        get("value");
        assertThat(members(keys.index(0, COHORT))).containsExactly("k");
    }

    @Test
    void anIndexThatNoLongerGrowsLosesThemInTheEnd() {
        get("value");
        server.await(commands().zadd(keys.index(0, COHORT), 1, bytes("long expired")));
        await().until(() -> {
            for (int i = 0; i < 20; i++) { // one in sixteen looks for them
                cache.delete("k");
                get("value");
            }
            return members(keys.index(0, COHORT)).equals(List.of("k"));
        });
    }

    @Test
    void manyKeysAreBegunAndFilledTogether() {
        var names = List.of("a", "b", "c");
        List<Collection<Tag>> tags = List.of(TAGS, List.of(), List.of(COHORT));
        var taken = begin("a").orElseThrow();
        var fills = cache.beginAll(names, tags);
        assertThat(fills.get(0)).isEmpty();
        cache.abandon(taken);
        cache.invalidate(List.of(COHORT));
        var stored = cache.fillAll(fills.stream()
                .flatMap(Optional::stream)
                .map(fill -> new Loaded("", fill, bytes(fill.key()), FIVE_MINUTES, "", fill.begunAt()))
                .toList());
        assertThat(stored).containsExactly(true, false);
        assertThat(cache.read("b", List.of())).isPresent();
    }

    @Test
    void manyLeasesAreGivenBackTogether() {
        var names = List.of("a", "b", "c");
        var tags = Collections.nCopies(names.size(), TAGS);
        var fills =
                cache.beginAll(names, tags).stream().map(Optional::orElseThrow).toList();
        cache.abandonAll(fills);
        assertThat(cache.beginAll(names, tags)).allMatch(Optional::isPresent);
        cache.abandonAll(fills);
        assertThat(cache.beginAll(names, tags)).as("they are others' now").allMatch(Optional::isEmpty);
    }

    @Test
    void moreThanOneScriptMayHoldAreBegunFilledAndSweptTogether() {
        var names = IntStream.range(0, 450).mapToObj(i -> "k" + i).toList();
        var tags = Collections.nCopies(names.size(), TAGS);
        for (int i = 0; i < 2; i++) {
            var fills = cache.beginAll(names, tags);
            assertThat(cache.beginAll(names, tags)).as("somebody loads them").allMatch(Optional::isEmpty);
            assertThat(cache.fillAll(fills.stream()
                            .map(Optional::orElseThrow)
                            .map(fill -> new Loaded("", fill, bytes(fill.key()), FIVE_MINUTES, "", fill.begunAt()))
                            .toList()))
                    .hasSize(names.size())
                    .allMatch(stored -> stored);
            assertThat(cache.readAll(names, tags)).allMatch(Optional::isPresent);
            cache.invalidate(List.of(COHORT));
            assertThat(cache.sweepByTag(TAGS).keySet()).extracting(Hot::key).containsExactlyInAnyOrderElementsOf(names);
        }
    }

    @Test
    void aFillOfManyThatWasOvertakenKeepsNoneOfTheOthersOut() {
        var names = List.of("a", "b", "c");
        List<Collection<Tag>> tags = List.of(TAGS, List.of(new Tag("other")), List.of());
        var fills = cache.beginAll(names, tags);
        cache.invalidate(List.of(COHORT));
        var loads = fills.stream()
                .map(Optional::orElseThrow)
                .map(fill -> new Loaded("", fill, bytes(fill.key()), FIVE_MINUTES, "", fill.begunAt()))
                .toList();
        assertThat(cache.fillAll(loads)).containsExactly(false, true, true);
        assertThat(cache.fillAll(loads)).as("sent twice").containsExactly(false, true, true);
        assertThat(cache.beginAll(names, tags)).as("leases were given back").allMatch(Optional::isPresent);
    }

    @Test
    void manyBucketsAreInvalidatedTogether() {
        var spread = new TagCache(
                server,
                new CacheOptions(options.prefix(), 16, options.lease(), options.epochTtl(), 1_024, Duration.ZERO));
        var names = IntStream.range(0, 64).mapToObj(i -> "k" + i).toList();
        names.forEach(name -> spread.get(name, TAGS, FIVE_MINUTES, "", () -> bytes(name)));
        assertThat(names).allMatch(name -> spread.read(name, TAGS).isPresent());

        spread.invalidate(List.of(COHORT));

        assertThat(names).allMatch(name -> spread.read(name, TAGS).isEmpty());
        assertThat(spread.sweep(List.of(COHORT))).extracting(Hot::key).containsExactlyInAnyOrderElementsOf(names);
    }

    @Test
    void withoutRedisEveryCallSaysSo() {
        try (var process = EmbeddedRedis.start(0);
                var other = new RedisServer("cache", process.url(), TIMEOUT)) {
            var lonely = new TagCache(other, options);
            var begun = lonely.begin("begun", TAGS).orElseThrow();
            var value = lonely.get("k", TAGS, FIVE_MINUTES, "", () -> {
                process.close();
                await().until(() -> !other.isConnected());
                return bytes("loaded");
            });
            assertThat(text(value)).as("a load is not lost with the server").isEqualTo("loaded");
            assertThatThrownBy(() -> lonely.read("k", TAGS)).isInstanceOf(RedisException.class);
            assertThatThrownBy(() -> lonely.invalidate(TAGS)).isInstanceOf(RedisException.class);
            lonely.abandonAll(List.of(begun)); // it would run out by itself
        }
    }

    private Cached get(String value) {
        return cache.get("k", TAGS, FIVE_MINUTES, "origin", () -> bytes(value));
    }

    private Optional<Fill> begin(String key) {
        return cache.begin(key, TAGS);
    }

    private static boolean fill(TagCache cache, Fill fill, String value) {
        return cache.fill(fill, bytes(value), FIVE_MINUTES, "origin", fill.begunAt());
    }

    private void store(String key, Lifetime lifetime, Instant lastRead) {
        var begun = cache.begin(key, TAGS).orElseThrow();
        assertThat(cache.fill(begun, bytes("value"), lifetime, "origin of " + key, lastRead))
                .isTrue();
    }

    /** Makes an entry look as if it had been stored, and last accessed, at that time. */
    private void age(String key, Instant at) {
        var name = keys.entry(key);
        server.await(commands().setrange(name, Stored.TOKEN_LENGTH, Stored.stamp(at, at)));
        var idle = Duration.between(at, Instant.now()).toSeconds();
        var old = new io.lettuce.core.RestoreArgs().ttl(300_000).replace().idleTime(idle);
        TestServices.shared().asRedisAdmin(redis -> redis.restore(name, redis.dump(name), old));
    }

    private List<Object> runBegin(String token) {
        var names = new String[] {keys.lease("k"), keys.epoch(0, TAGS.get(0)), keys.epoch(0, TAGS.get(1))};
        List<List<Object>> answers = server.await(Script.load(TagCache.class, "begin.lua")
                .run(
                        commands(),
                        ScriptOutputType.MULTI,
                        names,
                        argument(30_000),
                        argument(600_000),
                        argument(server.session().runId()),
                        argument(token),
                        argument(2)));
        return answers.getFirst();
    }

    private static List<String> epochs(List<Object> answer) {
        return answer.stream()
                .skip(1)
                .map(epoch -> new String((byte[]) epoch, UTF_8))
                .toList();
    }

    private CacheOptions withLease(Duration lease) {
        return new CacheOptions(options.prefix(), 1, lease, options.epochTtl(), 1_024, options.patience());
    }

    private RedisAsyncCommands<String, byte[]> commands() {
        return server.session().commands();
    }

    private long exists(String... names) {
        return server.await(commands().exists(names));
    }

    private void unlink(String name) {
        server.await(commands().unlink(name));
    }

    private List<String> members(String index) {
        return server.await(commands().zrange(index, 0, -1)).stream()
                .map(member -> new String(member, UTF_8))
                .toList();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String text(Cached cached) {
        return new String(cached.entry().content(), UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
