package dev.freshet.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.redis.RedisServer;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.TestServices;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedLimitIT {
    /** So long that nothing is refilled while a test runs. */
    private static final Duration WINDOW = Duration.ofDays(1);

    private final String prefix = TestServices.shared().newPrefix();
    private final CuttingProxy proxy = CuttingProxy.before(TestServices.shared().queueUrl());
    private final RedisServer one = new RedisServer("one", proxy.url(), Duration.ofSeconds(20));
    private final RedisServer other =
            new RedisServer("other", TestServices.shared().queueUrl(), Duration.ofSeconds(20));

    @AfterEach
    void close() {
        one.close();
        other.close();
        proxy.close();
    }

    @Test
    void processesCountTogetherAndCallersAndLimitsApart() {
        var here = limits(one).of("api", 4);
        var there = limits(other).of("api", 4);
        assertThat(passed(here, "a", 2)).isEqualTo(2);
        assertThat(passed(there, "a", 9)).isEqualTo(2);
        assertThat(passed(here, "a", 9)).isZero();
        assertThat(here.refuse("a"))
                .hasValueSatisfying(wait -> assertThat(wait).isPositive().isLessThanOrEqualTo(WINDOW.dividedBy(4)));

        assertThat(passed(there, "b", 9)).isEqualTo(4);
        assertThat(passed(limits(one).of("cache", 4), "a", 9)).isEqualTo(4);
        assertThat(passed(limits(one).of("api", 5), "a", 9))
                .as("another limit begins anew")
                .isEqualTo(5);
        assertThat(limits(one).of("api", 0)).isSameAs(RequestLimit.NONE);
    }

    @Test
    void manyAtOnceInSeveralProcessesPassOnlyAsOftenAsTheyMay() throws Exception {
        var limits = List.of(limits(one).of("api", 40), limits(other).of("api", 40));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var calls = IntStream.range(0, 200)
                    .<Callable<Boolean>>mapToObj(
                            n -> () -> limits.get(n % 2).refuse("a").isEmpty())
                    .toList();
            long passed = 0;
            for (var call : threads.invokeAll(calls)) {
                passed += call.get() ? 1 : 0;
            }
            assertThat(passed).isEqualTo(40);
        }
        assertThat(passed(limits.getFirst(), "a", 1)).isZero();
    }

    @Test
    void whatIsCountedExpiresAndLiesUnderThePrefixInASlotOfItsCallersOwn() {
        limits(one).of("api", 4).refuse("192.0.2.1");
        var keys = TestServices.shared().asRedisAdmin(redis -> redis.keys(prefix + ":*"));
        assertThat(keys).containsExactly(prefix + ":limit:api:4:86400000:{192.0.2.1}");
        var left = other.await(other.session().commands().pttl(keys.getFirst()));
        assertThat(left).isBetween(1L, WINDOW.toMillis());
    }

    @Test
    void whileRedisIsAwayOrSilentEverythingPasses() {
        var limit = limits(one).of("api", 1);
        assertThat(passed(limit, "a", 3)).isEqualTo(1);

        proxy.muteOpenConnections();
        var hasty = RequestLimits.shared(one, prefix, WINDOW, RequestLimits.PATIENCE)
                .of("api", 1);
        assertThat(passed(hasty, "b", 100)).isEqualTo(100);

        proxy.cut();
        assertThat(passed(limit, "c", 100)).isEqualTo(100);
    }

    private RequestLimits limits(RedisServer server) {
        return RequestLimits.shared(server, prefix, WINDOW, Duration.ofSeconds(20));
    }

    private static long passed(RequestLimit limit, String caller, int times) {
        return IntStream.range(0, times)
                .filter(n -> limit.refuse(caller).isEmpty())
                .count();
    }
}
