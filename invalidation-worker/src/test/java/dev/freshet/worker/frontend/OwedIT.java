package dev.freshet.worker.frontend;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.INSTANT;
import static org.awaitility.Awaitility.await;

import dev.freshet.catalog.FrontEnd;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OwedIT {
    private static final Duration RENDER = Duration.ofSeconds(5);
    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static RedisServer server;

    private final URI a = URI.create("http://127.0.0.1:1/revalidate");
    private final URI b = URI.create("http://127.0.0.1:2/revalidate");
    private final Instance one = new Instance("dashboard", a, List.of("s"));
    private final Instance two = new Instance("dashboard", b, List.of("s"));
    private final List<FrontEnd> frontEnds =
            List.of(new FrontEnd("dashboard", FrontEnd.Type.NEXTJS, List.of(a, b), List.of("s")));
    private String prefix;
    private OwedKeys keys;
    private Owed owed;

    @BeforeAll
    static void connect() {
        server = new RedisServer("test", TestServices.shared().queueUrl(), Duration.ofSeconds(20));
    }

    @AfterAll
    static void disconnect() {
        server.close();
    }

    @BeforeEach
    void start() {
        prefix = TestServices.shared().newPrefix();
        keys = new OwedKeys(prefix);
        owed = new Owed(server, prefix, frontEnds, RENDER, Owed.MOST_OWED);
        Changes.settle(owed, server, prefix, frontEnds);
    }

    @Test
    void aChangeIsOwedByEveryInstance() {
        owed.record(
                Changes.of(List.of(new Tag("cohort:3"), new Tag("user:smith,jane@x.org")), List.of("/dashboard/3")));
        for (var instance : List.of(one, two)) {
            assertThat(numbers(instance))
                    .isEqualTo(Map.of(
                            "t:cohort:3",
                            "1" + Changes.REST,
                            "t:user:smith%2Cjane@x.org",
                            "1" + Changes.REST,
                            "p:/dashboard/3",
                            "1" + Changes.REST));
            assertThat(due(instance)).containsOnlyKeys("t:cohort:3", "t:user:smith%2Cjane@x.org", "p:/dashboard/3");
            assertThat(state(instance)).isEmpty();
        }
    }

    @Test
    void aRedisThatStartsAnewMayHaveForgottenSomethingSoEverythingIsOwedOnce() {
        try (var process = EmbeddedRedis.start(0, "appendonly yes", "appendfsync always");
                var connected = new RedisServer("queue", process.url(), Duration.ofSeconds(5))) {
            var ours = new Owed(connected, prefix, frontEnds, RENDER, Owed.MOST_OWED);
            var others = new Owed(connected, prefix, frontEnds, RENDER, Owed.MOST_OWED);
            Changes.settle(ours, connected, prefix, frontEnds);
            assertThat(ours.take(one, LEASE, 100, Duration.ZERO)).isEqualTo(new Turn.Nothing());

            var before = connected.session();
            process.restart();
            await().until(() -> connected.isConnected() && connected.session() != before);

            var turn = (Turn.Mine) ours.take(one, LEASE, 100, Duration.ZERO);
            assertThat(turn.due()).singleElement().matches(Turn.Due::isEverything);
            ours.confirm(one, turn, Duration.ZERO, Duration.ZERO);
            assertThat(others.take(one, LEASE, 100, Duration.ZERO)).isInstanceOf(Turn.Later.class);
            assertThat(others.take(two, LEASE, 100, Duration.ZERO)).isInstanceOf(Turn.Mine.class);
        }
    }

    @Test
    void nothingIsRememberedForAFrontEndWithoutInstances() {
        var nobody = new Owed(
                server,
                prefix,
                List.of(new FrontEnd("empty", FrontEnd.Type.NEXTJS, List.of(), List.of())),
                RENDER,
                Owed.MOST_OWED);
        nobody.record(Changes.of(List.of(new Tag("a")), List.of()));
        assertThat(TestServices.shared().<List<String>>asRedisAdmin(redis -> redis.keys(prefix + ":{o:empty}*")))
                .isEmpty();
        assertThat(nobody.status()).isEmpty();
    }

    @Test
    void whatWasConfirmedOnceIsDueOnceMoreAfterTheLongestRenderAndThenForgotten() {
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        var first = take(one);
        assertThat(first.due()).containsExactly(new Turn.Due("t:a", "1" + Changes.REST));
        assertThat(owed.confirm(one, first, PAUSE, PAUSE)).isEqualTo(1);
        assertThat(numbers(one)).isEqualTo(Map.of("t:a", "1c" + Changes.REST));
        assertThat(owed.take(one, LEASE, 100, Duration.ZERO))
                .isInstanceOfSatisfying(
                        Turn.Later.class, later -> assertThat(later.in()).isBetween(RENDER.dividedBy(2), RENDER));

        owed.moveClock(RENDER);
        var second = take(one);
        assertThat(second.isSecondPass()).isTrue();
        assertThat(owed.confirm(one, second, PAUSE, PAUSE)).isZero();
        assertThat(due(one)).isEmpty();
        assertThat(numbers(one)).isEmpty();
        assertThat(state(one)).containsOnlyKeys("confirmed", "pause", "rest", "calm");
        assertThat(owed.take(one, LEASE, 100, Duration.ZERO)).isEqualTo(new Turn.Nothing());
        assertThat(due(two)).containsOnlyKeys("t:a");
    }

    @Test
    void aSecondPassDoesNotEndTheQuietBeforeTheNextChange() {
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        owed.confirm(one, take(one), PAUSE, PAUSE);
        owed.moveClock(RENDER);
        assertThat(owed.confirm(one, take(one), PAUSE, PAUSE)).isZero();
        owed.moveClock(PAUSE);
        owed.record(Changes.of(List.of(new Tag("b")), List.of()));
        assertThat(take(one).quiet()).isGreaterThanOrEqualTo(RENDER.minus(PAUSE));
    }

    @Test
    void aChangeDuringACallStaysDue() {
        owed.record(Changes.of(List.of(new Tag("a"), new Tag("b")), List.of()));
        var turn = take(one);
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        double wasDue = dueAt("t:a");
        owed.confirm(one, turn, PAUSE, PAUSE);
        assertThat(numbers(one)).hasSize(2).containsEntry("t:b", "1c" + Changes.REST);
        assertThat(numbers(one))
                .hasEntrySatisfying("t:a", value -> assertThat(value).startsWith("2 "));
        assertThat(dueAt("t:a")).isEqualTo(wasDue);
        assertThat(dueAt("t:b")).isGreaterThan(wasDue);
    }

    @Test
    void whatChangesDuringEachCallWaitsNoLongerThanSinceTheLastOne() {
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        var first = take(one);
        assertThat(first.due().getFirst().received()).contains(Changes.RECEIVED);
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        owed.confirm(one, first, PAUSE, Duration.ZERO);
        assertThat(take(one).due().getFirst().received()).get(INSTANT).isAfter(Changes.RECEIVED);
    }

    @Test
    void aChangeBeforeTheSecondCallStartsAnew() {
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        owed.confirm(one, take(one), PAUSE, PAUSE);
        double secondCall = dueAt("t:a");
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        assertThat(numbers(one)).isEqualTo(Map.of("t:a", "2" + Changes.REST));
        assertThat(dueAt("t:a")).isLessThan(secondCall);
    }

    @Test
    void recordingAgainNeverPostpones() {
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        double first = dueAt("t:a");
        owed.moveClock(Duration.ofSeconds(3));
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        assertThat(dueAt("t:a")).isEqualTo(first);
    }

    @Test
    void theEarliestReceiptAndTheNewestVersionStayUntilACallIsConfirmed() {
        var later = Changes.RECEIVED.plusSeconds(9);
        owed.record(List.of(Change.of("/a", later, Optional.of(new Version("10")))));
        owed.record(List.of(Change.of("/a", Changes.RECEIVED, Optional.of(new Version("9")))));
        owed.record(List.of(Change.of("/a", later, Optional.empty())));
        assertThat(numbers(one)).isEqualTo(Map.of("p:/a", "3" + Changes.REST + "10"));
        assertThat(take(one).due()).singleElement().satisfies(due -> {
            assertThat(due.received()).contains(Changes.RECEIVED);
            assertThat(due.version()).contains(new Version("10"));
        });
        owed.record(List.of(Change.of("/a", later, Optional.of(new Version("some text")))));
        assertThat(numbers(one)).isEqualTo(Map.of("p:/a", "4" + Changes.REST + "some text"));

        owed.moveClock(LEASE);
        owed.confirm(one, take(one), PAUSE, PAUSE);
        owed.record(List.of(Change.of("/a", later, Optional.empty())));
        assertThat(numbers(one)).isEqualTo(Map.of("p:/a", "5 " + later.toEpochMilli() + " some text"));
    }

    @Test
    void whatAnOlderReleaseRecordedIsToldTwiceAsWell() {
        var commands = server.session().commands();
        server.await(commands.zadd(keys.owed("dashboard", one.name()), 1, "t:a".getBytes(UTF_8)));
        server.await(commands.hset(keys.counters("dashboard", one.name()), "t:a", "7".getBytes(UTF_8)));
        var first = take(one);
        assertThat(first.due()).singleElement().satisfies(due -> {
            assertThat(due.received()).isEmpty();
            assertThat(due.version()).isEmpty();
        });
        owed.confirm(one, first, PAUSE, Duration.ZERO);
        owed.moveClock(RENDER);
        var second = take(one);
        assertThat(second.isSecondPass()).isTrue();
        assertThat(owed.confirm(one, second, PAUSE, PAUSE)).isZero();

        server.await(commands.hset(keys.counters("dashboard", one.name()), "t:a", "8c".getBytes(UTF_8)));
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        assertThat(numbers(one)).isEqualTo(Map.of("t:a", "1" + Changes.REST));
    }

    @Test
    void aConfirmationSentTwiceCountsOnce() {
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        var turn = take(one);
        owed.confirm(one, turn, PAUSE, PAUSE);
        var before = Map.of("numbers", numbers(one), "due", due(one), "state", state(one));
        owed.moveClock(Duration.ofSeconds(1));
        assertThat(owed.confirm(one, turn, PAUSE, PAUSE)).isEqualTo(1);
        assertThat(Map.of("numbers", numbers(one), "due", due(one), "state", state(one)))
                .isEqualTo(before);
    }

    @Test
    void aLateConfirmationOfAnEarlierLifeForgetsNothing() {
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        owed.confirm(one, take(one), PAUSE, PAUSE);
        owed.moveClock(RENDER);
        var second = take(one);
        owed.confirm(one, second, PAUSE, PAUSE);
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        owed.confirm(one, second, PAUSE, PAUSE);
        assertThat(numbers(one)).isEqualTo(Map.of("t:a", "2" + Changes.REST));
        assertThat(due(one)).containsOnlyKeys("t:a");
    }

    @Test
    void anAnswerLostOnItsWayIsAskedForAgain() {
        try (var proxy = CuttingProxy.before(TestServices.shared().queueUrl());
                var cut = new RedisServer("cut", proxy.url(), Duration.ofSeconds(2))) {
            var shaky = new Owed(cut, prefix, frontEnds, RENDER, Owed.MOST_OWED);
            shaky.join("dashboard", List.of());
            proxy.cutNextAnswer();
            shaky.record(Changes.of(List.of(new Tag("a")), List.of()));
            assertThat(proxy.hasCut()).isTrue();
            assertThat(numbers(one)).isEqualTo(Map.of("t:a", "2" + Changes.REST));
            proxy.cutNextAnswer();
            var turn = (Turn.Mine) shaky.take(one, LEASE, 100, Duration.ZERO);
            proxy.cutNextAnswer();
            assertThat(shaky.confirm(one, turn, PAUSE, PAUSE)).isEqualTo(1);
            assertThat(numbers(one)).isEqualTo(Map.of("t:a", "2c" + Changes.REST));
            assertThat(state(one)).containsOnlyKeys("confirmed", "pause", "rest", "calm");
        }
    }

    @Test
    void oneSenderAtATimeAndTheNextOneWhenItDied() {
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        take(one);
        assertThat(owed.take(one, LEASE, 100, Duration.ZERO)).isInstanceOf(Turn.Later.class);
        assertThat(take(two).due()).hasSize(1);
        owed.moveClock(LEASE);
        assertThat(take(one).due()).hasSize(1);
    }

    @Test
    void aTurnGivenBackIsFreeAtOnceAndOnlyItsOwnerGivesItBack() {
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        var turn = take(one);
        owed.release(one, new Turn.Mine("other", 1, List.of(), false, PAUSE, PAUSE, 0, Optional.empty()));
        assertThat(owed.take(one, LEASE, 100, Duration.ZERO)).isInstanceOf(Turn.Later.class);
        owed.release(one, turn);
        assertThat(take(one).due()).hasSize(1);
    }

    @Test
    void aFailureKeepsEverythingAndSentTwiceCountsOnce() {
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        var dueBefore = due(one);
        var turn = take(one);
        owed.fail(one, turn, Duration.ofSeconds(60), "answered 500", false);
        owed.fail(one, turn, Duration.ofSeconds(60), "answered 500", false);
        assertThat(due(one)).isEqualTo(dueBefore);
        assertThat(numbers(one)).isEqualTo(Map.of("t:a", "1" + Changes.REST));
        assertThat(state(one))
                .containsOnlyKeys("rest", "error", "fault", "failures")
                .containsEntry("failures", "1");
        assertThat(owed.take(one, LEASE, 100, Duration.ZERO))
                .isInstanceOfSatisfying(
                        Turn.Later.class,
                        later -> assertThat(later.in()).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(60)));
    }

    @Test
    void aCallCarriesTheOldestFirstAndSaysThatThereIsMore() {
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        owed.moveClock(Duration.ofMillis(5));
        owed.record(Changes.of(List.of(new Tag("b"), new Tag("c")), List.of()));
        var turn = (Turn.Mine) owed.take(one, LEASE, 1, Duration.ZERO);
        assertThat(turn.due()).extracting(Turn.Due::name).containsExactly("a");
        assertThat(turn.more()).isTrue();
        assertThat(turn.owed()).isEqualTo(3);
    }

    @Test
    void thousandsOfTagsAreRecordedInPieces() {
        owed.record(Changes.of(
                IntStream.range(0, 1_234).mapToObj(i -> new Tag("user:" + i)).toList(), List.of()));
        assertThat(numbers(one)).hasSize(1_234);
        assertThat(due(two)).hasSize(1_234);
    }

    @Test
    void statusSaysHowAnInstanceStands() {
        assertThat(owed.status())
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("unseen")
                .containsExactly(
                        new FrontEndStatus(
                                "dashboard",
                                a.toString(),
                                0,
                                Duration.ZERO,
                                noTime(),
                                noError(),
                                false,
                                0,
                                List.of(),
                                Duration.ZERO),
                        new FrontEndStatus(
                                "dashboard",
                                b.toString(),
                                0,
                                Duration.ZERO,
                                noTime(),
                                noError(),
                                false,
                                0,
                                List.of(),
                                Duration.ZERO));
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        owed.confirm(one, take(one), PAUSE, PAUSE);
        owed.fail(two, take(two), PAUSE, "answered 401", true);
        owed.moveClock(Duration.ofSeconds(2));
        var status = owed.status();
        assertThat(status.getFirst().lastConfirmedAt()).isPresent();
        assertThat(status.getFirst())
                .usingRecursiveComparison()
                .ignoringFields("lastConfirmedAt", "unseen")
                .isEqualTo(new FrontEndStatus(
                        "dashboard",
                        a.toString(),
                        1,
                        Duration.ZERO,
                        noTime(),
                        noError(),
                        false,
                        0,
                        List.of(),
                        Duration.ZERO));
        assertThat(status.getLast().oldestDueAge()).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(30));
        assertThat(status.getLast())
                .usingRecursiveComparison()
                .ignoringFields("oldestDueAge", "unseen")
                .isEqualTo(new FrontEndStatus(
                        "dashboard",
                        b.toString(),
                        1,
                        Duration.ZERO,
                        noTime(),
                        Optional.of("answered 401"),
                        true,
                        1,
                        List.of(),
                        Duration.ZERO));
    }

    private Turn.Mine take(Instance instance) {
        return (Turn.Mine) owed.take(instance, LEASE, 100, Duration.ZERO);
    }

    private double dueAt(String member) {
        return Optional.ofNullable(due(one).get(member)).orElseThrow();
    }

    private Map<String, String> numbers(Instance instance) {
        return hash(keys.counters(instance.frontEnd(), instance.name()));
    }

    /** What tells of the instance, and not of Redis. */
    private Map<String, String> state(Instance instance) {
        var state = hash(keys.state(instance.frontEnd(), instance.name()));
        state.remove("reign");
        return state;
    }

    private Map<String, String> hash(String key) {
        var texts = new TreeMap<String, String>();
        server.await(server.session().commands().hgetall(key)).forEach((field, value) -> texts.put(field, text(value)));
        return texts;
    }

    private Map<String, Double> due(Instance instance) {
        var scores = new TreeMap<String, Double>();
        server.await(server.session()
                        .commands()
                        .zrangeWithScores(keys.owed(instance.frontEnd(), instance.name()), 0, -1))
                .forEach(scored -> scores.put(text(scored.getValue()), scored.getScore()));
        return scores;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }

    private static Optional<Instant> noTime() {
        return Optional.empty();
    }

    private static Optional<String> noError() {
        return Optional.empty();
    }
}
