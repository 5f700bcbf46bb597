package dev.freshet.worker.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.db.Spill;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.queue.Claim;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.SettingException;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DrainerIT {
    private final Club club = new Club();
    private final Spill spill = new Spill(club.database);

    @AfterEach
    void close() {
        club.close();
    }

    @Test
    void whatWasSpilledGoesIntoTheQueueInItsOrder() {
        var ids = IntStream.range(0, 2 * Spill.MAX_PAGE + 100)
                .mapToObj(i -> "n" + i)
                .toList();
        store(ids.stream().map(DrainerIT::job).toArray(Job[]::new));
        assertThat(drainer().runOnce()).isEqualTo(ids.size());
        var claimed = ((Claim) club.queue.claim(JobQueue.MAX_BATCH, Duration.ofMinutes(1))).jobs();
        assertThat(claimed).extracting(Job::id).containsExactlyElementsOf(ids.subList(0, claimed.size()));
        assertThat(states()).containsOnly(Map.entry("queued", (long) ids.size()));
        assertThat(drainer().runOnce()).isZero();
    }

    @Test
    void aSpilledDeliveryIsAppliedOnce() {
        var at = Instant.now();
        var body = """
                {"created_at":"%s","payload":{"id":1,"cohort":3}}""".formatted(at).getBytes(UTF_8);
        store(Job.first("main:member.saved:1", "main", "member.saved", at, false, "trace", body));
        drainer().runOnce();
        club.newWorker().runOnce();
        assertThat(club.members()).containsExactly(Map.entry(1L, 3));
        assertThat(club.queue.status().count("done")).isEqualTo(1);
        assertThat(club.queue.status().missing()).isZero();
    }

    @Test
    void theCopyOfWhatTheQueueHasIsDropped() {
        enqueue(job("a"));
        store(job("a"), job("b"));
        assertThat(drainer().runOnce()).isEqualTo(2);
        assertThat(club.queue.status().ready()).isEqualTo(2);
        assertThat(club.queue.status().missing()).isZero();
    }

    @Test
    void whatDiesBetweenTheQueueAndTheCommitIsDrainedAgainAndIsADuplicate() throws SQLException {
        store(job("a"));
        assertThatThrownBy(() -> spill.drain(0, rows -> {
                    enqueue(job("a"));
                    throw new IllegalStateException("killed");
                }))
                .hasMessage("killed");
        assertThat(drainer().runOnce()).isEqualTo(1);
        assertThat(club.queue.status().ready()).isEqualTo(1);
    }

    @Test
    void severalDrainersMoveEachDeliveryOnce() {
        store(IntStream.range(0, 1_200).mapToObj(i -> job("n" + i)).toArray(Job[]::new));
        var drainers = IntStream.range(0, 3)
                .mapToObj(i -> CompletableFuture.supplyAsync(drainer()::runOnce))
                .toList();
        assertThat(drainers.stream().mapToInt(CompletableFuture::join).sum()).isEqualTo(1_200);
        assertThat(club.queue.status().ready()).isEqualTo(1_200);
    }

    @Test
    void aFullQueueLetsInWhatItHasRoomForAndTheRestLater() {
        store(IntStream.range(0, 5).mapToObj(i -> job("n" + i)).toArray(Job[]::new));
        var small = new JobQueue(
                club.queueServer, QueueOptions.defaults(club.prefix).withMaxDepth(3));
        assertThat(drainer(small).runOnce()).isEqualTo(3);
        assertThat(drainer(small).runOnce()).isZero();
        assertThat(states()).containsEntry("spilled", 2L);
        var claim = (Claim) club.queue.claim(10, Duration.ofMinutes(1));
        assertThat(claim.jobs()).extracting(Job::id).containsExactly("n0", "n1", "n2");
        club.queue.settle(claim, List.of(), Map.of());
        assertThat(drainer(small).runOnce()).isEqualTo(2);
    }

    @Test
    void whatTooFewReplicasHaveStaysInTheSpill() {
        store(job("a"));
        var careful = new JobQueue(
                club.queueServer, QueueOptions.defaults(club.prefix).withReplicas(1, Duration.ofMillis(10)));
        assertThat(drainer(careful).runOnce()).isZero();
        assertThat(states()).containsOnly(Map.entry("spilled", 1L));
        assertThat(club.queue.status().ready()).isEqualTo(1);
        assertThat(drainer().runOnce()).isEqualTo(1);
        assertThat(club.queue.status().ready()).isEqualTo(1);
    }

    @Test
    void whatTooFewReplicasHaveSurvivesAFailoverAlsoWhenItWasTriedAndBuried() {
        store(job("a"));
        var careful = new JobQueue(
                club.queueServer, QueueOptions.defaults(club.prefix).withReplicas(1, Duration.ofMillis(10)));
        drainer(careful).runOnce();
        club.newWorker().runOnce();
        assertThat(club.dead()).hasSize(1);
        assertThat(states()).containsOnly(Map.entry("dead", 1L));

        var replica = new JobQueue(club.queueServer, QueueOptions.defaults(club.prefix + "-replica"));
        assertThat(drainer(replica).runOnce()).isEqualTo(1);
        assertThat(replica.status().ready()).isEqualTo(1);
        assertThat(drainer(replica).runOnce()).isZero();
    }

    @Test
    void whatIngestCouldNotReadBecomesADeadLetter() {
        var why = new Attempt(Instant.EPOCH, "ingest", "decode", "not JSON at byte 3");
        store(job("broken").failed(why), job("good"));
        assertThat(drainer().runOnce()).isEqualTo(2);
        var letter = club.dead().getFirst();
        assertThat(letter.job().id()).isEqualTo("broken");
        assertThat(letter.job().attempts()).containsExactly(why);
        assertThat(club.queue.status().ready()).isEqualTo(1);
    }

    @Test
    void bytesThatAreNoJobBecomeADeadLetterAndHoldUpNobody() {
        store(job("a"), job("b"));
        club.execute("update freshet.deliveries set job = 'nonsense' where id = 'a'");
        assertThat(drainer().runOnce()).isEqualTo(2);
        assertThat(club.dead().getFirst().job().body()).isEqualTo("nonsense".getBytes(UTF_8));
        assertThat(club.queue.status().ready()).isEqualTo(1);
    }

    @Test
    void whatANewerProcessWroteIsLeftToOneAndHoldsUpNobody() {
        store(job("a"), job("b"));
        club.execute("update freshet.deliveries set job = convert_to(replace(convert_from(job, 'UTF8'),"
                + " '\"v\":1', '\"v\":99'), 'UTF8') where id = 'a'");
        assertThat(drainer().runOnce()).isEqualTo(1);
        assertThat(states()).containsEntry("spilled", 1L).containsEntry("queued", 1L);
    }

    @Test
    void whileRedisIsAwayNothingIsTried() {
        var proxy = CuttingProxy.before(TestServices.shared().redisUrl());
        try (proxy;
                var server = new RedisServer("queue", proxy.url(), Duration.ofSeconds(2))) {
            store(job("a"));
            proxy.cut();
            await().until(() -> !server.isConnected());
            var drainer = drainer(new JobQueue(server, QueueOptions.defaults(club.prefix)), server);
            assertThat(drainer.runOnce()).isZero();
            proxy.restore();
            await().until(() -> server.isConnected() && drainer.runOnce() == 1);
        }
    }

    @Test
    void nothingIsMovedIntoARedisThatMayEvictIt() {
        try (var redis = EmbeddedRedis.start(0, "maxmemory-policy allkeys-lru", "maxmemory 100mb");
                var server = new RedisServer("queue", redis.url(), Duration.ofSeconds(2))) {
            store(job("a"));
            var drainer = drainer(new JobQueue(server, QueueOptions.defaults(club.prefix)), server);
            assertThatThrownBy(drainer::runOnce).isInstanceOf(SettingException.class);
            assertThat(states()).containsOnly(Map.entry("spilled", 1L));
        }
    }

    private Drainer drainer() {
        return drainer(club.queue);
    }

    private Drainer drainer(JobQueue queue) {
        return drainer(queue, club.queueServer);
    }

    private Drainer drainer(JobQueue queue, RedisServer server) {
        return new Drainer("w", spill, queue, server, Clock.systemUTC(), new SimpleMeterRegistry());
    }

    private void store(Job... jobs) {
        try {
            spill.store(Arrays.asList(jobs));
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private void enqueue(Job job) {
        club.queue.enqueue(job).toCompletableFuture().join();
    }

    private Map<String, Long> states() {
        return club.database
                .jdbi()
                .withHandle(handle -> handle.createQuery(
                                "select state, count(*) as n from freshet.deliveries group by 1")
                        .reduceRows(new TreeMap<String, Long>(), (found, row) -> {
                            found.put(row.getColumn("state", String.class), row.getColumn("n", Long.class));
                            return found;
                        }));
    }

    private static Job job(String id) {
        return Job.first(id, "main", "member.saved", Instant.EPOCH, false, "trace", "{}".getBytes(UTF_8));
    }
}
