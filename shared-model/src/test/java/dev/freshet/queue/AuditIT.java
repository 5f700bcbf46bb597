package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.awaitedJob;
import static dev.freshet.queue.TestQueue.job;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.queue.Stray.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a hand in Redis can do to a queue, and what an audit makes of it. */
class AuditIT {
    @RegisterExtension
    static final QueueServices services = new QueueServices();

    private TestQueue test;
    private JobQueue queue;

    @BeforeEach
    void newQueue() {
        test = services.newQueue(QueueServices.options().withPartitions(1));
        queue = test.queue;
    }

    @Test
    void aQueueThatNobodyTouchedIsClean() {
        assertThat(queue.audit().isClean()).isTrue();
        test.enqueue(1, 2, 3, 4);
        test.enqueue(awaitedJob(5));
        test.claim(1);
        test.crash();
        test.claim(1);
        var claim = test.claim(2);
        queue.settle(claim, List.of(new Verdict.Bury(claim.jobs().getFirst(), TestQueue.FAILED)), Map.of());
        var audit = queue.audit();
        assertThat(audit.strays()).isEmpty();
        assertThat(audit.missing()).isZero();
        assertThat(audit.accepted()).isEqualTo(5);
        assertThat(audit.partitions().getFirst().claimed()).isEqualTo(1);
        var before = test.dump();
        assertThat(queue.repair().isClean()).isTrue();
        assertThat(test.dump()).isEqualTo(before);
    }

    @Test
    void jobsWithoutALeaseBecomeSuspectsInTheirOrder() {
        test.enqueue(1, 2, 3, 4);
        var claim = test.claim(3);
        test.redis().zrem(test.keys.claims, claim.id().getBytes(UTF_8));

        assertThat(queue.audit().missing()).isEqualTo(3);
        assertMends(new Stray(0, Kind.LIST, claim.id()));
        assertThat(queue.audit().missing()).isZero();
        assertThat(test.places()).isEqualTo("ready 4, suspect 1 2 3, accepted=4");
        assertThat(test.done(claim)).isEqualTo(Settled.LOST);
    }

    @Test
    void aLeaseWithoutJobsIsRemovedAndItsJobsStayMissing() {
        test.enqueue(1, 2);
        var claim = test.claim(2);
        test.redis().del(test.keys.claim(claim.id()));

        assertMends(new Stray(0, Kind.LEASE, claim.id()), new Stray(0, Kind.COUNT, "bytes"));
        assertThat(queue.audit().missing()).isEqualTo(2);
        assertThat(test.redis().zcard(test.keys.claims)).isZero();
    }

    @Test
    void aDeadLetterWithoutATimeIsShownAgain() {
        test.enqueueDead(job(1));
        test.redis().zrem(test.keys.deadAt, "1".getBytes(UTF_8));
        assertThat(test.letters.list(DeadFilter.all(), 0, 10)).isEmpty();

        assertMends(new Stray(0, Kind.LETTER, "1"));
        assertThat(test.letters.list(DeadFilter.all(), 0, 10)).hasSize(1);
        assertThat(test.places()).isEqualTo("dead 1, accepted=1, dead=1");
    }

    @Test
    void aTimeWithoutADeadLetterIsRemoved() {
        test.redis().zadd(test.keys.deadAt, 1, "1".getBytes(UTF_8));
        assertMends(new Stray(0, Kind.TIME, "1"));
        assertThat(test.dump()).isEmpty();
    }

    @Test
    void crashesAreForgottenOnceNobodyHoldsAJob() {
        test.enqueue(1);
        test.claim(1);
        test.crash();
        assertThat(queue.audit().strays()).isEmpty();
        var claim = test.claim(1);
        assertThat(queue.audit().strays()).isEmpty();
        test.done(claim);
        test.redis().hset(test.keys.crashes, "1", "1".getBytes(UTF_8));
        assertMends(new Stray(0, Kind.CRASHES, "1"));
        assertThat(test.places()).isEqualTo("accepted=1, done=1");
    }

    @Test
    void whatIsAwaitedAndNowhereCountsAsSettled() {
        test.enqueue(awaitedJob(1));
        test.redis().hset(test.keys.awaited, "2", "queued".getBytes(UTF_8));
        assertThat(queue.audit().strays()).as("it may be among what is ready").isEmpty();
        test.done(test.claim(1));
        assertMends(new Stray(0, Kind.AWAITED, "2"));

        test.enqueue(awaitedJob(3));
        test.redis().hset(test.keys.awaited, "4", "dead".getBytes(UTF_8));
        assertMends(new Stray(0, Kind.AWAITED, "4"));
        assertThat(test.places()).isEqualTo("ready 3, awaited {3=queued}, accepted=2, done=1");
    }

