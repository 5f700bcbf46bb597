package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.freshet.cache.Cached.Outcome;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Reads of one and of many keys: what stands in, what is loaded ahead, what is written. */
class CacheReadsIT {
    private static final Duration TTL = Duration.ofMinutes(5);
    private static final Lifetime PLAIN = Lifetime.of(TTL);
    private static final Tag COHORT = new Tag("cohort:3");

    private final RedisServer server =
            new RedisServer("cache", TestServices.shared().cacheUrl(), Duration.ofSeconds(5));
    private final CacheOptions options =
            CacheOptions.defaults(TestServices.shared().newPrefix());
    private final CacheKeys keys = new CacheKeys(options.prefix(), 1);
    private final CacheStats stats = new CacheStats(new SimpleMeterRegistry());
    private final TagCache cache = new TagCache(server, options, stats);

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void whoeverDoesNotGetTheLeaseOfWhatIsPastItsTtlGetsTheOldValueAtOnce() {
        var graceful = PLAIN.withGrace(Duration.ofHours(1));
        get("k", graceful, "old");
        endTtl("k", Duration.ofSeconds(-1));
        var elsewhere = cache.begin("k", List.of(COHORT)).orElseThrow();

        var standIn = cache.get(request("k", graceful), CacheReadsIT::fail);

        assertThat(standIn.outcome()).isEqualTo(Outcome.STALE);
        assertThat(text(standIn)).isEqualTo("old");
        cache.abandon(elsewhere);
        assertThat(text(get("k", graceful, "new"))).as("whoever gets it loads").isEqualTo("new");
    }

    @Test
    void whatAnInvalidationReachedStandsInOnlyWhereTheViewSaysSo() {
        var tolerant = PLAIN.withStaleAfterInvalidate();
        get("k", tolerant, "old");
        cache.invalidate(List.of(COHORT));
        assertThat(cache.read("k", List.of(COHORT))).isEmpty();
        assertThat(cache.get(request("k", tolerant), CacheReadsIT::fail).outcome())
                .as("its load failed")
                .isEqualTo(Outcome.STALE);
        assertThatThrownBy(() -> cache.get(request("k", PLAIN), CacheReadsIT::fail))
                .hasMessage("no database");

        var elsewhere = cache.begin("k", List.of(COHORT)).orElseThrow();
        var standIn = cache.get(request("k", tolerant), CacheReadsIT::fail);
        assertThat(standIn.outcome()).as("somebody else loads it").isEqualTo(Outcome.STALE);
        assertThat(text(standIn)).isEqualTo("old");

        cache.fill(elsewhere, bytes("new"), tolerant, "", elsewhere.begunAt());
        assertThat(text(get("k", tolerant, "newer"))).isEqualTo("new");
    }

    @Test
    void aSweepLeavesWhatMayStandInAfterAnInvalidation() {
        var cold = new Lifetime(TTL, Duration.ZERO, Duration.ZERO);
        get("plain", cold, "old");
        get("tolerant", cold.withStaleAfterInvalidate(), "old");
        cache.invalidate(List.of(COHORT));

        assertThat(cache.sweep(List.of(COHORT))).isEmpty();

        assertThat(server.await(commands().exists(keys.entry("plain")))).isZero();
        assertThat(server.await(commands().exists(keys.entry("tolerant")))).isEqualTo(1);
    }

    @Test
    void whatIsDeletedNeverStandsIn() {
        var tolerant = PLAIN.withStaleAfterInvalidate();
        get("k", tolerant, "old");
        cache.delete("k");
        assertThatThrownBy(() -> cache.get(request("k", tolerant), CacheReadsIT::fail))
                .hasMessage("no database");
    }

    @Test
    void aHitThatSoonExpiresIsLoadedAgainInTheBackground() {
        var ahead = PLAIN.withRefreshAhead(0.2);
        get("k", ahead, "old");
        endTtl("k", TTL.dividedBy(10));
        var loads = new AtomicInteger();

        var hits = IntStream.range(0, 20)
                .mapToObj(i -> cache.get(request("k", ahead), () -> {
                    loads.incrementAndGet();
                    return Value.of(bytes("new"), ahead);
                }))
                .toList();

        assertThat(hits).allMatch(hit -> hit.outcome() == Outcome.HIT);
        assertThat(text(hits.getFirst())).isEqualTo("old");
        await().until(() -> text(get("k", ahead, "unused")).equals("new"));
        assertThat(loads).hasValue(1);
    }

