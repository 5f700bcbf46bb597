package dev.freshet.worker.frontend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.freshet.catalog.FrontEnd;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallerIT {
    private static final Duration RENDER = Duration.ofSeconds(5);
    private static RedisServer server;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final String prefix = TestServices.shared().newPrefix();
    private CallerOptions options = CallerOptions.defaults();
    private StandInFrontEnd one;
    private StandInFrontEnd two;
    private List<FrontEnd> frontEnds = List.of();
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
        one = StandInFrontEnd.start("old secret", "secret");
        two = StandInFrontEnd.start("secret");
        owed = owedBy("secret", one.address(), two.address());
        Changes.settle(owed, server, prefix, frontEnds);
    }

    @AfterEach
    void stop() throws Exception {
        one.close();
        two.close();
        for (var closeable : open) {
            closeable.close();
        }
    }

    @Test
    void everyInstanceConfirmsTwiceAndThenIsOwedNothing() throws Exception {
        var caller = caller();
        owed.record(Changes.of(List.of(new Tag("cohort:3"), new Tag("a,b")), List.of("/dashboard/3")));
        caller.runOnce();
        caller.runOnce();
        assertThat(one.calls()).hasSize(1);
        owed.moveClock(RENDER);
        caller.runOnce();
        owed.moveClock(RENDER);
        caller.runOnce();
        for (var instance : List.of(one, two)) {
            assertThat(instance.calls())
                    .extracting(StandInFrontEnd.Call::tags, StandInFrontEnd.Call::paths)
                    .containsExactly(
                            tuple(List.of("a%2Cb", "cohort:3"), List.of("/dashboard/3")),
                            tuple(List.of("a%2Cb", "cohort:3"), List.of("/dashboard/3")));
        }
        assertThat(owed.status()).extracting(FrontEndStatus::owed).containsExactly(0, 0);
        assertThat(count("confirmed")).isEqualTo(4);
        assertThat(metrics.get("freshet_owed")
                        .tag("frontend", "dashboard")
                        .gauge()
                        .value())
                .isZero();
    }

    @Test
    void anInstanceThatHangsDelaysNoOtherAndKeepsItsDebt() throws Exception {
        one.hang();
        var caller = caller();
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        var round = CompletableFuture.supplyAsync(() -> runOnce(caller));
        await().until(() -> two.calls().size() == 1);
        assertThat(round).isNotDone();
        assertThat(owedOf(one)).isEqualTo(1);
        one.recover();
        round.join();
        assertThat(one.calls()).hasSize(1);
        assertThat(count("confirmed")).isEqualTo(2);
    }

    @Test
    void anInstanceThatNeverAnswersIsGivenUpForNow() throws Exception {
        options = options.with(100, Duration.ofMillis(100));
        one.hang();
        owed = owedBy("secret", one.address());
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        caller().runOnce();
        assertThat(statusOf(one).lastError()).contains("no answer within 100 ms");
        assertThat(owedOf(one)).isEqualTo(1);
        assertThat(count("failed")).isEqualTo(1);
        assertThat(count("confirmed"))
                .as("there, since an alarm asks whether it moves")
                .isZero();
        assertThat(count("misconfigured")).isZero();
    }

    @Test
    void anInstanceThatWasAwayIsToldEverythingAtOnceWhenItIsBack() throws Exception {
        one.goAway();
        var caller = caller();
        for (int i = 0; i < 5; i++) {
            owed.record(Changes.of(List.of(new Tag("user:" + i)), List.of()));
            caller.runOnce();
            owed.moveClock(options.lastBackoff());
        }
        assertThat(statusOf(one).consecutiveFailures()).isEqualTo(5);
        assertThat(statusOf(one).lastError()).isPresent();
        assertThat(owedOf(one)).isEqualTo(5);
        one.comeBack();
        caller.runOnce();
        assertThat(one.calls()).hasSize(1);
        assertThat(one.tags()).containsExactly("user:0", "user:1", "user:2", "user:3", "user:4");
        assertThat(statusOf(one).consecutiveFailures()).isZero();
        assertThat(statusOf(one).lastError()).isEmpty();
    }

    @Test
    void theDebtOutlivesTheProcess() throws Exception {
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        owed = owedBy("secret", one.address(), two.address());
        caller().runOnce();
        assertThat(one.tags()).containsExactly("a");
        owed = owedBy("secret", one.address(), two.address());
        owed.moveClock(RENDER);
        caller().runOnce();
        assertThat(one.calls()).hasSize(2);
        assertThat(owedOf(one)).isZero();
    }

    @Test
    void retryAfterIsHonoured() throws Exception {
        one.failWith(503, Map.of("Retry-After", "120"));
        var caller = caller();
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        caller.runOnce();
        one.recover();
        owed.moveClock(Duration.ofSeconds(110));
        caller.runOnce();
        assertThat(one.received()).isEqualTo(1);
        owed.moveClock(Duration.ofSeconds(10));
        caller.runOnce();
        assertThat(one.calls()).hasSize(1);
    }

    @Test
    void aBadSignatureIsRefusedAndStaysVisibleUntilSomebodyMendsIt() throws Exception {
        owed = owedBy("wrong", one.address());
        var caller = caller();
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        caller.runOnce();
        owed.moveClock(options.lastBackoff());
        caller.runOnce();
        assertThat(one.refused()).isEqualTo(1);
        assertThat(one.calls()).isEmpty();
        assertThat(statusOf(one).misconfigured()).isTrue();
        assertThat(statusOf(one).lastError()).contains("answered 401: no valid signature");
        assertThat(count("misconfigured")).isEqualTo(1);
        var faults = new Faults(owed, caller);
        await().untilAsserted(() -> assertThat(faults.now())
                .containsExactly("dashboard " + one.address() + ": answered 401: no valid signature"));

        owed = owedBy("secret", one.address());
        owed.moveClock(options.mendTime());
        caller().runOnce();
        assertThat(one.tags()).containsExactly("a");
        assertThat(statusOf(one).misconfigured()).isFalse();
    }

    @Test
    void aCallSignedLongAgoIsRefused() throws Exception {
        var late = open(new Caller(
                owed,
                frontEnds,
                options,
                InstantSource.fixed(Instant.now().minusSeconds(301)),
                new Random(1),
                metrics));
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        late.runOnce();
        assertThat(one.refused()).isEqualTo(1);
    }

    @Test
    void anInstanceThatIsAwayForLongShowsInHealth() throws Exception {
        one.failWith(500, Map.of());
        var caller = caller();
        var faults = new Faults(owed, caller);
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        for (int i = 0; i < 3; i++) {
            caller.runOnce();
            owed.moveClock(options.lastBackoff());
        }
        owed.moveClock(Duration.ofSeconds(76)); // two minutes in all, and less than it takes to be gone
        await().untilAsserted(() ->
                assertThat(faults.now()).containsExactly("dashboard " + one.address() + ": answered 500"));
    }

    @Test
    void aRedirectIsNotFollowedButShown() throws Exception {
        one.failWith(307, Map.of("Location", two.address().toString()));
        owed = owedBy("secret", one.address());
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        caller().runOnce();
        assertThat(two.received()).isZero();
        assertThat(statusOf(one).lastError()).contains("answered 307");
    }

    @Test
    void moreThanOneCallCarriesFollowsAtOnce() throws Exception {
        options = options.with(100, options.timeout());
        owed.record(Changes.of(
                IntStream.range(0, 250).mapToObj(i -> new Tag("user:" + i)).toList(), List.of()));
        var caller = caller();
        for (int i = 0; i < 3; i++) {
            caller.runOnce();
        }
        assertThat(one.calls()).extracting(call -> call.tags().size()).containsExactly(100, 100, 50);
        assertThat(one.tags()).hasSize(250);
    }

    /** 10,000 changes of one cohort over fifteen seconds, of which the clock runs through in moments. */
    @Test
    void aBurstCostsAtMostTenCalls() throws Exception {
        var caller = caller();
        var step = Duration.ofMillis(150);
        for (int i = 0; i < 100; i++) {
            for (int j = 0; j < 100; j++) {
                if (j % 20 == 0) { // twenty deliveries of a batch are recorded together
                    owed.record(
                            Changes.of(List.of(new Tag("cohort:3"), new Tag("enrollments")), List.of("/dashboard/3")));
                }
            }
            caller.runOnce();
            owed.moveClock(step);
        }
        for (int i = 0; i < 100; i++) {
            caller.runOnce();
            owed.moveClock(step);
        }
        assertThat(one.calls().size()).isBetween(2, 10);
        assertThat(two.calls().size()).isBetween(2, 10);
        assertThat(owed.status()).extracting(FrontEndStatus::owed).containsExactly(0, 0);
    }

    @Test
    void changesWithQuietBetweenThemAreToldAtOnce() throws Exception {
        var caller = caller();
        for (int i = 1; i <= 5; i++) {
            owed.record(Changes.of(List.of(new Tag("a")), List.of()));
            caller.runOnce();
            assertThat(one.calls()).hasSize(i);
            owed.moveClock(Duration.ofSeconds(3));
        }
    }

    @Test
    void theLoopsTellWithoutBeingAskedAndEndQuietly() {
        var caller = caller();
        caller.start();
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        await().until(() -> one.tags().contains("a") && two.tags().contains("a"));
        caller.close();
        owed.record(Changes.of(List.of(new Tag("b")), List.of()));
        assertThat(one.tags()).containsExactly("a");
    }

    @Test
    void aCallBrokenOffAtTheEndIsFreeForTheNextProcess() throws Exception {
        one.hang();
        var caller = caller();
        caller.start();
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        await().until(() -> one.received() == 1);
        caller.close();
        one.recover();
        one.forget();
        caller().runOnce();
        assertThat(one.tags()).containsExactly("a");
    }

    @Test
    void twoProcessesTellEachInstanceOnce() {
        owed = new Owed(server, prefix, frontEnds, Duration.ofHours(1), Owed.MOST_OWED);
        var first = caller();
        var second = caller();
        first.start();
        second.start();
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        await().until(() ->
                owed.status().stream().allMatch(s -> s.lastConfirmedAt().isPresent()));
        first.close();
        second.close();
        assertThat(one.calls()).hasSize(1);
        assertThat(two.calls()).hasSize(1);
    }

    @Test
    void anInstanceThatStartedAnewIsToldEverythingThoughNothingChanged() throws Exception {
        one.restart();
        var caller = caller();
        caller.runOnce();
        caller.runOnce();
        assertThat(one.wasToldEverything()).isTrue();
        assertThat(two.wasToldEverything()).isFalse();
        one.restart();
        owed.moveClock(options.ask());
        caller.runOnce();
        caller.runOnce();
        assertThat(one.wasToldEverything()).isTrue();
    }

    @Test
    void aRestartThatTheAnswerOfACallTellsIsEnough() throws Exception {
        one.restart();
        options = options.with(Duration.ZERO);
        var caller = caller();
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        caller.runOnce();
        assertThat(one.calls()).extracting(StandInFrontEnd.Call::everything).containsExactly(false);
        owed.moveClock(options.lastPause());
        caller.runOnce();
        assertThat(one.wasToldEverything()).isTrue();
    }

    @Test
    void anInstanceThatKeepsFailingIsAskedFirst() throws Exception {
        one.restart();
        one.failWith(500, Map.of());
        owed = owedBy("secret", one.address());
        Changes.settle(owed, server, prefix, frontEnds);
        var caller = caller();
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        for (int i = 0; i < 3; i++) {
            caller.runOnce();
            owed.moveClock(options.lastBackoff());
        }
        assertThat(one.received()).isEqualTo(3);
        caller.runOnce();
        assertThat(one.received()).isEqualTo(5);
        one.goAway();
        owed.moveClock(options.lastBackoff());
        caller.runOnce();
        assertThat(statusOf(one).consecutiveFailures()).isEqualTo(5);
        assertThat(statusOf(one).isOpen()).isTrue();
        assertThat(owedOf(one)).isEqualTo(1);
    }

    @Test
    void aNewInstanceBehindANameIsToldEverythingAndOneThatLeftKeepsItsDebt() throws Exception {
        var name = URI.create("dns+http://front.test:" + one.address().getPort());
        var addresses = new ArrayList<>(List.of("127.0.0.1"));
        Reach.Resolver resolver = host -> {
            if (addresses.isEmpty()) {
                throw new UnknownHostException(host);
            }
            return addresses.stream().map(CallerIT::address).toArray(InetAddress[]::new);
        };
        frontEnds = List.of(new FrontEnd("dashboard", FrontEnd.Type.NEXTJS, List.of(name), List.of("secret")));
        owed = new Owed(server, TestServices.shared().newPrefix(), frontEnds, RENDER, Owed.MOST_OWED);
        var caller =
                open(new Caller(owed, frontEnds, resolver, options, InstantSource.system(), new Random(1), metrics));
        caller.runOnce();
        assertThat(one.wasToldEverything()).isTrue();

        addresses.set(0, "127.0.0.2");
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        one.forget();
        caller.runOnce();
        assertThat(one.received()).isZero();
        assertThat(owed.status())
                .extracting(FrontEndStatus::instance, FrontEndStatus::owed)
                .contains(tuple(one.address().toString(), 2));

        addresses.clear();
        caller.runOnce();
        assertThat(new Faults(owed, caller).now()).containsExactly("dashboard: front.test does not resolve");

        addresses.add("127.0.0.1");
        owed.moveClock(options.lastPause());
        caller.runOnce();
        assertThat(caller.troubles()).isEmpty();
        assertThat(one.tags()).containsExactly("a");
    }

    @Test
    void aNameThatIsSlowToResolveDelaysNoOtherFrontEnd() {
        var slow = URI.create("dns+http://slow.test");
        var isAsked = new CountDownLatch(1);
        var end = new CountDownLatch(1);
        Reach.Resolver resolver = host -> {
            isAsked.countDown();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new UnknownHostException(host);
        };
        frontEnds = List.of(
                new FrontEnd("slow", FrontEnd.Type.NEXTJS, List.of(slow), List.of("secret")),
                new FrontEnd("dashboard", FrontEnd.Type.NEXTJS, List.of(one.address()), List.of("secret")));
        owed = new Owed(server, prefix, frontEnds, RENDER, Owed.MOST_OWED);
        var caller =
                open(new Caller(owed, frontEnds, resolver, options, InstantSource.system(), new Random(1), metrics));
        caller.start();
        await().until(() -> isAsked.getCount() == 0);
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        await().until(() -> one.tags().contains("a"));
        assertThat(end.getCount()).isEqualTo(1);
        end.countDown();
    }

    @Test
    void eachSecretSignsSoThatEitherSideMayChangeFirst() throws Exception {
        frontEnds = List.of(
                new FrontEnd("dashboard", FrontEnd.Type.NEXTJS, List.of(one.address()), List.of("new", "secret")));
        owed = new Owed(server, prefix, frontEnds, RENDER, Owed.MOST_OWED);
        owed.record(Changes.of(List.of(new Tag("a")), List.of()));
        caller().runOnce();
        assertThat(one.tags()).containsExactly("a");
    }

    @Test
    void theTimeFromReceiptToConfirmationIsCountedOncePerMemberAndInstance() throws Exception {
        var caller = caller();
        owed.record(List.of(
                Change.of(new Tag("a"), Instant.now().minusSeconds(3)),
                Change.of("/a", Instant.now().minusSeconds(3), Optional.empty())));
        caller.runOnce();
        owed.moveClock(RENDER);
        caller.runOnce();
        var timer = metrics.get("freshet_time_to_fresh")
                .tag("frontend", "dashboard")
                .timer();
        assertThat(timer.count()).isEqualTo(4);
        assertThat(timer.totalTime(TimeUnit.SECONDS)).isGreaterThanOrEqualTo(12);
    }

    @ParameterizedTest
    @CsvSource({"HTTP, 200, true", "HTTP, 202, true", "HTTP, 302, false", "NEXTJS, 202, false"})
    void outsideOfNextJsAnythingFrom200To299Confirms(FrontEnd.Type type, int status, boolean confirms)
            throws Exception {
        frontEnds = List.of(new FrontEnd("search", type, List.of(one.address()), List.of("secret")));
        owed = new Owed(server, prefix, frontEnds, RENDER, Owed.MOST_OWED);
        one.failWith(status, Map.of());
        caller().runOnce();
        assertThat(statusOf(one).lastConfirmedAt().isPresent()).isEqualTo(confirms);
    }

    @Test
    void outsideOfNextJsNobodyIsAskedWhoHeIs() throws Exception {
        frontEnds = List.of(new FrontEnd("search", FrontEnd.Type.HTTP, List.of(one.address()), List.of("secret")));
        owed = new Owed(server, prefix, frontEnds, RENDER, Owed.MOST_OWED);
        var caller = caller();
        caller.runOnce();
        owed.moveClock(RENDER);
        caller.runOnce();
        owed.moveClock(Duration.ofMinutes(2));
        caller.runOnce();
        assertThat(one.received()).as("two passes, no question").isEqualTo(2);
        assertThat(one.calls()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
        "NEXTJS, http://a:3000, http://a:3000/api/revalidate",
        "NEXTJS, https://a/, https://a/api/revalidate",
        "NEXTJS, http://a:3000/x, http://a:3000/x",
        "HTTP, http://a:3000, http://a:3000",
        "HTTP, http://me:secret@a/x?y=1, http://a/x",
        "NEXT_CACHE_HANDLER, redis://:secret@cache:6379/2, redis://cache:6379/2"
    })
    void anAddressWithoutAPathIsThatOfTheRouteForNextJsOnly(FrontEnd.Type type, URI address, String name) {
        var frontEnd = new FrontEnd("site", type, List.of(address), List.of("s"));
        assertThat(Instance.of(frontEnd, address).name()).isEqualTo(name);
    }

    private Owed owedBy(String secret, URI... instances) {
        frontEnds = List.of(new FrontEnd("dashboard", FrontEnd.Type.NEXTJS, List.of(instances), List.of(secret)));
        return new Owed(server, prefix, frontEnds, RENDER, Owed.MOST_OWED);
    }

    private static InetAddress address(String digits) {
        try {
            return InetAddress.getByName(digits);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private Caller caller() {
        return open(new Caller(owed, frontEnds, options, InstantSource.system(), new Random(1), metrics));
    }

    private Caller open(Caller caller) {
        open.add(caller);
        return caller;
    }

    private static Duration runOnce(Caller caller) {
        try {
            return caller.runOnce();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private FrontEndStatus statusOf(StandInFrontEnd instance) {
        var address = instance.address().toString();
        return owed.status().stream()
                .filter(status -> status.instance().equals(address))
                .findFirst()
                .orElseThrow();
    }

    private int owedOf(StandInFrontEnd instance) {
        return statusOf(instance).owed();
    }

    private double count(String outcome) {
        return metrics.get("freshet_callbacks_total")
                .tag("outcome", outcome)
                .counter()
                .count();
    }
}
