package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.FAILED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.redis.RedisSession;
import dev.freshet.redis.ScriptRunner;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The network delivers a copy of a claim after its lease was reaped, so that the claim's name stands for other jobs than
 * the worker that chose it has in hand.
 */
class LateCallIT {
    @RegisterExtension
    static final QueueServices services = new QueueServices();

    private Recorder recorder;
    private TestQueue test;

    @BeforeEach
    void newQueue() {
        recorder = new Recorder();
        test = services.newQueue(QueueServices.options(), recorder);
        test.queue.partitions(); // asked now, so that the last call is never this one
    }

    @Test
    void aWorkerCannotAckJobsThatItNeverSaw() {
        test.enqueue(1, 2, 3);
        var stale = test.claim(2);
        var copy = recorder.last();
        test.crash();
        test.done(test.claim(1));
        test.done(test.claim(1));
        copy.run();
        assertThat(test.places()).isEqualTo("claimed 3, accepted=3, done=2");
        assertThat(test.done(stale)).isEqualTo(Settled.LOST);
        assertThat(test.queue.unclaim(stale)).isFalse();
        assertThat(test.places()).isEqualTo("claimed 3, accepted=3, done=2");
    }

    @Test
    void aWorkerCannotRetryOrBuryAJobThatIsSomewhereElseByNow() {
        test.enqueue(1, 2, 3);
        var stale = test.claim(3);
        var copy = recorder.last();
        test.crash();
        copy.run();
        assertThat(test.places()).isEqualTo("claimed 1, suspect 2 3, crashes {1=1, 2=1, 3=1}, accepted=3");
        var verdicts = List.<Verdict>of(
                new Verdict.Retry(stale.jobs().get(1), FAILED, Duration.ZERO),
                new Verdict.Bury(stale.jobs().get(2), FAILED));
        assertThat(test.queue.settle(stale, verdicts, Map.of())).isEqualTo(new Settled(1, 0, 0));
        assertThat(test.places()).isEqualTo("suspect 2 3, crashes {2=1, 3=1}, accepted=3, done=1");
    }

    private static final class Recorder extends ScriptRunner {
        private Runnable last = () -> {};

        Recorder() {
            super(services.server);
        }

        Runnable last() {
            return last;
        }

        @Override
        public <T> CompletionStage<T> sendInSession(String key, Function<RedisSession, CompletionStage<T>> call) {
            last = () -> await(super.sendInSession(key, call));
            return super.sendInSession(key, call);
        }
    }
}
