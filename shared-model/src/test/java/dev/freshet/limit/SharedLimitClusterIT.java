package dev.freshet.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedCluster;
import dev.freshet.testing.TestServices;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedLimitClusterIT {
    private static final Duration WINDOW = Duration.ofDays(1);

    private final EmbeddedCluster cluster = EmbeddedCluster.shared();
    private final String prefix = TestServices.shared().newPrefix();
    private final RedisServer server = new RedisServer("limits", cluster.url(), Duration.ofSeconds(5));

    @AfterEach
    void close() {
        server.close();
        cluster.mend();
    }

    @Test
    void callersAreSpreadOverTheMastersAndCountedAlsoAfterTheirSlotHasMoved() {
        await().until(server::isConnected);
        var limit = limit();
        for (int caller = 0; caller < 30; caller++) {
            assertThat(passed(limit, "caller-" + caller, 5)).isEqualTo(2);
        }
        assertThat(cluster.masters().stream()
                        .filter(master ->
                                !master.commands().keys(prefix + ":limit:*").isEmpty()))
                .hasSize(3);

        var key = prefix + ":limit:api:2:" + WINDOW.toMillis() + ":{caller-0}";
        assertThat(passed(limit(), "caller-new", 1)).isEqualTo(1);
        cluster.migrateSlot(SlotHash.getSlot(key), cluster.otherThan(cluster.masterOf(key)));
        assertThat(passed(limit(), "caller-0", 5)).as("by the new master").isZero();
    }

    /** A new one knows nothing of what was counted before. */
    private RequestLimit limit() {
        return RequestLimits.shared(server, prefix, WINDOW, Duration.ofSeconds(20))
                .of("api", 2);
    }

    private static long passed(RequestLimit limit, String caller, int times) {
        return IntStream.range(0, times)
                .filter(n -> limit.refuse(caller).isEmpty())
                .count();
    }
}
