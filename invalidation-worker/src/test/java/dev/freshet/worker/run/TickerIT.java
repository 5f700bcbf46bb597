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

class TickerIT {
    private static final Duration LEASE = Duration.ofMillis(100);

    private final TestClock clock = new TestClock();

    @Test
    void afterAnOutageOfTheQueueEverybodyMayFirstRenew() {
        try (var redis = EmbeddedRedis.start(0);
                var club = new Club(redis.url())) {
            var ticker = new Ticker(club.queue, LEASE, job -> {}, clock);
            club.saved(1, 3, Instant.EPOCH);
            var claim = (Claim) club.queue.claim(1, LEASE);

            redis.stop();
            await().untilAsserted(() -> assertThatThrownBy(ticker::runOnce).isInstanceOf(RedisException.class));
            redis.restart();
            await().until(club.queueServer::isConnected);
            await().until(() -> !club.queue.tick(1).expired().isEmpty());

            assertThat(ticker.runOnce()).isZero();
            assertThat(club.queue.renew(claim, LEASE)).isTrue();
            await().until(() -> !club.queue.tick(1).expired().isEmpty());
            clock.move(LEASE);
            assertThat(ticker.runOnce()).isOne();
        }
    }
}
