package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TypedCacheIT {
    record Course(long id, String title) {}

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final RedisServer server =
            new RedisServer("cache", TestServices.shared().cacheUrl(), TIMEOUT);
    private final CacheOptions options =
            CacheOptions.defaults(TestServices.shared().newPrefix());
    private final CacheStats stats = new CacheStats(new SimpleMeterRegistry());
    private final TagCache cache = new TagCache(server, options, stats);
    private final TypedCache<Long, Course> courses = courses(cache).build();
    private final List<Long> loaded = new ArrayList<>();

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void aValueIsLoadedOnceUntilItsTagIsInvalidated() {
        assertThat(courses.get(7L)).isEmpty();
        assertThat(courses.wrap(7L, this::load)).isEqualTo(new Course(7, "course 7"));
        assertThat(courses.wrap(7L, TypedCacheIT::unused)).isEqualTo(new Course(7, "course 7"));
        assertThat(courses.get(7L)).contains(new Course(7, "course 7"));
        assertThat(cache.read("course:7", List.of(new Tag("course:7"))).map(Entry::content))
                .contains("{\"id\":7,\"title\":\"course 7\"}".getBytes(UTF_8));

        assertThat(courses.invalidate(List.of(new Tag("course:7")))).isTrue();

        assertThat(courses.get(7L)).isEmpty();
        courses.wrap(7L, this::load);
        assertThat(loaded).containsExactly(7L, 7L);
        var counted = stats.snapshot().getFirst();
        assertThat(List.of(counted.hits(), counted.misses(), counted.loads())).containsExactly(2L, 4L, 2L);
    }

    @Test
    void ofManyTheMissingAreLoadedInOneCall() {
        courses.wrap(2L, this::load);
        List<List<Long>> calls = new ArrayList<>();
        Function<List<Long>, Map<Long, Course>> batch = ids -> {
            calls.add(ids);
            var found = new HashMap<Long, Course>();
            ids.forEach(id -> found.put(id, new Course(id, "batch")));
            return found;
        };

        var read = courses.wrapAll(List.of(1L, 2L, 3L, 1L), batch);

        assertThat(calls).containsExactly(List.of(1L, 3L));
        assertThat(read.keySet()).containsExactly(1L, 2L, 3L);
        assertThat(read.get(2L)).isEqualTo(new Course(2, "course 2"));
        assertThat(courses.mget(List.of(3L, 4L, 1L)).keySet()).containsExactly(3L, 1L);
        assertThat(courses.mget(List.of())).isEmpty();
    }

    @Test
    void anAbsentValueIsRefusedUnlessTheCacheAllowsIt() {
        assertThatThrownBy(() -> courses.wrap(7L, id -> null))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the loader of cache course brought null for 7");
        assertThat(cache.begin("course:7", List.of(new Tag("course:7"))))
                .as("its lease was given back")
                .isPresent();

        var open = courses(cache).absent(Absent.NOT_CACHED).build();
        assertThat(open.wrap(8L, id -> null)).isNull();
        assertThat(open.wrap(8L, this::load)).isNotNull();
    }

    @Test
    void anAbsentValueIsCachedForATimeOfItsOwn() {
        var negative =
                courses(cache).absent(Absent.cachedFor(Duration.ofSeconds(30))).build();
        assertThat(negative.wrap(7L, id -> null)).isNull();
        assertThat(negative.wrap(7L, TypedCacheIT::unused)).isNull();
        assertThat(negative.get(7L)).isEmpty();
        assertThat(negative.wrapAll(List.of(7L), ids -> Map.of())).isEmpty();
        var name = new CacheKeys(options.prefix(), 1).entry("course:7");
        assertThat(server.await(server.session().commands().pttl(name))).isBetween(1L, 30_000L);

        negative.invalidate(List.of(new Tag("course:7")));
        assertThat(negative.wrap(7L, this::load)).isNotNull();
    }

    @Test
    void aValueThatIsNotValidIsAnsweredAndNotCached() {
        var strict = courses(cache)
                .validate(course -> !course.title().contains("password"))
                .build();
        assertThat(strict.wrap(7L, id -> new Course(id, "password"))).isEqualTo(new Course(7, "password"));
        assertThat(strict.get(7L)).isEmpty();
        assertThat(stats.snapshot().getFirst().errors()).isEqualTo(1);
    }

    @Test
    void aValueOfAnotherVersionIsLoadedAgainAndReplaced() {
        cache.set(
                new Request("", "course:7", List.of(new Tag("course:7")), Lifetime.of(Duration.ofMinutes(5)), ""),
                "{\"was\":\"something else\"}".getBytes(UTF_8));
        assertThat(courses.get(7L)).isEmpty();
        assertThat(courses.wrap(7L, this::load)).isEqualTo(new Course(7, "course 7"));
        assertThat(courses.wrap(7L, TypedCacheIT::unused)).isNotNull();
        assertThat(stats.snapshot().getFirst().errors()).isEqualTo(2);
    }

    @Test
    void aValueThatCannotBeWrittenIsAnsweredAndNotCached() {
        Codec<Course> broken = new Codec<>() {
            @Override
            public byte[] encode(Course value) {
                return new byte[0];
            }

            @Override
            public Course decode(byte[] content) {
                throw new AssertionError();
            }
        };
        var cacheOfBroken = TypedCache.<Long, Course>of(cache, "broken", broken).build();
        assertThat(cacheOfBroken.wrap(7L, this::load)).isEqualTo(new Course(7, "course 7"));
        assertThat(cacheOfBroken.get(7L)).isEmpty();
    }

    @Test
    void aValueWithMoreTagsThanItCanCarryIsAnsweredAndNotCached() {
        var tags = IntStream.rangeClosed(0, Tag.MOST)
                .mapToObj(i -> new Tag("part:" + i))
                .toList();
        var laden = TypedCache.<Long, Course>of(cache, "laden", Codec.json(Course.class))
                .tags(id -> tags)
                .build();
        assertThat(laden.wrap(7L, this::load)).isEqualTo(new Course(7, "course 7"));
        assertThat(laden.wrap(7L, this::load)).isEqualTo(new Course(7, "course 7"));
        assertThat(loaded).as("none waited for the other's lease").containsExactly(7L, 7L);
    }

    @Test
    void valuesAreSetRefreshedAndDeleted() {
        assertThat(courses.set(7L, new Course(7, "set"))).isTrue();
        assertThat(courses.mset(Map.of(8L, new Course(8, "set"), 9L, new Course(9, "set"))))
                .isEqualTo(2);
        assertThat(courses.mget(List.of(7L, 8L, 9L))).hasSize(3);
        assertThat(courses.refresh(7L, this::load)).isEqualTo(new Course(7, "course 7"));
        assertThat(courses.get(7L)).contains(new Course(7, "course 7"));
        assertThat(courses.delete(8L)).isTrue();
        assertThat(courses.get(8L)).isEmpty();
        assertThatThrownBy(() -> courses.set(7L, null)).hasMessageContaining("brought null");
    }

    @Test
    void whatIsGoneWhenRefreshedIsNotReadAnyMore() {
        var open = courses(cache).absent(Absent.NOT_CACHED).build();
        open.wrap(7L, this::load);
        assertThat(open.refresh(7L, id -> null)).isNull();
        assertThat(open.get(7L)).isEmpty();
    }

    @Test
    void aKeyThatCannotBeWrittenIsKnownBeforeAnythingIsWrittenThrough() {
        var broken = TypedCache.<Long, Course>of(cache, "broken", Codec.json(Course.class))
                .key(id -> {
                    throw new IllegalArgumentException("no key for " + id);
                })
                .build();
        assertThatThrownBy(() -> broken.writeThrough(7L, () -> loaded.add(7L), this::load))
                .hasMessage("no key for 7");
        assertThat(loaded).as("writes").isEmpty();
    }

    @Test
    void aPatternReachesThisCacheAlone() {
        var others = TypedCache.<Long, Course>of(cache, "other", Codec.json(Course.class))
                .build();
        courses.mset(Map.of(17L, new Course(17, ""), 18L, new Course(18, ""), 27L, new Course(27, "")));
        others.set(17L, new Course(17, ""));
        assertThat(courses.deletePattern("1*")).hasValue(2);
        assertThat(courses.get(27L)).isPresent();
        assertThat(others.get(17L)).isPresent();
    }

    @Test
    void whatIsWrittenThroughIsWhatTheLoaderReads() {
        var rows = new HashMap<>(Map.of(7L, "old"));
        Function<Long, Course> row = id -> new Course(id, rows.getOrDefault(id, "none"));
        courses.wrap(7L, row);
        assertThat(courses.writeThrough(7L, () -> rows.put(7L, "new"), row)).isEqualTo(new Course(7, "new"));
        assertThat(courses.get(7L)).contains(new Course(7, "new"));
    }

    @Test
    void typesWithParametersAreCachedToo() {
        var lists = TypedCache.<String, List<Course>>of(cache, "list", Codec.json(new TypeReference<>() {}))
                .build();
        lists.wrap("all", key -> List.of(new Course(1, "one")));
        assertThat(lists.get("all")).contains(List.of(new Course(1, "one")));
        assertThatThrownBy(() -> TypedCache.of(cache, "a:b", Codec.json(Course.class)))
                .hasMessageContaining("was 'a:b'");
    }

    @Test
    void whatTheLoaderThrowsIsItsCallers() {
        assertThatThrownBy(() -> courses.wrap(7L, id -> {
                    throw new RedisException("the loader's own Redis");
                }))
                .hasMessage("the loader's own Redis");
    }

    @Test
    void withoutRedisTheLoaderIsAskedAndNothingThrows() {
        try (var process = EmbeddedRedis.start(0);
                var other = new RedisServer("cache", process.url(), TIMEOUT)) {
            var lonely = courses(new TagCache(other, options, stats)).build();
            process.close();
            await().until(() -> !other.isConnected());

            assertThat(lonely.wrap(7L, this::load)).isEqualTo(new Course(7, "course 7"));
            assertThat(lonely.refresh(7L, this::load)).isEqualTo(new Course(7, "course 7"));
            assertThat(lonely.writeThrough(7L, () -> {}, this::load)).isEqualTo(new Course(7, "course 7"));
            assertThat(lonely.get(7L)).isEmpty();
            assertThat(lonely.set(7L, new Course(7, "set"))).isFalse();
            assertThat(lonely.delete(7L)).isFalse();
            assertThat(lonely.deletePattern("*")).isEmpty();
            assertThatThrownBy(() -> lonely.wrap(8L, id -> null)).hasMessageContaining("brought null for 8");
            assertThat(stats.snapshot().getFirst().bypassed()).isEqualTo(3);
        }
    }

    @Test
    void whatCouldNotBeRemovedIsAsSoonAsRedisIsBackAndNotReadBefore() throws Exception {
        try (var proxy = CuttingProxy.before(TestServices.shared().cacheUrl());
                var other = new RedisServer("cache", proxy.url(), TIMEOUT)) {
            var cut = courses(new TagCache(other, options, stats)).build();
            cut.wrap(7L, id -> new Course(id, "old"));
            proxy.cut();
            await().until(() -> !other.isConnected());
            assertThat(cut.writeThrough(7L, () -> {}, id -> new Course(id, "new")))
                    .isEqualTo(new Course(7, "new"));
            assertThat(courses.get(7L)).as("who still reaches Redis").contains(new Course(7, "old"));

            proxy.restore();

            await().until(() -> courses.get(7L).isEmpty());
            await().until(() -> cut.set(7L, new Course(7, "newer")));
            await().until(() -> cut.get(7L).isPresent());
        }
    }

    @Test
    void withoutRedisOnlySoManyLoadAtATime() throws Exception {
        try (var process = EmbeddedRedis.start(0);
                var other = new RedisServer("cache", process.url(), TIMEOUT);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var impatient = new CacheOptions(options.prefix(), 1, TIMEOUT, TIMEOUT, 1_024, Duration.ofMillis(1));
            var narrow = courses(new TagCache(other, impatient, stats)).loads(1).build();
            process.close();
            await().until(() -> !other.isConnected());
            var loading = new CountDownLatch(1);
            var enough = new CountDownLatch(1);
            var first = threads.submit(() -> narrow.wrap(1L, id -> {
                loading.countDown();
                awaitUninterruptibly(enough);
                return new Course(id, "");
            }));
            loading.await();
            assertThatThrownBy(() -> narrow.wrap(2L, this::load)).isInstanceOf(RejectedExecutionException.class);
            enough.countDown();
            assertThat(first.get()).isNotNull();
            assertThat(narrow.wrap(2L, this::load)).isNotNull();
        }
    }

    @Test
    void aLoadThatFailsWithoutRedisIsCountedAsAnError() throws Exception {
        try (var process = EmbeddedRedis.start(0);
                var other = new RedisServer("cache", process.url(), TIMEOUT)) {
            var around = courses(new TagCache(other, options, stats)).build();
            process.close();
            await().until(() -> !other.isConnected());
            assertThatThrownBy(() -> around.wrap(1L, TypedCacheIT::failing)).hasMessage("no database");
            assertThat(stats.snapshot().getFirst().errors())
                    .as("Redis and the load")
                    .isEqualTo(2);
        }
    }

    private static TypedCacheBuilder<Long, Course> courses(TagCache cache) {
        return TypedCache.<Long, Course>of(cache, "course", Codec.json(Course.class))
                .tags(id -> List.of(new Tag("course:" + id)));
    }

    private static Course failing(long id) {
        throw new IllegalStateException("no database");
    }

    private static Course unused(long id) {
        throw new AssertionError("asked for " + id);
    }

    private @Nullable Course load(Long id) {
        loaded.add(id);
        return new Course(id, "course " + id);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
