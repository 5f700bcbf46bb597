package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.FAILED;
import static dev.freshet.queue.TestQueue.LEASE;
import static dev.freshet.queue.TestQueue.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.model.Job;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedCluster;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The queue on three masters with a replica each, one of which is killed. */
class ClusterIT {
    private static final int PARTITIONS = 6;
    private static final Duration LONG = Duration.ofSeconds(60);

    private static EmbeddedCluster cluster;

    private QueueOptions options;
    private RedisServer server;
    private JobQueue queue;
    private DeadLetters letters;

    @BeforeAll
    static void startCluster() {
        cluster = EmbeddedCluster.start();
    }

    @AfterAll
    static void stopCluster() {
        cluster.close();
    }

    @BeforeEach
    void newQueue() {
        options = QueueOptions.defaults(TestServices.shared().newPrefix()).withReplicas(1, Duration.ofSeconds(10));
        server = new RedisServer("queue", cluster.url(), Duration.ofSeconds(20));
        queue = new JobQueue(server, options);
        letters = new DeadLetters(server, options);
    }

    @AfterEach
    void closeServer() {
        server.close();
    }

    @Test
    void thereAreTwoPartitionsForEachMasterAndEveryMasterHoldsSome() {
        assertThat(queue.partitions()).isEqualTo(PARTITIONS);
        var holders = IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> cluster.masterOf(new QueueKeys(options.prefix(), partition).ready))
                .collect(Collectors.toSet());
        assertThat(holders).hasSize(3);
    }

    @Test
    void jobsGoTheirWayInAllPartitions() {
        enqueue(0, 100);
        assertThat(server.await(queue.enqueue(job(7)))).isEqualTo(Enqueued.DUPLICATE);
        assertThat(queue.statuses())
                .hasSize(PARTITIONS)
                .allSatisfy(one -> assertThat(one.ready()).isPositive());
        var partitions = new HashSet<Integer>();
        while (queue.claim(10, LEASE) instanceof Claim claim) {
            partitions.add(claim.partition().number());
            var bury = new Verdict.Bury(claim.jobs().getFirst(), FAILED);
            assertThat(queue.renew(claim, LEASE)).isTrue();
            queue.settle(claim, List.of(bury), Map.of("applied", claim.jobs().size() - 1L));
        }
        assertThat(partitions).hasSize(PARTITIONS);
        var dead = letters.list(DeadFilter.all(), 0, 1_000);
        assertThat(dead).hasSize((int) queue.status().dead()).hasSizeGreaterThanOrEqualTo(PARTITIONS);
        assertThat(letters.discard(List.of(dead.getFirst().job().id()))).isEqualTo(1);
        assertThat(letters.replayAll(DeadFilter.all(), 10_000)).isEqualTo(dead.size() - 1);
        assertThat(queue.tick(1_000).replays()).isEqualTo(dead.size() - 1);
        queue.pause("maintenance");
        assertThat(queue.claim(1, LEASE)).isEqualTo(new ClaimResult.Paused("maintenance"));
        queue.resume();
        assertThat(finish()).hasSize(dead.size() - 1);
        var status = queue.status();
        assertThat(status.missing()).isZero();
        assertThat(status.count("accepted")).isEqualTo(100);
        assertThat(status.count("done")).isEqualTo(99);
    }

    @Test
    void anIdleWorkerIsWokenFromEveryPartition() throws Exception {
        for (int i = 0; i < 3 * PARTITIONS; i++) {
            var woken = CompletableFuture.supplyAsync(() -> queue.awaitWork(LONG));
            enqueue(i, i + 1);
            assertThat(woken.get(60, TimeUnit.SECONDS)).isTrue();
            assertThat(finish()).containsExactly(String.valueOf(i));
        }
    }

    @Test
    void whenAMasterIsKilledNoAcceptedJobIsLostAndNoneIsInTwoPlaces() throws Exception {
        enqueue(0, 200);
        var victim = cluster.masterOf(new QueueKeys(options.prefix(), 0).ready);
        var held = claimsOnAll();
        var outcomes = new HashMap<String, Enqueued>();
        var stop = new AtomicBoolean();
        try (var sender = Executors.newSingleThreadExecutor()) {
            var sent = sender.submit(() -> sendUntil(stop, outcomes));
            await().atMost(LONG).until(() -> queue.status().count("accepted") > 300);
            cluster.kill(victim);
            cluster.awaitFailover(victim);
            cluster.mend(); // with its replica back, the master's deliveries are safe again
            stop.set(true);
            sent.get(60, TimeUnit.SECONDS);
        }
        await().atMost(LONG)
                .ignoreExceptionsInstanceOf(RedisException.class)
                .until(() -> queue.statuses().size() == PARTITIONS);
        assertThat(outcomes.values()).contains(Enqueued.ACCEPTED);
        var done = settleOrReap(held);
        done.addAll(finish());
        var accepted = outcomes.entrySet().stream()
                .filter(outcome -> outcome.getValue() == Enqueued.ACCEPTED || outcome.getValue() == Enqueued.DUPLICATE)
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(HashSet::new));
        IntStream.range(0, 200).forEach(i -> accepted.add(String.valueOf(i)));
        assertThat(done).doesNotHaveDuplicates().containsAll(accepted);
        assertThat(queue.statuses()).allSatisfy(one -> {
            assertThat(one.missing()).isZero();
            assertThat(one.inFlight()).isZero();
        });
    }

    /** A claim in each partition, as workers hold them when the master goes. */
    private List<Claim> claimsOnAll() {
        var claims = new HashMap<Integer, Claim>();
        while (claims.size() < PARTITIONS) {
            var claim = (Claim) queue.claim(3, LEASE);
            claims.put(claim.partition().number(), claim);
        }
        return List.copyOf(claims.values());
    }

    /** Each delivery is offered again until it is safe or the test has seen enough. */
    private void sendUntil(AtomicBoolean stop, Map<String, Enqueued> outcomes) {
        for (int i = 1_000; !stop.get(); i++) {
            var id = String.valueOf(i);
            outcomes.put(id, offer(i));
            if (outcomes.get(id) == Enqueued.AT_RISK) {
                i--;
            }
        }
    }

    private Enqueued offer(int number) {
        try {
            return server.await(queue.enqueue(job(number)));
        } catch (RedisException e) {
            return Enqueued.AT_RISK;
        }
    }

    /** Its worker settles a claim, unless the failover lost the claim: then its jobs are ready again. */
    private List<String> settleOrReap(List<Claim> held) {
        var done = new ArrayList<String>();
        for (var claim : held) {
            if (!queue.settle(claim, List.of(), Map.of()).isLost()) {
                claim.jobs().forEach(job -> done.add(job.id()));
            }
        }
        queue.setClockOffset(LEASE.plusSeconds(1));
        queue.tick(1).expired().forEach(claim -> queue.reap(claim, job -> {}));
        return done;
    }

    private List<String> finish() {
        var done = new ArrayList<String>();
        while (queue.claim(500, LEASE) instanceof Claim claim) {
            done.addAll(claim.jobs().stream().map(Job::id).toList());
            assertThat(queue.settle(claim, List.of(), Map.of()).done())
                    .isEqualTo(claim.jobs().size());
        }
        return done;
    }

    private void enqueue(int from, int to) {
        assertThat(server.await(queue.enqueueAll(
                        IntStream.range(from, to).mapToObj(TestQueue::job).toList())))
                .containsOnly(Enqueued.ACCEPTED);
    }
}
