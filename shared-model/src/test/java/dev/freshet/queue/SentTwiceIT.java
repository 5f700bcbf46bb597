package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.FAILED;
import static dev.freshet.queue.TestQueue.LEASE;
import static dev.freshet.queue.TestQueue.RECEIVED;
import static dev.freshet.queue.TestQueue.awaitedJob;
import static dev.freshet.queue.TestQueue.job;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.redis.RedisSession;
import dev.freshet.redis.ScriptRunner;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every call here is done twice, as after a connection that broke before the answer, and the caller gets the second
 * answer. The runner itself checks that the second time changes nothing.
 */
class SentTwiceIT {
    @RegisterExtension
    static final QueueServices services = new QueueServices();

    private TestQueue test;
    private JobQueue queue;

    @BeforeEach
    void newQueue() {
        test = services.newQueue(QueueServices.options(), new Twice());
        queue = test.queue;
        queue.partitions(); // asked now: asked later, it would go on upon the thread that reads answers, and wait there
    }

    @Test
    void enqueueSaysDuplicateAndTheJobIsThereOnce() {
        assertThat(test.enqueue(awaitedJob(1))).isEqualTo(Enqueued.DUPLICATE);
        assertThat(test.places()).isEqualTo("ready 1, awaited {1=queued}, accepted=1");
    }

    @Test
    void enqueueDeadSaysDuplicateAndTheLetterIsThereOnce() {
        assertThat(test.enqueueDead(job(1))).isEqualTo(Enqueued.DUPLICATE);
        assertThat(test.places()).isEqualTo("dead 1, accepted=1, dead=1");
    }

    @Test
    void claimGivesTheSameJobsAgain() {
        enqueue(3);
        assertThat(test.claim(2).jobs()).containsExactly(job(1), job(2));
        assertThat(test.places()).isEqualTo("ready 3, claimed 1 2, accepted=3");
    }

    @Test
    void claimGivesTheSameSuspectAgain() {
        enqueue(3);
        test.claim(2);
        test.crash();
        var alone = test.claim(2);
        assertThat(alone.jobs()).containsExactly(job(1));
        assertThat(alone.suspect()).isTrue();
        assertThat(test.places()).isEqualTo("ready 3, claimed 1, suspect 2, crashes {1=1, 2=1}, accepted=3");
    }

    @Test
    void settleSaysLostAndHasDoneAllOnce() {
        enqueue(3);
        var claim = test.claim(3);
        var verdicts = List.<Verdict>of(
                new Verdict.Retry(claim.jobs().get(0), FAILED, Duration.ZERO),
                new Verdict.Bury(claim.jobs().get(1), FAILED));
        assertThat(queue.settle(claim, verdicts, Map.of("applied", 1L))).isEqualTo(Settled.LOST);
        assertThat(test.places()).isEqualTo("retry 1, dead 2, accepted=3, applied=1, dead=1, done=1");
    }

    @Test
    void unclaimSaysNoAndTheJobsAreBackInOrder() {
        enqueue(3);
        assertThat(queue.unclaim(test.claim(2))).isFalse();
        assertThat(test.places()).isEqualTo("ready 1 2 3, accepted=3");
    }

    @Test
    void renewHoldsTheClaim() {
        enqueue(1);
        var claim = test.claim(1);
        test.later(Duration.ofSeconds(20));
        assertThat(queue.renew(claim, LEASE)).isTrue();
        test.later(Duration.ofSeconds(40));
        assertThat(queue.tick(1).expired()).isEmpty();
    }

    @Test
    void reapCountsOneCrashAndBuriesOnce() {
        enqueue(1);
        for (int crash = 1; crash <= 2; crash++) {
            test.claim(1);
            assertThat(test.crash()).isZero();
            assertThat(test.places()).isEqualTo("suspect 1, crashes {1=" + crash + "}, accepted=1");
        }
        test.claim(1);
        test.crash();
        assertThat(test.places()).isEqualTo("dead 1, accepted=1, dead=1");
    }

    @Test
    void reapCountsOneCrashForEachJobOfAClaim() {
        enqueue(2);
        test.claim(2);
        assertThat(test.crash()).isZero();
        assertThat(test.places()).isEqualTo("suspect 1 2, crashes {1=1, 2=1}, accepted=2");
    }

    @Test
    void releaseMovesWhatIsDueOnce() {
        enqueue(2);
        var claim = test.claim(2);
        queue.settle(claim, List.of(new Verdict.Retry(claim.jobs().getFirst(), FAILED, LEASE)), Map.of());
        test.later(LEASE.plusSeconds(1));
        assertThat(queue.tick(10).retries()).isZero();
        assertThat(test.places()).isEqualTo("ready 1, accepted=2, done=1");
    }

    @Test
    void replayAndItsReleaseMoveALetterOnceAndAtTheirPace() {
        test.enqueueDead(job(1));
        test.enqueueDead(job(2));
        assertThat(test.letters.replay(List.of("1", "2"), 1)).isZero();
        assertThat(test.places()).isEqualTo("replay 1 2, accepted=2");
        assertThat(queue.tick(10).replays()).isZero();
        assertThat(test.places()).isEqualTo("ready 1, replay 2, accepted=2");
    }

    @Test
    void discardCountsOnce() {
        test.enqueueDead(job(1));
        assertThat(test.letters.discard(List.of("1"))).isZero();
        assertThat(test.places()).isEqualTo("accepted=1, discarded=1");
    }

    @Test
    void pauseResumeAndBeatsAreAsGivenLast() {
        queue.pause("why");
        assertThat(queue.paused()).contains("why");
        queue.resume();
        assertThat(queue.paused()).isEmpty();
        var beat = new WorkerBeat("w", "h", 1, RECEIVED, RECEIVED, 0, 0, Optional.empty());
        queue.beat(beat);
        assertThat(queue.workers()).containsExactly(beat);
        queue.forget("w");
        assertThat(queue.workers()).isEmpty();
        assertThat(test.dump()).isEmpty();
    }

    private void enqueue(int jobs) {
        for (int i = 1; i <= jobs; i++) {
            test.enqueue(job(i));
        }
    }

    private final class Twice extends ScriptRunner {
        Twice() {
            super(services.server);
        }

        @Override
        public <T> CompletionStage<T> sendInSession(String key, Function<RedisSession, CompletionStage<T>> call) {
            await(super.sendInSession(key, call));
            var once = withoutStamps(test.dump());
            T second = await(super.sendInSession(key, call));
            assertThat(withoutStamps(test.dump())).isEqualTo(once);
            return CompletableFuture.completedStage(second);
        }

        /** A renewal and a beat count from the moment they arrive, also the second time. */
        private Map<String, String> withoutStamps(Map<String, String> dump) {
            for (var key : List.of(test.keys.claims, test.keys.workersAt)) {
                dump.computeIfPresent(key, (name, members) -> members.replaceAll("@\\d+", ""));
            }
            return dump;
        }
    }
}