    @Test
    void whatSomebodyElseLoadsOrHasTimeLeftIsNotLoadedAhead() {
        var ahead = PLAIN.withRefreshAhead(0.2);
        var early = new TagCache(server, options, stats, Clock.offset(Clock.systemUTC(), TTL.minusSeconds(20)));
        var moves = new Moves(server, options, keys);
        var refresher = refresher(moves);
        get("k", ahead, "old");
        var slot = new Slot(request("k", ahead));
        slot.found = server.await(moves.look("k", List.of(COHORT)));
        List<Request> loaded = new ArrayList<>();

        assertThat(Refresher.isDue(slot, Instant.now())).isFalse();
        assertThat(Refresher.isDue(slot, Instant.now().plus(TTL).minusSeconds(20)))
                .as("by a clock that runs ahead")
                .isTrue();
        refresher.refresh(List.of(slot), requests -> load(loaded, requests));
        assertThat(loaded).as("by Redis' clock it is not due").isEmpty();
        assertThat(early.begin("k", List.of(COHORT)))
                .as("its lease was given back")
                .isPresent();

        endTtl("k", Duration.ofSeconds(10));
        slot.found = server.await(moves.look("k", List.of(COHORT)));
        refresher.refresh(List.of(slot), requests -> load(loaded, requests));
        assertThat(loaded).as("somebody else has the lease").isEmpty();
    }

    @Test
    void afterALoadAheadThatFailedTheNextOnesRest() {
        var ahead = PLAIN.withRefreshAhead(0.2);
        get("k", ahead, "old");
        endTtl("k", Duration.ofSeconds(10));
        var moves = new Moves(server, options, keys);
        var refresher = refresher(moves);
        var slot = new Slot(request("k", ahead));
        slot.found = server.await(moves.look("k", List.of(COHORT)));
        var loads = new AtomicInteger();
        for (int i = 0; i < 20; i++) {
            refresher.start(List.of(slot), requests -> {
                loads.incrementAndGet();
                throw new IllegalStateException("no database");
            });
            await().until(() -> loads.get() > 0);
        }
        assertThat(loads).hasValue(1);
    }

    @Test
    void aLoadAheadThatMayNotBeginKeepsNoOtherFromIt() {
        var ahead = PLAIN.withRefreshAhead(0.2);
        get("k", ahead, "old");
        endTtl("k", Duration.ofSeconds(10));
        var moves = new Moves(server, options, keys);
        var refresher = refresher(moves);
        var slot = new Slot(request("k", ahead));
        slot.found = server.await(moves.look("k", List.of(COHORT)));
        var tries = new AtomicInteger();
        await().until(() -> {
            refresher.start(List.of(slot), requests -> {
                tries.incrementAndGet();
                throw new LoadNotBegun("not for this reader") {
                    private static final long serialVersionUID = 1L;
                };
            });
            return tries.get() > 1;
        });
        assertThat(stats.totals()).allSatisfy(view -> assertThat(view.errors()).isZero());
    }

    private Refresher refresher(Moves moves) {
        var loads = new Loads(server, options, moves, stats, Clock.systemUTC());
        return new Refresher(server, options, moves, loads, Duration.ofHours(1));
    }

    @Test
    void ofManyKeysThoseThatAreMissingAreLoadedInOneCall() {
        get("b", PLAIN, "cached");
        List<Request> loaded = new ArrayList<>();
        var requests = Stream.of("a", "b", "c").map(key -> request(key, PLAIN)).toList();

        var first = cache.getAll(requests, missing -> load(loaded, missing));

        assertThat(loaded).extracting(Request::key).containsExactly("a", "c");
        assertThat(first).extracting(Cached::outcome).containsExactly(Outcome.MISS, Outcome.HIT, Outcome.MISS);
        assertThat(first).extracting(CacheReadsIT::text).containsExactly("a", "cached", "c");
        assertThat(cache.getAll(requests, missing -> load(loaded, missing)))
                .allMatch(read -> read.outcome() == Outcome.HIT);
        assertThat(cache.readAll(List.of("a", "x"), List.of(List.of(COHORT), List.of())))
                .extracting(Optional::isPresent)
                .containsExactly(true, false);
    }

