package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.FAILED;
import static dev.freshet.queue.TestQueue.LEASE;
import static dev.freshet.queue.TestQueue.RECEIVED;
import static dev.freshet.queue.TestQueue.awaitedJob;
import static dev.freshet.queue.TestQueue.job;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.model.Job;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class JobQueueIT {
    @RegisterExtension
    static final QueueServices services = new QueueServices();

    private TestQueue test;
    private JobQueue queue;

    @BeforeEach
    void newQueue() {
        test = services.newQueue();
        queue = test.queue;
    }

    @Test
    void anAcceptedJobIsReadyAndItsDuplicateChangesNothing() {
        assertThat(test.enqueue(job(1))).isEqualTo(Enqueued.ACCEPTED);
        assertThat(test.enqueue(job(1))).isEqualTo(Enqueued.DUPLICATE);
        assertThat(test.places()).isEqualTo("ready 1, accepted=1");
    }

    @Test
    void aDeliveryIsStillADuplicateAfterItWasDone() {
        test.enqueue(1);
        test.done(test.claim(1));
        assertThat(test.enqueue(job(1))).isEqualTo(Enqueued.DUPLICATE);
        assertThat(test.places()).isEqualTo("accepted=1, done=1");
    }

    @Test
    void aDeliveryIsKnownForTheWholeWindowAndForgottenAfterTwo() {
        test.enqueue(1);
        test.later(Duration.ofDays(3));
        assertThat(test.enqueue(job(1))).isEqualTo(Enqueued.DUPLICATE);
        test.later(Duration.ofDays(6));
        assertThat(test.enqueue(job(1))).isEqualTo(Enqueued.ACCEPTED);
        assertThat(test.places()).isEqualTo("ready 1 1, accepted=2");
    }

    @Test
    void whatIsSeenExpires() {
        test.enqueue(1);
        var seen = test.dump().keySet().stream()
                .filter(key -> key.startsWith(test.keys.seenPrefix))
                .toList();
        assertThat(seen).hasSize(1);
        assertThat(test.redis().pttl(seen.getFirst()))
                .isBetween(Duration.ofDays(3).toMillis(), Duration.ofDays(6).toMillis());
        assertThat(test.redis().objectEncoding(seen.getFirst())).isEqualTo("intset");
    }

    @Test
    void aFullQueueRefusesNewJobsRemembersNothingOfThemAndStillKnowsDuplicates() {
        test = services.newQueue(QueueServices.options().withMaxDepth(2));
        assertThat(services.server.await(test.queue.enqueueAll(List.of(job(1), job(2), job(3), job(1)))))
                .containsExactly(Enqueued.ACCEPTED, Enqueued.ACCEPTED, Enqueued.FULL, Enqueued.DUPLICATE);
        assertThat(test.places()).isEqualTo("ready 1 2, accepted=2");
        test.done(test.claim(1));
        assertThat(test.enqueue(job(3))).isEqualTo(Enqueued.ACCEPTED);
        assertThat(test.enqueue(job(1))).isEqualTo(Enqueued.DUPLICATE);
        assertThat(test.places()).isEqualTo("ready 2 3, accepted=3, done=1");
    }

    @Test
    void jobsAreClaimedOldestFirstAndComeOutAsTheyWentIn() {
        test.enqueue(1, 2, 3);
        var claim = test.claim(2);
        assertThat(claim.jobs()).containsExactly(job(1), job(2));
        assertThat(claim.suspect()).isFalse();
        assertThat(test.places()).isEqualTo("ready 3, claimed 1 2, accepted=3");
    }

    @Test
    void anEmptyQueueGivesNothingAndLeavesNothingBehind() {
        assertThat(queue.claim(5, LEASE)).isEqualTo(new ClaimResult.Nothing());
        assertThat(test.dump()).isEmpty();
    }

    @Test
    void fiveHundredJobsAreClaimedAndSettledAtOnce() {
        var jobs = IntStream.rangeClosed(1, 500).mapToObj(TestQueue::awaitedJob).toList();
        services.server.await(queue.enqueueAll(jobs));
        var claim = test.claim(500);
        assertThat(claim.jobs()).isEqualTo(jobs);
        assertThat(test.done(claim)).isEqualTo(new Settled(500, 0, 0));
        assertThat(test.places()).isEqualTo("accepted=500, done=500");
    }

    @Test
    void aSettledClaimIsDoneButForWhatIsRetriedAndBuried() {
        test.enqueue(1, 2, 3, 4);
        var claim = test.claim(4);
        var verdicts = List.of(
                new Verdict.Retry(claim.jobs().get(1), FAILED, Duration.ofSeconds(10)),
                new Verdict.Bury(claim.jobs().get(3), FAILED));
        assertThat(queue.settle(claim, List.copyOf(verdicts), Map.of("applied", 2L)))
                .isEqualTo(new Settled(2, 1, 1));
        assertThat(test.places()).isEqualTo("retry 2, dead 4, accepted=4, applied=2, dead=1, done=2");
        assertThat(test.letters.find("4").orElseThrow().job()).isEqualTo(job(4).failed(FAILED));
    }

    @Test
    void aRetryBecomesReadyWhenItIsDueAndKnowsItsTries() {
        test.enqueue(1);
        var claim = test.claim(1);
        queue.settle(claim, List.of(retry(claim, Duration.ofSeconds(10))), Map.of());
        assertThat(queue.tick(100).retries()).isZero();
        assertThat(test.places()).isEqualTo("retry 1, accepted=1");
        test.later(Duration.ofSeconds(11));
        assertThat(queue.tick(100).retries()).isEqualTo(1);
        assertThat(test.places()).isEqualTo("ready 1, accepted=1");
        assertThat(test.claim(1).jobs()).containsExactly(job(1).failed(FAILED));
    }

    @Test
    void aVerdictOnAJobOfAnotherClaimIsRefusedBeforeAnythingIsSent() {
        test.enqueue(1, 2);
        var first = test.claim(1);
        var second = test.claim(1);
        assertThatThrownBy(() -> queue.settle(first, List.of(retry(second, LEASE)), Map.of()))
                .hasMessageContaining("job 2 attempt 1 is not in claim");
        assertThatThrownBy(() -> queue.settle(first, List.of(retry(first, LEASE), retry(first, LEASE)), Map.of()))
                .hasMessageContaining("named twice");
        assertThatThrownBy(() -> queue.settle(first, List.of(), Map.of("done", 1L)))
                .hasMessage("the queue itself counts done");
        assertThat(test.places()).isEqualTo("claimed 1 2, accepted=2");
    }

    @Test
    void anUnclaimedClaimIsFirstInLineAgainInItsOrder() {
        test.enqueue(1, 2, 3, 4);
        var claim = test.claim(3);
        assertThat(queue.unclaim(claim)).isTrue();
        assertThat(test.places()).isEqualTo("ready 1 2 3 4, accepted=4");
        assertThat(queue.unclaim(claim)).isFalse();
    }

    @Test
    void aRenewedClaimOutlivesItsFirstLease() {
        test.enqueue(1);
        var claim = test.claim(1);
        test.later(Duration.ofSeconds(20));
        assertThat(queue.renew(claim, LEASE)).isTrue();
        test.later(Duration.ofSeconds(40));
        assertThat(queue.tick(1).expired()).isEmpty();
        assertThat(test.reap(claim)).isZero();
        assertThat(test.places()).isEqualTo("claimed 1, accepted=1");
        test.later(Duration.ofSeconds(51));
        assertThat(queue.tick(1).expired()).containsExactly(TestQueue.expired(claim));
    }

    @Test
    void aShorterRenewalTakesNothingFromTheLease() {
        test.enqueue(1);
        var claim = test.claim(1);
        assertThat(queue.renew(claim, Duration.ofMillis(1))).isTrue();
        test.later(Duration.ofSeconds(29));
        assertThat(queue.tick(1).expired()).isEmpty();
    }

    @Test
    void jobsOfADeadClaimBecomeSuspectsAndAreClaimedOneByOneBeforeAllOthers() {
        test.enqueue(1, 2, 3);
        test.claim(2);
        assertThat(test.crash()).isEqualTo(2);
        assertThat(test.places()).isEqualTo("ready 3, suspect 1 2, crashes {1=1, 2=1}, accepted=3");
        var alone = test.claim(10);
        assertThat(alone.suspect()).isTrue();
        assertThat(alone.jobs()).containsExactly(job(1));
        assertThat(test.done(alone)).isEqualTo(new Settled(1, 0, 0));
        assertThat(test.claim(10).jobs()).containsExactly(job(2));
        assertThat(test.claim(10).jobs()).containsExactly(job(3));
    }

    @Test
    void aClaimEndsOnlyWithTheRedisThatGaveItSinceAnotherMayHaveForgottenWhatCameOfIt() {
        try (var process = EmbeddedRedis.start(0, "appendonly yes", "appendfsync always");
                var server = new RedisServer("queue", process.url(), Duration.ofSeconds(5))) {
            var restarted = new JobQueue(server, QueueServices.options());
            server.await(restarted.enqueue(job(1)));
            var claim = (Claim) restarted.claim(1, LEASE);
            var before = server.session();
            process.restart();
            await().until(() -> server.isConnected() && server.session() != before);

            assertThat(restarted.settle(claim, List.of(), Map.of())).isEqualTo(Settled.LOST);
            assertThat(restarted.unclaimAsSuspects(claim)).isTrue();
            var again = (Claim) restarted.claim(1, LEASE);
            assertThat(again.suspect()).isTrue();
            assertThat(restarted.settle(again, List.of(), Map.of()).done()).isEqualTo(1);
        }
    }

    @Test
    void aStaleClaimCanNeitherAckNorRetryNorBuryNorGiveBackNorRenew() {
        test.enqueue(1, 2);
        var stale = test.claim(2);
        test.crash();
        var again = test.claim(2);
        var before = test.dump();
        assertThat(test.done(stale)).isEqualTo(Settled.LOST);
        assertThat(queue.settle(stale, List.of(retry(stale, Duration.ZERO)), Map.of("applied", 2L))
                        .isLost())
                .isTrue();
        assertThat(queue.settle(stale, List.of(new Verdict.Bury(again.jobs().getFirst(), FAILED)), Map.of())
                        .isLost())
                .isTrue();
        assertThat(queue.unclaim(stale)).isFalse();
        assertThat(queue.renew(stale, LEASE)).isFalse();
        assertThat(test.reap(stale)).isZero();
        assertThat(test.dump()).isEqualTo(before);
        assertThat(test.places()).isEqualTo("claimed 1, suspect 2, crashes {1=1, 2=1}, accepted=2");
    }

    @Test
    void aJobThatKillsThreeClaimsIsBuriedAsPoisonAndTakesNoNeighbourAlong() {
        test.enqueue(awaitedJob(1));
        test.enqueue(2);
        test.claim(2);
        test.crash();
        assertThat(test.places()).isEqualTo("suspect 1 2, crashes {1=1, 2=1}, awaited {1=queued}, accepted=2");
        assertThat(test.claim(2).jobs()).containsExactly(awaitedJob(1));
        assertThat(test.done(test.claim(2))).isEqualTo(new Settled(1, 0, 0));
        test.crash();
        assertThat(test.places()).isEqualTo("suspect 1, crashes {1=2}, awaited {1=queued}, accepted=2, done=1");
        var claim = test.claim(2);
        test.later(TestQueue.LEASE.plusSeconds(1));
        assertThatThrownBy(() -> queue.reap(TestQueue.expired(claim), job -> {
                    throw new IllegalStateException("not yet");
                }))
                .hasMessage("not yet");
        assertThat(test.places()).startsWith("claimed 1, crashes {1=2}");
        assertThat(test.buried).isEmpty();
        test.crash();
        assertThat(test.buried).extracting(Job::id).containsExactly("1");
        assertThat(test.places()).isEqualTo("dead 1, awaited {1=dead}, accepted=2, dead=1, done=1");
        var letter = test.letters.find("1").orElseThrow();
        assertThat(letter.job().body()).isEqualTo(awaitedJob(1).body());
        assertThat(letter.last().step()).isEqualTo("crash");
        assertThat(letter.last().error()).isEqualTo("3 claims died while they held this job");
    }

    @Test
    void jobsThatAreGivenBackHalfDoneAreSuspectsWithoutACrash() {
        test.enqueue(1, 2);
        var claim = test.claim(2);
        assertThat(queue.unclaimAsSuspects(claim)).isTrue();
        assertThat(queue.unclaimAsSuspects(claim)).isFalse();
        assertThat(test.places()).isEqualTo("suspect 1 2, accepted=2");
        assertThat(test.claim(2).jobs()).extracting(Job::id).containsExactly("1");
    }

    @Test
    void aClaimOfLargeBodiesEndsWhenItIsEnough() {
        for (int i = 0; i < 24; i++) {
            test.enqueue(Job.first("j" + i, "main", "a.b", TestQueue.RECEIVED, false, "t", new byte[1 << 20]));
        }
        var claim = test.claim(500);
        assertThat(claim.jobs()).hasSize(Partition.ENOUGH_BYTES >> 20);
        assertThat(test.claim(500).jobs()).hasSize(24 - claim.jobs().size());
    }

    @Test
    void aQueueOfManyBytesIsFullAndKnowsItsDuplicates() {
        int bytes = JobCodec.encode(job(1)).length;
        test = services.newQueue(QueueServices.options().withMaxBytes(2L * bytes));
        queue = test.queue;
        test.enqueue(1, 2);
        assertThat(queue.status().bytes()).isEqualTo(2L * bytes);
        assertThat(test.enqueue(job(3))).isEqualTo(Enqueued.FULL);
        assertThat(test.enqueue(job(2))).isEqualTo(Enqueued.DUPLICATE);
        var claim = test.claim(1);
        assertThat(test.enqueue(job(3))).as("what is claimed takes its bytes").isEqualTo(Enqueued.FULL);
        test.done(claim);
        assertThat(test.enqueue(job(3))).isEqualTo(Enqueued.ACCEPTED);
        assertThat(test.places()).isEqualTo("ready 2 3, accepted=3, done=1");
    }

    @Test
    void aJobLargerThanTheBoundGoesThroughAlone() {
        test = services.newQueue(QueueServices.options().withMaxBytes(10));
        queue = test.queue;
        assertThat(services.server.await(queue.enqueueAll(List.of(job(1), job(2)))))
                .containsExactly(Enqueued.ACCEPTED, Enqueued.FULL);
        test.done(test.claim(1));
        assertThat(test.enqueue(job(2))).isEqualTo(Enqueued.ACCEPTED);
    }

    @Test
    void jobsThatAnOlderProcessDidNotCountLeaveWithoutHarm() {
        test.enqueue(1, 2);
        test.redis().hdel(test.keys.counts, "bytes");
        test.done(test.claim(1));
        assertThat(queue.status().bytes()).isZero();
        test.enqueue(3);
        assertThat(queue.status().bytes()).isEqualTo(JobCodec.encode(job(3)).length);
        test.done(test.claim(2));
        assertThat(queue.claim(1, LEASE)).isEqualTo(new ClaimResult.Nothing());
        assertThat(test.redis().hget(test.keys.counts, "bytes")).isNull();
        assertThat(test.places()).isEqualTo("accepted=3, done=3");
    }

    @Test
    void whatAnOlderProcessLeftOverIsForgottenWhenTheQueueIsIdle() {
        test.enqueue(1, 2);
        test.redis().hincrby(test.keys.counts, "bytes", 1_000);
        var claim = test.claim(1);
        test.done(test.claim(1));
        assertThat(queue.claim(1, LEASE)).isEqualTo(new ClaimResult.Nothing());
        assertThat(queue.status().bytes()).isGreaterThan(1_000);
        test.done(claim);
        assertThat(queue.claim(1, LEASE)).isEqualTo(new ClaimResult.Nothing());
        assertThat(test.places()).isEqualTo("accepted=2, done=2");
    }

    @Test
    void aWindowOfManyIdsEndsEarlyAndTheOneBeforeItIsForgotten() {
        test = services.newQueue(QueueServices.options().withMaxSeen(100));
        queue = test.queue;
        for (int from = 0; from < 300; from += 100) {
            enqueueAll(from, 100);
        }
        assertThat(queue.status().seen()).isEqualTo(200);
        assertThat(test.enqueue(job(200))).as("of the window that is full").isEqualTo(Enqueued.DUPLICATE);
        assertThat(test.enqueue(job(199))).as("of the one before").isEqualTo(Enqueued.ACCEPTED);
        assertThat(test.enqueue(job(299))).isEqualTo(Enqueued.DUPLICATE);
        assertThat(queue.status().seen()).isEqualTo(101);
        assertThat(test.enqueueDead(job(1))).isEqualTo(Enqueued.ACCEPTED);
        assertThat(test.enqueueDead(job(299))).isEqualTo(Enqueued.DUPLICATE);
    }

    @Test
    void whatAWindowThatEndedEarlyLeftBehindMakesRoomBucketByBucket() {
        test = services.newQueue(QueueServices.options().withMaxSeen(1));
        queue = test.queue;
        test.enqueue(1, 2);
        var left = test.keys.seenPrefix + "2:" + Digest.of("3").bucket();
        test.redis().sadd(left, "7".getBytes(UTF_8));
        assertThat(seenKeys()).hasSize(3).contains(left);
        test.enqueue(3);
        assertThat(seenKeys()).hasSize(3).doesNotContain(left);
    }

    @Test
    void aSuspectThatIsGivenBackStaysASuspectAndOneThatIsRetriedIsNone() {
        test.enqueue(1);
        test.claim(1);
        test.crash();
        var suspect = test.claim(1);
        queue.unclaim(suspect);
        assertThat(test.places()).isEqualTo("suspect 1, crashes {1=1}, accepted=1");
        suspect = test.claim(1);
        queue.settle(suspect, List.of(retry(suspect, Duration.ZERO)), Map.of());
        assertThat(test.places()).isEqualTo("retry 1, accepted=1");
    }

    @Test
    void anUnreadableDeliveryIsADeadLetterAtOnceAndItsDuplicateIsNone() {
        assertThat(test.enqueueDead(awaitedJob(1))).isEqualTo(Enqueued.ACCEPTED);
        assertThat(test.enqueueDead(awaitedJob(1))).isEqualTo(Enqueued.DUPLICATE);
        assertThat(test.enqueue(job(1))).isEqualTo(Enqueued.DUPLICATE);
        assertThat(test.places()).isEqualTo("dead 1, awaited {1=dead}, accepted=1, dead=1");
        assertThat(test.letters.find("1").orElseThrow().last()).isEqualTo(FAILED);
    }

    @Test
    void aLetterThatReplacesAnOlderOneOfItsIdLeavesTheSumRight() {
        test.enqueueDead(job(1));
        test.later(Duration.ofDays(12));
        assertThat(test.enqueueDead(job(1))).isEqualTo(Enqueued.ACCEPTED);
        test.later(Duration.ofDays(25));
        test.enqueue(1);
        var claim = test.claim(1);
        queue.settle(claim, List.of(new Verdict.Bury(claim.jobs().getFirst(), FAILED)), Map.of());
        assertThat(test.places()).isEqualTo("dead 1, accepted=3, dead=1, discarded=2");
    }

    @Test
    void whatIsAwaitedIsKnownUntilItIsDone() {
        for (int i = 1; i <= 4; i++) {
            test.enqueue(awaitedJob(i));
        }
        assertThat(test.awaited(1, 9)).isEqualTo(Map.of("1", Awaited.QUEUED, "9", Awaited.SETTLED));
        var claim = test.claim(3);
        queue.settle(
                claim,
                List.of(
                        new Verdict.Retry(claim.jobs().get(0), FAILED, Duration.ZERO),
                        new Verdict.Bury(claim.jobs().get(1), FAILED)),
                Map.of());
        assertThat(test.awaited(1, 2, 3, 4))
                .isEqualTo(Map.of("1", Awaited.RETRIED, "2", Awaited.DEAD, "3", Awaited.SETTLED, "4", Awaited.QUEUED));
        test.letters.replay(List.of("2"), 100);
        assertThat(test.awaited(2)).isEqualTo(Map.of("2", Awaited.QUEUED));
        assertThat(test.awaited()).isEmpty();
    }

    @Test
    void aRetriedJobThatWasAloneIsStillAwaited() {
        test.enqueue(awaitedJob(1));
        var claim = test.claim(1);
        queue.settle(claim, List.of(retry(claim, LEASE)), Map.of());
        assertThat(test.awaited(1)).isEqualTo(Map.of("1", Awaited.RETRIED));
    }

    @Test
    void aPausedQueueAcceptsAndSettlesButGivesNothingOut() {
        test.enqueue(1, 2);
        var claim = test.claim(1);
        queue.pause("maintenance");
        assertThat(queue.claim(1, LEASE)).isEqualTo(new ClaimResult.Paused("maintenance"));
        assertThat(queue.paused()).contains("maintenance");
        assertThat(queue.status().paused()).contains("maintenance");
        test.enqueue(3);
        test.done(claim);
        assertThat(test.places()).isEqualTo("ready 2 3, accepted=3, done=1");
        queue.resume();
        assertThat(queue.paused()).isEmpty();
        assertThat(test.claim(5).jobs()).containsExactly(job(2), job(3));
    }

    @Test
    void theWaitEndsWhenAJobComesAndMovesNothing() throws Exception {
        assertThat(queue.awaitWork(Duration.ofMillis(20))).isFalse();
        var woken = CompletableFuture.supplyAsync(() -> queue.awaitWork(Duration.ofSeconds(4)));
        test.enqueue(1, 2);
        assertThat(woken.get(4, TimeUnit.SECONDS)).isTrue();
        assertThat(queue.awaitWork(Duration.ofSeconds(4))).isTrue();
        assertThat(test.places()).isEqualTo("ready 1 2, accepted=2");
    }

    @Test
    void theStatusTellsTheAgeOfTheNextJob() {
        assertThat(queue.status().oldestAge()).isEmpty();
        test.enqueue(Job.first("1", "m", "t", Instant.now().minusSeconds(90), false, "", new byte[] {'\n', '\n'}));
        assertThat(queue.status().oldestAge().orElseThrow()).isBetween(Duration.ofSeconds(89), Duration.ofSeconds(150));
        assertThat(queue.status().inFlight()).isEqualTo(1);
    }

    @Test
    void bytesThatAreNoJobAreBuriedWithTheirNeighboursUnharmed() {
        test.enqueue(1);
        test.redis().lpush(test.keys.ready, "rubbish".getBytes(UTF_8));
        test.redis().hincrby(test.keys.counts, "accepted", 1);
        test.redis().hincrby(test.keys.counts, "bytes", 7);
        var claim = test.claim(5);
        assertThat(claim.jobs()).containsExactly(job(1));
        assertThat(test.done(claim)).isEqualTo(new Settled(1, 0, 1));
        var id = test.letters.list(DeadFilter.all(), 0, 10).getFirst().job().id();
        var letter = test.letters.find(id).orElseThrow();
        assertThat(new String(letter.job().body(), UTF_8)).isEqualTo("rubbish");
        assertThat(test.places()).isEqualTo("dead " + letter.job().id() + ", accepted=2, dead=1, done=1");
    }

    @Test
    void aJobOfANewerVersionStaysWhereItIs() {
        test.enqueue(1);
        test.redis().rpush(test.keys.ready, "new\n{\"v\":2}\n".getBytes(UTF_8));
        test.redis().hincrby(test.keys.counts, "accepted", 1);
        test.redis().hincrby(test.keys.counts, "bytes", 12);
        assertThatThrownBy(() -> queue.claim(5, LEASE))
                .isInstanceOf(JobFormatException.class)
                .hasMessageContaining("job new has version 2");
        assertThat(test.places()).isEqualTo("ready new 1, accepted=2");
    }

    @Test
    void theCrashOfABrokenJobAmongOthersIsForgottenOnceItIsBuried() {
        test.enqueue(1);
        var broken = "broken\nno header\n".getBytes(UTF_8);
        test.redis().rpush(test.keys.ready, broken);
        test.redis().hincrby(test.keys.counts, "accepted", 1);
        test.redis().hincrby(test.keys.counts, "bytes", broken.length);
        test.claim(2);
        test.crash();
        test.done(test.claim(1));
        test.done(test.claim(1));
        assertThat(test.places()).startsWith("dead unreadable:").endsWith(", accepted=2, dead=1, done=1");
        assertThat(test.redis().exists(test.keys.crashes)).isZero();
    }

    @Test
    void aJobOfANewerVersionIsNeverBuriedByAnOlderProcess() {
        for (int crash = 1; crash <= 4; crash++) {
            test.redis().rpush(test.keys.claim("other"), "new\n{\"v\":2}\n".getBytes(UTF_8));
            test.redis().zadd(test.keys.claims, 1, "other".getBytes(UTF_8));
            assertThat(queue.reap(new ExpiredClaim(0, "other"), job -> {})).isEqualTo(1);
            assertThat(test.ids().get("suspect")).containsExactly("new");
            test.redis().del(test.keys.suspect);
        }
    }

    @Test
    void workersAreKnownByTheirBeatsAndForgottenWithoutThem() {
        var busy = new WorkerBeat("w1", "host", 42, RECEIVED, RECEIVED.plusSeconds(5), 3, 7, Optional.empty());
        var idle = new WorkerBeat("w2", "host", 43, RECEIVED, RECEIVED, 0, 0, Optional.of("database away"));
        queue.beat(busy);
        queue.beat(idle);
        assertThat(queue.workers()).containsExactlyInAnyOrder(busy, idle);
        queue.forget("w2");
        assertThat(queue.workers()).containsExactly(busy);
        test.later(Duration.ofSeconds(31));
        assertThat(queue.workers()).isEmpty();
        queue.beat(idle);
        assertThat(queue.workers()).containsExactly(idle);
        assertThat(test.redis().hlen(test.keys.workers)).isEqualTo(1);
    }

    @Test
    void aCallOfTooManyJobsIsRefused() {
        assertThatThrownBy(() -> queue.claim(JobQueue.MAX_BATCH + 1, LEASE))
                .hasMessage("one call takes 1 to 1000 jobs, was 1001");
    }

    private void enqueueAll(int from, int jobs) {
        services.server.await(queue.enqueueAll(
                IntStream.range(from, from + jobs).mapToObj(TestQueue::job).toList()));
    }

    private List<String> seenKeys() {
        return test.dump().keySet().stream()
                .filter(key -> key.startsWith(test.keys.seenPrefix))
                .toList();
    }

    private static Verdict retry(Claim claim, Duration after) {
        return new Verdict.Retry(claim.jobs().getFirst(), FAILED, after);
    }
}
