package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.redis.RedisServer;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.EmbeddedRedis;
import io.lettuce.core.AclCategory;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Idle workers on a Redis of their own, whose clients can be counted. */
class WaitingIT {
    private static final int PARTITIONS = 3;
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(20);

    private static EmbeddedRedis redis;
    private static RedisClient client;
    private static StatefulRedisConnection<String, String> eyes;

    private RedisServer server;
    private JobQueue queue;

    @BeforeAll
    static void startRedis() {
        redis = EmbeddedRedis.start(0);
        client = RedisClient.create(redis.url().toString());
        eyes = client.connect();
    }

    @AfterAll
    static void stopRedis() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        redis.close();
    }

    @BeforeEach
    void newQueue() {
        eyes.sync().flushall();
        connect(redis.url());
    }

    @AfterEach
    void closeServer() {
        server.close();
    }

    @Test
    void eachPartitionIsListenedToOverOneConnectionHoweverOftenSomebodyWaits() {
        for (int i = 0; i < 20; i++) {
            assertThat(queue.awaitWork(SHORT)).isFalse();
            enqueue(i);
            assertThat(queue.awaitWork(LONG)).isTrue();
            settleAll();
        }
        assertThat(openConnections()).isLessThanOrEqualTo(2 + PARTITIONS); // ours, its own, and one for each
        await().until(() -> {
            queue.awaitWork(SHORT);
            return openConnections() == 2 + PARTITIONS;
        });
    }

    @Test
    void nothingStaysBehindWhenTheServerIsClosed() {
        queue.awaitWork(SHORT);
        server.close();
        await().untilAsserted(() -> assertThat(openConnections()).isEqualTo(1));
    }

    @Test
    void aWaitThatGoesOnFromTheLastCallWakesThisOne() throws Exception {
        assertThat(queue.awaitWork(SHORT)).isFalse();
        var woken = CompletableFuture.supplyAsync(() -> queue.awaitWork(LONG));
        enqueue(1);
        assertThat(woken.get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whoeverWaitsIsToldOfSuspectsByTheTick() {
        enqueue(1);
        queue.unclaimAsSuspects((Claim) queue.claim(10, TestQueue.LEASE));
        var woken = CompletableFuture.supplyAsync(() -> queue.awaitWork(LONG));
        await().until(() -> blocked() == PARTITIONS);
        await().until(() -> {
            queue.tick(1);
            return woken.isDone();
        });
        assertThat(woken.join()).isTrue();
    }

    @Test
    void aServerThatRefusesToBlockIsAskedAgainAndAgain() throws Exception {
        eyes.sync()
                .aclSetuser(
                        "modest",
                        AclSetuserArgs.Builder.on()
                                .addPassword("secret")
                                .allKeys()
                                .allCommands()
                                .removeCategory(AclCategory.BLOCKING));
        server.close();
        connect(URI.create("redis://modest:secret@127.0.0.1:" + redis.port()));
        assertThat(queue.awaitWork(SHORT)).isFalse();
        for (int i = 0; i < 6; i++) {
            var woken = CompletableFuture.supplyAsync(() -> queue.awaitWork(LONG));
            enqueue(i);
            assertThat(woken.get(30, TimeUnit.SECONDS)).isTrue();
            settleAll();
        }
        await().untilAsserted(() -> assertThat(openConnections()).isEqualTo(2)); // those that could not block are gone
    }

    @Test
    void aFullServerIsAskedAgainAndAgainOnlyWhileItIsFull() throws Exception {
        eyes.sync().configSet("maxmemory", "1");
        try {
            assertThat(queue.awaitWork(SHORT)).isFalse();
            assertThat(blocked()).isZero();
        } finally {
            eyes.sync().configSet("maxmemory", "0");
        }
        var woken = CompletableFuture.supplyAsync(() -> queue.awaitWork(LONG));
        await().until(() -> blocked() == PARTITIONS);
        enqueue(1);
        assertThat(woken.get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aBrokenWaitIsMadeAnew() throws Exception {
        server.close();
        try (var proxy = CuttingProxy.before(redis.url())) {
            connect(proxy.url());
            assertThat(queue.awaitWork(SHORT)).isFalse();
            proxy.cut();
            await().until(() -> !server.isConnected());
            assertThatThrownBy(() -> queue.awaitWork(LONG)).isInstanceOf(RedisException.class);
            proxy.restore();
            await().until(server::isConnected);
            enqueue(1);
            await().ignoreExceptionsInstanceOf(RedisException.class).until(() -> queue.awaitWork(LONG));
        }
    }

    private void connect(URI url) {
        server = new RedisServer("queue", url, Duration.ofSeconds(5));
        queue = new JobQueue(server, QueueOptions.defaults("waiting").withPartitions(PARTITIONS));
        queue.partitions();
    }

    private void enqueue(int number) {
        assertThat(server.await(queue.enqueue(job(number)))).isEqualTo(Enqueued.ACCEPTED);
    }

    private void settleAll() {
        while (queue.claim(10, TestQueue.LEASE) instanceof Claim claim) {
            queue.settle(claim, List.of(), Map.of());
        }
    }

    /** How many connections wait inside Redis. */
    private static long blocked() {
        return eyes.sync()
                .info("clients")
                .lines()
                .filter(line -> line.startsWith("blocked_clients:"))
                .mapToLong(line -> Long.parseLong(line.substring("blocked_clients:".length())))
                .sum();
    }

    private static long openConnections() {
        return eyes.sync().clientList().lines().count();
    }
}