    @Test
    void ofManyKeysThoseThatOthersLoadAreWaitedFor() throws Exception {
        var elsewhere = cache.begin("b", List.of(COHORT)).orElseThrow();
        var dying = cache.begin("c", List.of(COHORT)).orElseThrow();
        List<Request> loaded = new ArrayList<>();
        var loading = new CompletableFuture<Boolean>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var reading = threads.submit(() -> cache.getAll(
                    Stream.of("a", "b", "c").map(key -> request(key, PLAIN)).toList(), missing -> {
                        loading.complete(true);
                        return load(loaded, missing);
                    }));
            loading.get();
            cache.fill(elsewhere, bytes("theirs"), PLAIN, "", elsewhere.begunAt());
            cache.abandon(dying);

            assertThat(reading.get()).extracting(CacheReadsIT::text).containsExactly("a", "theirs", "c");
        }
        assertThat(loaded).extracting(Request::key).containsExactly("a", "c");
    }

    @Test
    void theSameKeyAskedForTwiceIsLoadedOnce() {
        List<Request> loaded = new ArrayList<>();
        var twice = List.of(request("k", PLAIN), request("k", PLAIN));
        assertThat(cache.getAll(twice, missing -> load(loaded, missing)))
                .extracting(CacheReadsIT::text)
                .containsExactly("k", "k");
        assertThat(loaded).hasSize(1);
        assertThat(cache.getAll(List.of(), missing -> load(loaded, missing))).isEmpty();
    }

    @Test
    void aBatchThatBringsTooFewValuesIsRefusedAndFreesItsLeases() {
        assertThatThrownBy(() -> cache.getAll(List.of(request("k", PLAIN)), missing -> List.of()))
                .hasMessageContaining("a batch load of 1 keys must bring as many values");
        assertThat(cache.begin("k", List.of(COHORT))).isPresent();
    }

    @Test
    void aValueThatIsNotKeptGoesToItsReaderAlone() {
        var read = cache.get(request("k", PLAIN), () -> Value.notKept(bytes("mine")));
        assertThat(text(read)).isEqualTo("mine");
        assertThat(read.shared()).isFalse();
        assertThat(cache.read("k", List.of(COHORT))).isEmpty();
        assertThat(cache.begin("k", List.of(COHORT))).isPresent();
    }

    @Test
    void aValueThatIsSetReplacesWhatWasThereAndRefusesWhoeverLoads() {
        get("k", PLAIN, "old");
        var loading = cache.begin("k", List.of(COHORT)).orElseThrow();
        assertThat(cache.set(request("k", PLAIN), bytes("set"))).isTrue();
        assertThat(cache.fill(loading, bytes("loaded"), PLAIN, "", loading.begunAt()))
                .isFalse();
        assertThat(text(get("k", PLAIN, "unused"))).isEqualTo("set");
        cache.invalidate(List.of(COHORT));
        assertThat(cache.read("k", List.of(COHORT))).isEmpty();
    }

    @Test
    void aRefreshLoadsWhatIsThereAndLeavesItWhenItFails() {
        get("k", PLAIN, "old");
        assertThatThrownBy(() -> cache.refresh(request("k", PLAIN), CacheReadsIT::fail))
                .hasMessage("no database");
        assertThat(text(get("k", PLAIN, "unused"))).isEqualTo("old");

        var loading = cache.begin("k", List.of(COHORT)).orElseThrow();
        var refreshed = cache.refresh(request("k", PLAIN), () -> Value.of(bytes("new"), PLAIN));

        assertThat(text(refreshed)).isEqualTo("new");
        assertThat(cache.fill(loading, bytes("older"), PLAIN, "", loading.begunAt()))
                .isFalse();
        assertThat(text(get("k", PLAIN, "unused"))).isEqualTo("new");
    }

    @Test
    void whatIsWrittenThroughIsReadBackAfterItsTagsWereInvalidated() {
        get("k", PLAIN, "old");
        get("other", PLAIN, "old");
        var row = new StringBuilder("old");
        var written = cache.writeThrough(
                request("k", PLAIN),
                () -> row.replace(0, 3, "new"),
                () -> Value.of(bytes(row + " as the database has it"), PLAIN));
        assertThat(text(written)).isEqualTo("new as the database has it");
        assertThat(text(get("k", PLAIN, "unused"))).isEqualTo("new as the database has it");
        assertThat(cache.read("other", List.of(COHORT))).isEmpty();
    }

    @Test
    void aWriteThatFailsMayHaveCommittedSoItInvalidatesToo() {
        get("k", PLAIN, "old");
        assertThatThrownBy(() -> cache.writeThrough(
                        request("k", PLAIN),
                        () -> {
                            throw new IllegalStateException("connection lost");
                        },
                        CacheReadsIT::fail))
                .hasMessage("connection lost");
        assertThat(cache.read("k", List.of(COHORT))).isEmpty();
    }

    @Test
    void whatIsStoredTogetherDoesNotExpireTogether() {
        var names = IntStream.range(0, 50).mapToObj(i -> "k" + i).toList();
        names.forEach(name -> get(name, PLAIN.withGrace(TTL), "value"));
        var left = names.stream()
                .map(name -> server.await(commands().pttl(keys.entry(name))))
                .toList();
        long hard = TTL.multipliedBy(2).toMillis();
        assertThat(left).allMatch(ms -> ms <= hard);
        assertThat(Collections.max(left) - Collections.min(left)).isGreaterThan(3_000);
        assertThat(PLAIN.shortenedBy(0.1).ttl()).isEqualTo(Duration.ofSeconds(270));
        assertThat(Lifetime.of(Duration.ofMillis(1)).shortenedBy(0.9).ttl()).isEqualTo(Duration.ofMillis(1));
    }

    @Test
    void everythingIsCountedByTheNameOfItsRequest() {
        get("k", PLAIN, "value ".repeat(1_000));
        get("k", PLAIN, "unused");
        cache.get(request("k2", PLAIN), () -> {
            cache.invalidate(List.of(COHORT));
            return Value.of(bytes("old"), PLAIN);
        });
        assertThatThrownBy(() -> cache.get(request("k3", PLAIN), CacheReadsIT::fail))
                .hasMessage("no database");

        var counted = stats.snapshot().getFirst();

        assertThat(counted.view()).isEqualTo("view");
        assertThat(counted.hits()).isEqualTo(1);
        assertThat(counted.misses()).isEqualTo(2);
        assertThat(counted.loads()).isEqualTo(3);
        assertThat(counted.refused()).isEqualTo(1);
        assertThat(counted.errors()).isEqualTo(1);
        assertThat(counted.rawBytes()).isEqualTo(6_000);
        assertThat(counted.storedBytes()).isBetween(20L, 200L);
    }

    @Test
    void forDevelopmentEachOperationIsALineWithItsTime() {
        var lines = new ListAppender<ILoggingEvent>();
        lines.start();
        var log = (Logger) LoggerFactory.getLogger("dev.freshet.cache.log");
        var before = log.getLevel();
        log.setLevel(Level.DEBUG);
        log.addAppender(lines);
        try {
            get("mine", PLAIN, "value");
            get("mine", PLAIN, "value");
            cache.invalidate(List.of(COHORT));
        } finally {
            log.setLevel(before);
            log.detachAppender(lines);
        }
        assertThat(lines.list.stream().map(line -> line.getFormattedMessage().replaceAll("\\d+\\.\\d\\d ms", "n ms")))
                .contains("GET mine MISS n ms", "GET mine HIT n ms", "INVALIDATE [cohort:3] OK n ms");
    }

    private Cached get(String key, Lifetime lifetime, String value) {
        return cache.get(request(key, lifetime), () -> Value.of(bytes(value), lifetime));
    }

    private static Request request(String key, Lifetime lifetime) {
        return new Request("view", key, List.of(COHORT), lifetime, "");
    }

    private static List<Value> load(List<Request> loaded, List<Request> missing) {
        loaded.addAll(missing);
        return missing.stream()
                .map(request -> Value.of(bytes(request.key()), request.lifetime()))
                .toList();
    }

    /** Moves an entry's times so that its ttl, still of the same length, ends that long from now. */
    private void endTtl(String key, Duration fromNow) {
        var stored =
                Stored.decode(server.await(commands().get(keys.entry(key)))).orElseThrow();
        var entry = stored.entry();
        var length = Duration.between(entry.loadedAt(), entry.softExpiry());
        var end = Instant.now().plus(fromNow);
        var moved = new Entry(
                entry.payload(),
                entry.gzipped(),
                end.minus(length),
                end,
                entry.lastRead(),
                entry.origin(),
                entry.etag());
        var bytes = new Stored(
                        stored.token(),
                        stored.observedAt(),
                        stored.runId(),
                        stored.tags(),
                        stored.epochs(),
                        stored.hotFor(),
                        stored.hasGrace(),
                        stored.staleAfterInvalidate(),
                        moved)
                .encode();
        server.await(commands().set(keys.entry(key), bytes, SetArgs.Builder.keepttl()));
    }

    private RedisAsyncCommands<String, byte[]> commands() {
        return server.session().commands();
    }

    private static Value fail() {
        throw new IllegalStateException("no database");
    }

    private static String text(Cached cached) {
        return new String(cached.entry().content(), UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
