package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.queue.Claim;
import dev.freshet.testing.EmbeddedRedis;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ReaperIT {
    private static final Duration LEASE = Duration.ofMillis(100);

    private final TestClock clock = new TestClock();

    @Test
    void afterAnOutageOfTheQueueEverybodyMayFirstRenew() {
        try (var redis = EmbeddedRedis.start(0);
                var club = new Club(redis.url())) {
            var reaper = new Reaper(club.queue, LEASE, clock);
            club.saved(1, 3, Instant.EPOCH);
            var claim = (Claim) club.queue.claim(1, LEASE);

            redis.stop();
            await().untilAsserted(() -> assertThatThrownBy(reaper::runOnce).isInstanceOf(RedisException.class));
            redis.restart();
            await().until(club.queueServer::isConnected);
            await().until(() -> !club.queue.expiredClaims().isEmpty());

            assertThat(reaper.runOnce()).isZero();
            assertThat(club.queue.renew(claim, LEASE)).isTrue();
            await().until(() -> !club.queue.expiredClaims().isEmpty());
            clock.move(LEASE);
            assertThat(reaper.runOnce()).isOne();
        }
    }
}