    @Test
    void aWrongCounterIsCountedAnew() {
        test.enqueueDead(job(1));
        test.redis().hincrby(test.keys.counts, "dead", 4);
        assertMends(new Stray(0, Kind.COUNT, "dead"));
        assertThat(test.places()).isEqualTo("dead 1, accepted=1, dead=1");
    }

    @Test
    void bytesAreCountedAnewWhereverAJobIs() {
        test.enqueue(1, 2, 3, 4);
        var claim = test.claim(2);
        var retry = new Verdict.Retry(claim.jobs().getFirst(), TestQueue.FAILED, Duration.ofHours(1));
        var bury = new Verdict.Bury(claim.jobs().getLast(), TestQueue.FAILED);
        queue.settle(claim, List.of(retry, bury), Map.of());
        test.letters.replay(List.of("2"), 1);
        test.claim(1);
        test.crash();
        test.claim(1);
        assertThat(test.places()).startsWith("ready 4, claimed 3, retry 1, replay 2");
        test.redis().hset(test.keys.counts, "bytes", "-5".getBytes(UTF_8));
        assertMends(new Stray(0, Kind.COUNT, "bytes"));
        test.places();
    }

    @Test
    void bytesOfJobsWithoutALeaseStayCounted() {
        test.enqueue(1, 2, 3);
        var claim = test.claim(2);
        test.redis().zrem(test.keys.claims, claim.id().getBytes(UTF_8));
        assertMends(new Stray(0, Kind.LIST, claim.id()));
        assertThat(test.places()).isEqualTo("ready 3, suspect 1 2, accepted=3");
    }

    @Test
    void bytesOfManyJobsAreTakenAsTheyAreCounted() {
        for (int i = 0; i < 1_001; i++) {
            test.enqueue(i);
        }
        test.redis().hincrby(test.keys.counts, "bytes", 1);
        assertThat(queue.audit().strays()).isEmpty();
        test.done(test.claim(1));
        assertThat(queue.audit().strays()).containsExactly(new Stray(0, Kind.COUNT, "bytes"));
    }

    @Test
    void moreStraysThanOneScriptJudgesAreAllNamedAndMended() {
        IntStream.range(0, 2_345).forEach(i -> test.redis().zadd(test.keys.deadAt, i, ("j" + i).getBytes(UTF_8)));
        test.redis().hset(test.keys.counts, "dead", "7".getBytes(UTF_8));
        assertThat(queue.audit().strays()).hasSize(2_346).doesNotHaveDuplicates();
        queue.repair();
        assertThat(queue.audit().strays()).isEmpty();
    }

    @Test
    void whatOnePartitionLacksAnotherDoesNotMakeUpFor() {
        test = services.newQueue(QueueServices.options().withPartitions(2));
        test.redis().hincrby(new QueueKeys(test.prefix, 0).counts, "accepted", 1);
        test.redis().lpush(new QueueKeys(test.prefix, 1).ready, "x\n{}\n".getBytes(UTF_8));
        test.redis().hincrby(new QueueKeys(test.prefix, 1).counts, "bytes", 5);
        var audit = test.queue.audit();
        assertThat(audit.partitions()).hasSize(2);
        assertThat(audit.missing()).isEqualTo(2);
        assertThat(audit.isClean()).isFalse();
    }

    @Test
    void strayListsOfOtherPartitionsAndQueuesAreNotTakenForOnesOwn() {
        test = services.newQueue(QueueServices.options().withPartitions(12));
        test.queue.partitions();
        var other = services.newQueue();
        other.redis().lpush(other.keys.claim("theirs"), "x".getBytes(UTF_8));
        test.redis().lpush(new QueueKeys(test.prefix, 11).claim("ours"), "x".getBytes(UTF_8));
        assertThat(test.queue.audit().strays())
                .containsExactly(new Stray(11, Kind.LIST, "ours"), new Stray(11, Kind.COUNT, "bytes"));
    }

    /** An audit names it and changes nothing, a repair takes it away, and a second one finds nothing. */
    private void assertMends(Stray... strays) {
        var before = test.dump();
        assertThat(queue.audit().strays()).containsExactly(strays);
        assertThat(test.dump()).isEqualTo(before);
        assertThat(queue.repair().strays()).containsExactly(strays);
        var mended = test.dump();
        assertThat(queue.repair().strays()).isEmpty();
        assertThat(test.dump()).isEqualTo(mended);
        assertThat(queue.audit().strays()).isEmpty();
    }
}
