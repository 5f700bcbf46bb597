package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.FAILED;
import static dev.freshet.queue.TestQueue.LEASE;
import static dev.freshet.queue.TestQueue.RECEIVED;
import static dev.freshet.queue.TestQueue.job;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.model.Job;
import dev.freshet.redis.ScriptRunner;
import dev.freshet.settings.SettingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A queue of three partitions, here on one Redis. */
class PartitionsIT {
    private static final int PARTITIONS = 3;
    private static final int JOBS = 60;

    @RegisterExtension
    static final QueueServices services = new QueueServices();

    private TestQueue test;
    private JobQueue queue;

    @BeforeEach
    void newQueue() {
        test = services.newQueue(QueueServices.options().withPartitions(PARTITIONS));
        queue = test.queue;
    }

    @Test
    void jobsLieInAllOfThemAndADuplicateIsKnownWhereverItIs() {
        var jobs = IntStream.range(0, JOBS).mapToObj(TestQueue::job).toList();
        assertThat(services.server.await(queue.enqueueAll(jobs))).containsOnly(Enqueued.ACCEPTED);
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(readyIn(partition)).isNotEmpty();
        }
        var again = new ArrayList<>(jobs.subList(10, 20));
        again.add(5, job(JOBS));
        assertThat(services.server.await(queue.enqueueAll(again)))
                .containsOnly(Enqueued.DUPLICATE, Enqueued.ACCEPTED)
                .element(5)
                .isEqualTo(Enqueued.ACCEPTED);
        assertThat(queue.status().ready()).isEqualTo(JOBS + 1);
        assertThat(queue.statuses())
                .hasSize(PARTITIONS)
                .allSatisfy(one -> assertThat(one.missing()).isZero());
    }

    @Test
    void claimsReachAllOfThemAndEachIsSettledWhereItIs() {
        enqueue(JOBS);
        var seen = new HashSet<Integer>();
        int done = 0;
        while (queue.claim(5, LEASE) instanceof Claim claim) {
            seen.add(claim.partition().number());
            assertThat(queue.renew(claim, LEASE)).isTrue();
            done += test.done(claim).done();
        }
        assertThat(seen).containsExactlyInAnyOrder(0, 1, 2);
        assertThat(done).isEqualTo(JOBS);
        assertThat(test.places()).isEqualTo("accepted=60, done=60");
    }

    @Test
    void claimsBeginWithAnotherPartitionEachTime() {
        enqueue(JOBS);
        var seen = new HashSet<Integer>();
        for (int i = 0; i < PARTITIONS; i++) {
            seen.add(test.claim(1).partition().number());
        }
        assertThat(seen).hasSize(PARTITIONS);
    }

    @Test
    void theOnlyJobIsFoundWhereverTheClaimBegins() {
        for (int i = 0; i < 3 * PARTITIONS; i++) {
            test.enqueue(i);
            assertThat(test.done(test.claim(1)).done()).isEqualTo(1);
        }
        assertThat(queue.claim(1, LEASE)).isEqualTo(new ClaimResult.Nothing());
    }

    @Test
    void whatIsRetriedGivenBackOrReapedStaysInItsPartition() {
        enqueue(JOBS);
        var before = places();
        while (queue.claim(4, LEASE) instanceof Claim claim) {
            var retry = new Verdict.Retry(claim.jobs().getFirst(), FAILED, Duration.ZERO);
            var bury = new Verdict.Bury(claim.jobs().getLast(), FAILED);
            queue.settle(claim, claim.jobs().size() > 1 ? List.of(retry, bury) : List.of(retry), Map.of());
        }
        var retried = queue.status().retry();
        assertThat(queue.tick(1_000).retries()).isEqualTo((int) retried);
        assertThat(queue.unclaim(test.claim(2))).isTrue();
        assertThat(queue.unclaimAsSuspects(test.claim(2))).isTrue();
        for (int i = 0; i < PARTITIONS; i++) {
            test.claim(1);
        }
        assertThat(test.crash()).isEqualTo(PARTITIONS);
        assertThat(queue.status().missing()).isZero();
        var after = places();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(before.get(partition)).containsAll(after.get(partition));
        }
    }

    @Test
    void aPauseHoldsInAllOfThem() {
        enqueue(JOBS);
        queue.pause("maintenance");
        for (int i = 0; i < PARTITIONS; i++) {
            assertThat(queue.claim(1, LEASE)).isEqualTo(new ClaimResult.Paused("maintenance"));
        }
        assertThat(queue.paused()).contains("maintenance");
        queue.resume();
        assertThat(queue.paused()).isEmpty();
        assertThat(test.claim(1).jobs()).hasSize(1);
    }

    @Test
    void eachTakesItsShareOfTheDepth() {
        test = services.newQueue(
                QueueServices.options().withPartitions(PARTITIONS).withMaxDepth(6));
        var jobs = IntStream.range(0, JOBS).mapToObj(TestQueue::job).toList();
        services.server.await(test.queue.enqueueAll(jobs));
        assertThat(test.queue.statuses()).extracting(QueueStatus::ready).containsExactly(2L, 2L, 2L);
    }

    @Test
    void lettersOfAllAreListedLatestFirstAndPageByPage() {
        bury(250);
        assertThat(ids(test.letters.list(DeadFilter.all(), 0, 3))).containsExactly("249", "248", "247");
        assertThat(ids(test.letters.list(DeadFilter.all(), 120, 3))).containsExactly("129", "128", "127");
        assertThat(ids(test.letters.list(DeadFilter.all(), 0, 1_000)))
                .isEqualTo(IntStream.iterate(249, i -> i >= 0, i -> i - 1)
                        .mapToObj(String::valueOf)
                        .toList());
        assertThat(test.letters.find("77").orElseThrow().job().id()).isEqualTo("77");
    }

    @Test
    void lettersAreDiscardedAndReplayedWhereverTheyAre() {
        bury(JOBS);
        assertThat(test.letters.discard(List.of("0", "1", "2", "3", "unknown"))).isEqualTo(4);
        assertThat(test.letters.replay(List.of("4", "5", "6", "7", "unknown"), 100))
                .isEqualTo(4);
        assertThat(test.letters.replayAll(DeadFilter.all(), 3_000)).isEqualTo(JOBS - 8);
        assertThat(queue.status().replay()).isEqualTo(JOBS - 4);
        assertThat(queue.tick(1_000).replays()).isEqualTo(JOBS - 4);
        assertThat(queue.status().missing()).isZero();
        assertThat(test.ids().get("ready")).hasSize(JOBS - 4);
    }

    @Test
    void whatIsAwaitedIsKnownByItsId() {
        for (int i = 0; i < 9; i++) {
            test.enqueue(TestQueue.awaitedJob(i));
        }
        var claim = test.claim(1);
        test.done(claim);
        int settled = Integer.parseInt(claim.jobs().getFirst().id());
        var states = test.awaited(IntStream.range(0, 9).toArray());
        assertThat(states).hasSize(9).containsEntry(String.valueOf(settled), Awaited.SETTLED);
        assertThat(states.values().stream().filter(Awaited.QUEUED::equals)).hasSize(8);
    }

    @Test
    void theWaitEndsWhereverAJobComes() throws Exception {
        for (int i = 0; i < 3 * PARTITIONS; i++) {
            var woken = CompletableFuture.supplyAsync(() -> queue.awaitWork(Duration.ofSeconds(30)));
            test.enqueue(i);
            assertThat(woken.get(30, TimeUnit.SECONDS)).isTrue();
            assertThat(test.done(test.claim(1)).done()).isEqualTo(1);
        }
    }

    @Test
    void aProcessWithAnotherNumberIsRefusedAndOneWithoutTakesWhatThereIs() {
        assertThat(queue.partitions()).isEqualTo(PARTITIONS);
        var options = QueueOptions.defaults(test.prefix);
        assertThat(new JobQueue(services.server, options).partitions()).isEqualTo(PARTITIONS);
        var other = new JobQueue(services.server, options.withPartitions(2));
        assertThatThrownBy(other::partitions)
                .isInstanceOf(SettingException.class)
                .hasMessageStartingWith("QUEUE_PARTITIONS is 2, but the queue in Redis has 3: ")
                .hasMessageEndingWith("delete " + test.prefix + ":queue:partitions in Redis");
        assertThatThrownBy(() -> other.enqueue(job(1)).toCompletableFuture().join())
                .hasCauseInstanceOf(SettingException.class);
        assertThat(queue.status().count("accepted")).isZero();
    }

    @Test
    void aQueueAsksForTheNumberOnce() {
        var other = new JobQueue(services.server, QueueOptions.defaults(test.prefix));
        assertThat(services.server.await(other.enqueue(job(1)))).isEqualTo(Enqueued.ACCEPTED);
        test.redis().del(QueueKeys.partitions(test.prefix));
        assertThat(services.server.await(other.enqueue(job(2)))).isEqualTo(Enqueued.ACCEPTED);
        assertThat(test.redis().exists(QueueKeys.partitions(test.prefix))).isZero();
    }

    @Test
    void aSingleServerHasOnePartitionUnlessSomebodySaysOtherwise() {
        assertThat(services.newQueue().queue.partitions()).isEqualTo(1);
    }

    private void enqueue(int jobs) {
        services.server.await(queue.enqueueAll(
                IntStream.range(0, jobs).mapToObj(TestQueue::job).toList()));
    }

    private List<String> readyIn(int partition) {
        return test.ids(new QueueKeys(test.prefix, partition)).getOrDefault("ready", List.of());
    }

    private List<Set<String>> places() {
        return IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> test.ids(new QueueKeys(test.prefix, partition)).values().stream()
                        .flatMap(List::stream)
                        .collect(Collectors.toSet()))
                .toList();
    }

    private void bury(int jobs) {
        var all = IntStream.range(0, jobs)
                .mapToObj(i -> Job.first(String.valueOf(i), "main", "a.b", RECEIVED, false, "t", new byte[0]))
                .toList();
        all.forEach(job -> services.server.await(queue.enqueueDead(job, FAILED)));
        // all within a few milliseconds: let the order of the ids be the order of burial
        for (var job : all) {
            var keys = Partitions.of(partitions(), job.id()).keys();
            test.redis().zadd(keys.deadAt, 1_700_000_000_000.0 + Integer.parseInt(job.id()), id(job));
        }
    }

    private List<Partition> partitions() {
        return new Partitions(new ScriptRunner(services.server), QueueOptions.defaults(test.prefix)).all();
    }

    private static byte[] id(Job job) {
        return job.id().getBytes(UTF_8);
    }

    private static List<String> ids(List<DeadLetter> letters) {
        return letters.stream().map(letter -> letter.job().id()).toList();
    }
}
