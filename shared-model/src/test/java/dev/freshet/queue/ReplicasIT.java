package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.FAILED;
import static dev.freshet.queue.TestQueue.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A master with one replica, and deliveries that count only when both have them. */
class ReplicasIT {
    private static final QueueOptions OPTIONS =
            QueueOptions.defaults("replicas").withReplicas(1, Duration.ofSeconds(20));
    private static final QueueOptions HASTY = OPTIONS.withReplicas(1, Duration.ofMillis(50));
    /** Longer than the longest wait for a replica. */
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static final Duration LONG = Duration.ofSeconds(60);

    private final List<RedisClient> clients = new ArrayList<>();
    private EmbeddedRedis master;
    private EmbeddedRedis replica;
    private RedisServer server;
    private JobQueue queue;
    /** For where no replica will answer. */
    private JobQueue hasty;

    @BeforeEach
    void start() {
        master = EmbeddedRedis.start(0, "repl-diskless-sync yes", "repl-diskless-sync-delay 0");
        replica = EmbeddedRedis.start(0, "replicaof 127.0.0.1 " + master.port());
        server = new RedisServer("queue", master.url(), TIMEOUT);
        queue = new JobQueue(server, OPTIONS);
        hasty = new JobQueue(server, HASTY);
        await().atMost(LONG).until(() -> commands(replica).info("replication").contains("master_link_status:up"));
    }

    @AfterEach
    void stop() {
        server.close();
        clients.forEach(client -> client.shutdown(Duration.ZERO, Duration.ofSeconds(1)));
        replica.close();
        master.close();
    }

    @Test
    void aDeliveryThatTheReplicaHasIsAccepted() {
        assertThat(enqueue(1)).isEqualTo(Enqueued.ACCEPTED);
        assertThat(enqueue(1)).isEqualTo(Enqueued.DUPLICATE);
        assertThat(server.await(queue.enqueueDead(job(2), FAILED))).isEqualTo(Enqueued.ACCEPTED);
    }

    @Test
    void withoutTheReplicaItIsAtRiskUntilItIsOfferedAgain() {
        var both = commands(replica);
        both.replicaofNoOne();
        assertThat(enqueue(hasty, 1)).isEqualTo(Enqueued.AT_RISK);
        assertThat(enqueue(hasty, 1))
                .as("the duplicate's job is no safer than before")
                .isEqualTo(Enqueued.AT_RISK);
        assertThat(server.await(hasty.enqueueDead(job(2), FAILED))).isEqualTo(Enqueued.AT_RISK);
        both.replicaof("127.0.0.1", master.port());
        await().atMost(LONG).until(() -> enqueue(hasty, 1) == Enqueued.DUPLICATE);
        assertThat(server.await(queue.enqueueDead(job(2), FAILED))).isEqualTo(Enqueued.DUPLICATE);
        var status = queue.status();
        assertThat(status.ready()).isEqualTo(1);
        assertThat(status.missing()).isZero();
    }

    @Test
    void aReplicaThatIsSilentCountsOnlyWhenItHasCaughtUp() throws Exception {
        signal("STOP", replica);
        try {
            var calls = IntStream.range(0, 50)
                    .mapToObj(i -> hasty.enqueue(job(i)).toCompletableFuture())
                    .toList();
            assertThat(calls.stream().map(server::await)).containsOnly(Enqueued.AT_RISK);
            assertThat(enqueue(hasty, 7)).isEqualTo(Enqueued.AT_RISK);
        } finally {
            signal("CONT", replica);
        }
        await().atMost(LONG).until(() -> enqueue(hasty, 7) == Enqueued.DUPLICATE);
        assertThat(enqueue(50)).isEqualTo(Enqueued.ACCEPTED);
    }

    @Test
    void whatIsFullAsksNobody() {
        commands(replica).replicaofNoOne();
        var full = new JobQueue(server, HASTY.withMaxDepth(1));
        assertThat(server.await(full.enqueueAll(List.of(job(1), job(2)))))
                .containsExactly(Enqueued.AT_RISK, Enqueued.FULL);
        assertThat(server.await(full.enqueue(job(3)))).isEqualTo(Enqueued.FULL);
    }

    @Test
    void noAcceptedJobIsLostWhenTheMasterIsKilledAndTheReplicaTakesItsPlace() throws Exception {
        var calls = new HashMap<String, CompletableFuture<Enqueued>>();
        for (int i = 0; i < 2_000; i++) {
            calls.put(String.valueOf(i), queue.enqueue(job(i)).toCompletableFuture());
        }
        await().atMost(LONG).until(() -> calls.values().stream().anyMatch(CompletableFuture::isDone));
        signal("KILL", master);
        await().atMost(LONG).until(() -> calls.values().stream().allMatch(CompletableFuture::isDone));
        var accepted = new HashSet<String>();
        calls.forEach((id, call) -> {
            if (isSafe(call)) {
                accepted.add(id);
            }
        });
        commands(replica).replicaofNoOne();
        try (var promoted = new RedisServer("queue", replica.url(), Duration.ofSeconds(5))) {
            var after = new JobQueue(promoted, QueueOptions.defaults(OPTIONS.prefix()));
            assertThat(after.status().missing()).isZero();
            var found = new ArrayList<String>();
            while (after.claim(500, TestQueue.LEASE) instanceof Claim claim) {
                claim.jobs().forEach(job -> found.add(job.id()));
                after.settle(claim, List.of(), Map.of());
            }
            assertThat(found).doesNotHaveDuplicates().containsAll(accepted);
            assertThat(Set.copyOf(found)).isSubsetOf(calls.keySet());
        }
    }

    private static boolean isSafe(CompletableFuture<Enqueued> call) {
        try {
            var outcome = call.join();
            return outcome == Enqueued.ACCEPTED || outcome == Enqueued.DUPLICATE;
        } catch (CompletionException e) {
            return false;
        }
    }

    private Enqueued enqueue(int number) {
        return enqueue(queue, number);
    }

    private Enqueued enqueue(JobQueue into, int number) {
        return server.await(into.enqueue(job(number)));
    }

    private RedisCommands<String, String> commands(EmbeddedRedis redis) {
        var client = RedisClient.create(redis.url().toString());
        clients.add(client);
        return client.connect().sync();
    }

    private void signal(String name, EmbeddedRedis redis) throws Exception {
        var pid = pids.computeIfAbsent(
                redis,
                asked -> commands(asked)
                        .info("server")
                        .lines()
                        .filter(line -> line.startsWith("process_id:"))
                        .findFirst()
                        .orElseThrow()
                        .substring("process_id:".length()));
        assertThat(new ProcessBuilder("kill", "-" + name, pid).start().waitFor())
                .isZero();
    }

    private final Map<EmbeddedRedis, String> pids = new HashMap<>();
}
