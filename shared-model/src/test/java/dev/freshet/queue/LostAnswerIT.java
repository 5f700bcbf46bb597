package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.FAILED;
import static dev.freshet.queue.TestQueue.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The connection breaks after Redis did what was asked and before its answer arrives. */
class LostAnswerIT {
    private CuttingProxy proxy;
    private QueueServices services;
    private TestQueue test;
    private JobQueue queue;

    @BeforeEach
    void connectThroughTheProxy() {
        proxy = CuttingProxy.before(TestServices.shared().queueUrl());
        services = new QueueServices(proxy.url());
        learnScripts();
        test = services.newQueue();
        queue = test.queue;
        queue.partitions(); // now, so that the answer that gets lost is not this one
    }

    @AfterEach
    void disconnect() {
        services.close();
        proxy.close();
    }

    @Test
    void anEnqueuedJobIsThereOnceAndTheCallerLearnsThatItIs() {
        proxy.cutNextAnswer();
        assertThat(test.enqueue(job(1))).isEqualTo(Enqueued.DUPLICATE);
        assertThat(proxy.hasCut()).isTrue();
        assertThat(test.places()).isEqualTo("ready 1, accepted=1");
    }

    @Test
    void ofManyEnqueuesInFlightEachAnsweredOneIsThereOnce() {
        proxy.cutNextAnswer();
        var calls = new LinkedHashMap<String, CompletableFuture<Enqueued>>();
        for (int i = 1; i <= 1_000; i++) {
            calls.put(String.valueOf(i), queue.enqueue(job(i)).toCompletableFuture());
        }
        await().until(() -> calls.values().stream().allMatch(CompletableFuture::isDone));
        assertThat(proxy.hasCut()).isTrue();
        calls.values().removeIf(CompletableFuture::isCompletedExceptionally); // called while there was no connection
        assertThat(calls).isNotEmpty();
        assertThat(test.ids().get("ready")).containsExactlyInAnyOrderElementsOf(calls.keySet());
        assertThat(queue.status().missing()).isZero();
    }

    @Test
    void aClaimIsInHandAllTheSame() {
        test.enqueue(1, 2, 3);
        proxy.cutNextAnswer();
        var claim = test.claim(2);
        assertThat(proxy.hasCut()).isTrue();
        assertThat(claim.jobs()).containsExactly(job(1), job(2));
        assertThat(test.places()).isEqualTo("ready 3, claimed 1 2, accepted=3");
        assertThat(test.done(claim)).isEqualTo(new Settled(2, 0, 0));
    }

    @Test
    void aSettledClaimIsSettledOnce() {
        test.enqueue(1, 2, 3);
        var claim = test.claim(3);
        proxy.cutNextAnswer();
        var retry = new Verdict.Retry(claim.jobs().getFirst(), FAILED, Duration.ZERO);
        assertThat(queue.settle(claim, List.of(retry), Map.of("applied", 2L)).isLost())
                .isTrue();
        assertThat(proxy.hasCut()).isTrue();
        assertThat(test.places()).isEqualTo("retry 1, accepted=3, applied=2, done=2");
    }

    @Test
    void replayedLettersAreOnTheirWayOnce() {
        test.enqueueDead(job(1));
        test.letters.find("1");
        proxy.cutNextAnswer();
        test.letters.replay(List.of("1"), 100);
        assertThat(proxy.hasCut()).isTrue();
        assertThat(test.places()).isEqualTo("replay 1, accepted=1");
    }

    @Test
    void whereThereIsNoConnectionTheCallFailsAtOnceAndNothingIsKept() {
        test.enqueue(1);
        proxy.cut(); // and keeps its port, which somebody else might take
        await().until(() -> !services.server.isConnected());
        assertThatThrownBy(() -> test.enqueue(job(2))).isInstanceOf(RedisException.class);
        assertThat(test.ids().get("ready")).containsExactly("1");
    }

    /** So that the answer that gets lost is the script's, and not that it has to be sent in full. */
    private void learnScripts() {
        var first = services.newQueue();
        first.enqueue(1);
        first.done(first.claim(1));
        first.enqueueDead(job(2));
        first.letters.replay(List.of("2"), 100);
        first.queue.status();
    }
}
