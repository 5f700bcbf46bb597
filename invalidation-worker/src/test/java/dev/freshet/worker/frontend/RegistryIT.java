package dev.freshet.worker.frontend;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.FrontEnd;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.TestServices;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Instances come, go and start anew while changes are recorded: none of them may miss one. */
class RegistryIT {
    private static final Duration RENDER = Duration.ofSeconds(5);
    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final Duration HOUR = Duration.ofHours(1);
    private static RedisServer server;

    private final URI a = URI.create("http://127.0.0.1:1/revalidate");
    private final URI b = URI.create("http://127.0.0.1:2/revalidate");
    private final Instance one = new Instance("dashboard", a, List.of("s"));
    private final Instance two = new Instance("dashboard", b, List.of("s"));
    private final List<FrontEnd> frontEnds =
            List.of(new FrontEnd("dashboard", FrontEnd.Type.NEXTJS, List.of(a, b), List.of("s")));
    private final String prefix = TestServices.shared().newPrefix();
    private final OwedKeys keys = new OwedKeys(prefix);
    private Owed owed;
    private Owed other;

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
        owed = owed(server);
        other = owed(server);
    }

    @Test
    void aNewInstanceStartsWithEverythingAndOneThatStaysDoesNot() {
        assertThat(owed.join("dashboard", List.of(one))).containsExactly(one.name());
        assertThat(members(one)).containsExactly("e:");
        tellTwice(one);
        assertThat(other.join("dashboard", List.of(one, two))).containsExactlyInAnyOrder(one.name(), two.name());
        assertThat(members(one)).isEmpty();
        assertThat(members(two)).containsExactly("e:");
    }

    @Test
    void anInstanceThatAnotherWorkerHasMetIsNotLeftOut() {
        owed.join("dashboard", List.of(one));
        owed.record(change("a"));
        other.join("dashboard", List.of(two));
        owed.record(change("b"));
        assertThat(members(one)).containsExactlyInAnyOrder("e:", "t:a", "t:b");
        assertThat(members(two)).containsExactlyInAnyOrder("e:", "t:b");
    }

    @Test
    void whoeverHasMetNobodyRecordsForThoseThatOthersHaveMet() {
        other.join("dashboard", List.of(one));
        owed.record(change("a"));
        assertThat(members(one)).containsExactlyInAnyOrder("e:", "t:a");
    }

    @Test
    void nothingIsRememberedForAnInstanceThatAnotherWorkerHasForgotten() {
        owed.join("dashboard", List.of(one, two));
        owed.record(change("a"));
        other.moveClock(HOUR);
        other.join("dashboard", List.of(one));
        other.forget("dashboard", two.name(), HOUR);
        owed.record(change("b"));
        assertThat(members(one)).containsExactlyInAnyOrder("e:", "t:a", "t:b");
        assertThat(members(two)).isEmpty();
        assertThat(owed.status()).extracting(FrontEndStatus::instance).containsExactly(one.name());
    }

    @Test
    void aForgottenInstanceThatComesBackOwesEverything() {
        owed.join("dashboard", List.of(one));
        tellTwice(one);
        owed.moveClock(HOUR);
        owed.forget("dashboard", one.name(), HOUR);
        owed.join("dashboard", List.of(one));
        assertThat(members(one)).containsExactly("e:");
    }

    @Test
    void anInstanceThatWasSeenSinceStaysAndKeepsItsDebt() {
        owed.join("dashboard", List.of(one));
        owed.record(change("a"));
        owed.moveClock(HOUR);
        owed.join("dashboard", List.of(one));
        owed.forget("dashboard", one.name(), HOUR);
        assertThat(members(one)).containsExactlyInAnyOrder("e:", "t:a");
    }

    @Test
    void statusTellsWhoHasLeft() {
        owed.join("dashboard", List.of(one, two));
        owed.moveClock(Duration.ofMinutes(3));
        owed.join("dashboard", List.of(one));
        assertThat(owed.status()).extracting(FrontEndStatus::hasLeft).containsExactly(false, true);
    }

    @Test
    void anotherProcessOwesEverythingOnce() {
        owed.join("dashboard", List.of(one));
        tellTwice(one);
        assertThat(owed.answered(one, "first", false)).isTrue();
        tellTwice(one);
        assertThat(owed.answered(one, "first", false)).isFalse();
        assertThat(members(one)).isEmpty();
        assertThat(owed.answered(one, "second", false)).isTrue();
        assertThat(members(one)).containsExactly("e:");
        assertThat(take(one).isSecondPass()).isFalse();
    }

    @Test
    void aProcessThatWasJustToldEverythingIsToldOnceMoreAfterTheLongestRender() {
        owed.join("dashboard", List.of(one));
        owed.confirm(one, take(one), Duration.ZERO, Duration.ZERO);
        owed.moveClock(RENDER);
        var second = take(one);
        owed.confirm(one, second, Duration.ZERO, Duration.ZERO);
        assertThat(owed.answered(one, "first", true)).isTrue();
        assertThat(owed.take(one, LEASE, 100, Duration.ZERO)).isInstanceOf(Turn.Later.class);
        owed.moveClock(RENDER);
        assertThat(take(one).isSecondPass()).isTrue();
    }

    @Test
    void aProcessThatIsOwedEverythingAnywayStaysSoAtOnce() {
        owed.join("dashboard", List.of(one));
        assertThat(owed.answered(one, "first", true)).isTrue();
        assertThat(take(one).isSecondPass()).isFalse();
    }

    @Test
    void aProcessThatWasSeenDuringTheCallOfAnotherOwesEverythingAtOnce() {
        owed.join("dashboard", List.of(one));
        var toFirst = take(one);
        owed.answered(one, "second", false);
        owed.confirm(one, toFirst, Duration.ZERO, Duration.ZERO);
        owed.answered(one, "first", true);
        owed.answered(one, "second", false);
        assertThat(take(one).isSecondPass()).isFalse();
    }

    @Test
    void anInstanceThatWasForgottenMeanwhileLeavesNothingBehindAndIsToldToComeAgain() {
        owed.join("dashboard", List.of(one));
        var turn = take(one);
        other.moveClock(HOUR);
        other.forget("dashboard", one.name(), HOUR);
        owed.confirm(one, turn, Duration.ZERO, Duration.ZERO);
        owed.fail(one, turn, Duration.ZERO, "answered 500", false);
        owed.release(one, turn);
        owed.answered(one, "first", true);
        assertThat(owed.take(one, LEASE, 100, RENDER)).isEqualTo(new Turn.Unknown());
        assertThat(TestServices.shared().<List<String>>asRedisAdmin(redis -> redis.keys(prefix + ":*" + one.name())))
                .isEmpty();
    }

    @Test
    void theOldestDebtKeepsItsAgeWhenItBecomesEverything() {
        owed.join("dashboard", List.of(one));
        tellTwice(one);
        owed.record(change("a"));
        owed.moveClock(HOUR);
        owed.record(changes(0, 1_000));
        assertThat(members(one)).containsExactly("e:");
        assertThat(owed.status().getFirst().oldestDueAge()).isGreaterThanOrEqualTo(HOUR);
    }

    @Test
    void tooManyMembersBecomeEverything() {
        owed.join("dashboard", List.of(one, two));
        tellTwice(one);
        tellTwice(two);
        owed.record(changes(0, 600));
        tellTwice(two);
        var turn = take(one);
        owed.record(changes(600, 1_050));
        assertThat(members(one)).containsExactly("e:");
        assertThat(members(two)).hasSize(450);
        owed.confirm(one, turn, Duration.ZERO, Duration.ZERO);
        assertThat(members(one)).containsExactly("e:");
    }

    @Test
    void whatIsSentTwiceChangesNothingMore() {
        try (var proxy = CuttingProxy.before(TestServices.shared().queueUrl());
                var cut = new RedisServer("cut", proxy.url(), Duration.ofSeconds(2))) {
            var shaky = owed(cut);
            proxy.cutNextAnswer();
            shaky.join("dashboard", List.of(one));
            assertThat(proxy.hasCut()).isTrue();
            assertThat(value(one, "e:")).startsWith("1 ");
            tellTwice(one);
            proxy.cutNextAnswer();
            shaky.answered(one, "first", false);
            assertThat(value(one, "e:"))
                    .as("new, first seen by this Redis, first answer")
                    .startsWith("3 ");
            shaky.record(change("a"));
            assertThat(members(one)).containsExactlyInAnyOrder("e:", "t:a");
        }
    }

    private Owed owed(RedisServer redis) {
        return new Owed(redis, prefix, frontEnds, RENDER, 1_000);
    }

    private static List<Change> change(String tag) {
        return Changes.of(List.of(new Tag(tag)), List.of());
    }

    private static List<Change> changes(int from, int to) {
        return Changes.of(
                IntStream.range(from, to).mapToObj(i -> new Tag("user:" + i)).toList(), List.of());
    }

    private void tellTwice(Instance instance) {
        for (int i = 0; i < 2; i++) {
            owed.confirm(instance, take(instance), Duration.ZERO, Duration.ZERO);
            owed.moveClock(RENDER);
            other.moveClock(RENDER);
        }
        assertThat(members(instance)).isEmpty();
    }

    private Turn.Mine take(Instance instance) {
        return (Turn.Mine) owed.take(instance, LEASE, 5_000, Duration.ZERO);
    }

    private List<String> members(Instance instance) {
        var key = keys.owed("dashboard", instance.name());
        return server.await(server.session().commands().zrange(key, 0, -1)).stream()
                .map(member -> new String(member, UTF_8))
                .toList();
    }

    private String value(Instance instance, String member) {
        var key = keys.counters("dashboard", instance.name());
        return Optional.ofNullable(server.await(server.session().commands().hget(key, member)))
                .map(value -> new String(value, UTF_8))
                .orElse("");
    }
}
