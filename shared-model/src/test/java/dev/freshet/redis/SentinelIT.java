package dev.freshet.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.EmbeddedSentinel;
import io.lettuce.core.RedisException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SentinelIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration LONGEST = Duration.ofSeconds(60);

    @Test
    void theMasterIsAskedOfTheSentinelsAgainAfterAFailover() {
        try (var sentinel = EmbeddedSentinel.start("hunter2");
                var server = new RedisServer("test", sentinel.url(), TIMEOUT)) {
            var before = server.session();
            assertThat(set(server)).isEqualTo("OK");
            assertThat(server.isCluster()).isFalse();
            assertThat(server.masters()).isOne();
            assertThat(server.address())
                    .startsWith("mymaster of sentinels 127.0.0.1:")
                    .doesNotContain("hunter2");

            sentinel.killMaster();

            await().atMost(LONGEST)
                    .ignoreExceptionsInstanceOf(RedisException.class)
                    .until(() -> set(server).equals("OK"));
            assertThat(server.session().runId()).isNotEqualTo(before.runId());
        }
    }

    @Test
    void aMasterThatWasDeposedLosesItsSession() {
        try (var sentinel = EmbeddedSentinel.start("hunter2");
                var server = new RedisServer("test", sentinel.url(), TIMEOUT)) {
            var before = server.session();
            sentinel.switchOver();
            await().atMost(LONGEST)
                    .ignoreExceptionsInstanceOf(RedisException.class)
                    .until(() -> server.session() != before && set(server).equals("OK"));
            assertThat(server.session().info("role")).isEqualTo("master");
            assertThat(before.isClosed()).isTrue();
        }
    }

    @Test
    void aServerThatBecomesAReplicaWithoutAWordLosesItsSession() {
        try (var process = EmbeddedRedis.start(0);
                var other = EmbeddedRedis.start(0);
                var server = new RedisServer("test", process.url(), Duration.ofMillis(500))) {
            var before = server.session();
            server.await(before.commands().replicaof("127.0.0.1", other.port()));
            await().until(() -> !server.isConnected());
            assertThatThrownBy(server::session).hasMessageContaining("is away");
            await().untilAsserted(() ->
                    assertThatThrownBy(server::session).hasMessageContaining("it is a replica; name its"));
        }
    }

    @Test
    void aWriteThatAReplicaRefusesEndsTheSessionAtOnce() {
        try (var process = EmbeddedRedis.start(0);
                var other = EmbeddedRedis.start(0);
                var server = new RedisServer("test", process.url(), Duration.ofSeconds(30))) {
            var before = server.session();
            server.await(before.commands().replicaof("127.0.0.1", other.port()));
            assertThatThrownBy(() -> set(server))
                    .hasMessageContaining("READONLY")
                    .matches(RedisServer::isOutage);
            assertThat(before.isOpen()).isFalse();
        }
    }

    private static String set(RedisServer server) {
        return server.await(server.send("key", session -> session.commands().set("key", new byte[] {'1'})));
    }
}
