package dev.freshet.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.EmbeddedRedis;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.ScriptOutputType;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RedisServerIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @Test
    void aRestartEndsTheSessionAndTheNextOneNamesTheNewProcess() {
        int port = EmbeddedRedis.freePort();
        var process = EmbeddedRedis.start(port);
        try (var server = new RedisServer("test", process.url(), TIMEOUT)) {
            var before = server.session();
            process.close();
            await().until(() -> !server.isConnected());
            assertThatThrownBy(server::session)
                    .isInstanceOf(RedisConnectionException.class)
                    .hasMessageContaining("redis test at 127.0.0.1:" + port + " is away");

            process = EmbeddedRedis.start(port);
            await().until(server::isConnected);
            assertThat(server.session().runId()).hasSize(40).isNotEqualTo(before.runId());
            assertThat(server.ping()).isPositive();
        } finally {
            process.close();
        }
    }

    @Test
    void aServerThatIsAwayAtStartIsFoundLater() {
        int port = EmbeddedRedis.freePort();
        try (var server = new RedisServer("test", java.net.URI.create("redis://127.0.0.1:" + port), TIMEOUT)) {
            assertThat(server.isConnected()).isFalse();
            try (var process = EmbeddedRedis.start(port)) {
                await().until(server::isConnected);
            }
        }
    }

    /** As happens when a command is written just as the other end closes. */
    @Test
    void aConnectionThatBreaksUnderACommandIsAnOutageAndAScriptIsSentAgain() {
        try (var process = EmbeddedRedis.start(0);
                var server = new RedisServer("test", process.url(), TIMEOUT)) {
            var broken =
                    server.<String>send("key", session -> CompletableFuture.failedStage(new ClosedChannelException()));
            assertThatThrownBy(() -> broken.toCompletableFuture().join())
                    .cause()
                    .isInstanceOf(RedisConnectionException.class)
                    .satisfies(error -> assertThat(RedisServer.isOutage(error)).isTrue());

            var calls = new AtomicInteger();
            var answer = new ScriptRunner(server)
                    .send(
                            "key",
                            commands -> calls.incrementAndGet() == 1
                                    ? CompletableFuture.failedStage(new ClosedChannelException())
                                    : commands.ping());
            assertThat(server.await(answer)).isEqualTo("PONG");
            assertThat(calls).hasValue(2);
        }
    }

    @Test
    void aSessionThatEndedIsGivenBack() {
        try (var process = EmbeddedRedis.start(0);
                var server = new RedisServer("test", process.url(), TIMEOUT)) {
            var before = server.session();
            server.await(before.commands().quit());
            await().until(server::isConnected);
            await().until(before::isClosed);
            assertThat(server.session()).isNotSameAs(before);
        }
    }

    @Test
    void aServerThatFallsSilentWithoutAWordIsConnectedAnew() {
        try (var process = EmbeddedRedis.start(0);
                var proxy = CuttingProxy.before(process.url());
                var server = new RedisServer("test", proxy.url(), Duration.ofMillis(500))) {
            var before = server.session();
            proxy.muteOpenConnections();
            await().until(() -> server.isConnected() && server.session() != before);
            assertThat(server.ping()).isPositive();
        }
    }

    @Test
    void aScriptRunsAlsoAfterTheServerForgotIt() {
        var script = Script.load(RedisServerIT.class, "echo.lua");
        try (var process = EmbeddedRedis.start(0);
                var server = new RedisServer("test", process.url(), TIMEOUT)) {
            for (int i = 0; i < 2; i++) {
                Long answer = server.await(script.run(
                        server.session().commands(), ScriptOutputType.INTEGER, new String[] {"k"}, Script.argument(i)));
                assertThat(answer).isEqualTo(i);
                server.await(server.session().commands().scriptFlush());
            }
        }
    }
}
