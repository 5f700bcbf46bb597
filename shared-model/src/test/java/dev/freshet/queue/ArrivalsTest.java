package dev.freshet.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.model.Job;
import io.lettuce.core.RedisCommandTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private static final Duration PATIENCE = Duration.ofHours(1);

    private record Sent(int jobs, CompletableFuture<List<Enqueued>> answer, Runnable answered) {
        void answer(Enqueued outcome) {
            answer.complete(Collections.nCopies(jobs, outcome));
        }
    }

    private final List<Sent> calls = new ArrayList<>();
    private final Arrivals arrivals = new Arrivals(this::call, PATIENCE);

    private CompletionStage<List<Enqueued>> call(List<Newcomer> newcomers, Runnable answered) {
        var sent = new Sent(newcomers.size(), new CompletableFuture<>(), answered);
        calls.add(sent);
        return sent.answer;
    }

    private CompletableFuture<Enqueued> arrive(int id, int bytes) {
        return arrivals.enqueue(
                Newcomer.of(Job.first("main:topic:" + id, "main", "topic", Instant.EPOCH, false, "", new byte[bytes])));
    }

    private List<CompletableFuture<Enqueued>> arrive(int jobs) {
        return IntStream.range(0, jobs).mapToObj(id -> arrive(id, 10)).toList();
    }

    @Test
    void whoComesAloneIsSentAtOnce() {
        var outcome = arrive(1, 10);
        assertThat(calls).hasSize(1);
        calls.getFirst().answer(Enqueued.DUPLICATE);
        assertThat(outcome).isCompletedWithValue(Enqueued.DUPLICATE);
    }

    @Test
    void whoComesWhileCallsAreUnderWaySharesTheNextOne() {
        var outcomes = arrive(Arrivals.CALLS + 7);
        assertThat(calls).hasSize(Arrivals.CALLS).allMatch(call -> call.jobs() == 1);
        calls.getFirst().answer(Enqueued.ACCEPTED);
        assertThat(calls).hasSize(Arrivals.CALLS + 1);
        assertThat(calls.getLast().jobs()).isEqualTo(7);
        calls.getLast().answer(Enqueued.FULL);
        assertThat(outcomes.subList(Arrivals.CALLS, outcomes.size()))
                .allMatch(outcome -> outcome.join() == Enqueued.FULL);
    }

    @Test
    void replicasHoldUpNobodyElse() {
        var outcomes = arrive(Arrivals.CALLS + 1);
        calls.getFirst().answered().run();
        assertThat(calls).hasSize(Arrivals.CALLS + 1);
        assertThat(outcomes.getFirst()).isNotDone();
        calls.getFirst().answer(Enqueued.ACCEPTED);
        assertThat(outcomes.getFirst()).isCompletedWithValue(Enqueued.ACCEPTED);
        arrive(1);
        assertThat(calls).hasSize(Arrivals.CALLS + 1);
    }

    @Test
    void aCallIsNeitherTooLongNorTooLarge() {
        arrive(Arrivals.CALLS);
        arrive(Arrivals.MAX_JOBS + 1);
        calls.getFirst().answer(Enqueued.ACCEPTED);
        assertThat(calls.getLast().jobs()).isEqualTo(Arrivals.MAX_JOBS);
        var large = IntStream.range(0, 3)
                .mapToObj(id -> arrive(id, Arrivals.ENOUGH_BYTES))
                .toList();
        assertThat(large).noneMatch(CompletableFuture::isDone);
        calls.getLast().answer(Enqueued.ACCEPTED);
        assertThat(calls.getLast().jobs()).isEqualTo(2); // what was left over, and a large one
    }

    @Test
    void whatWasGivenUpBeforeItWasSentIsNotSent() {
        var outcomes = arrive(Arrivals.CALLS + 2);
        outcomes.get(Arrivals.CALLS).cancel(false);
        calls.getFirst().answer(Enqueued.ACCEPTED);
        assertThat(calls.getLast().jobs()).isEqualTo(1);
        arrivals.enqueue(Newcomer.of(Job.first("id", "main", "topic", Instant.EPOCH, false, "", new byte[1])))
                .cancel(false);
        calls.getLast().answer(Enqueued.ACCEPTED);
        int before = calls.size();
        calls.get(1).answer(Enqueued.ACCEPTED);
        assertThat(calls).hasSize(before);
        arrive(1);
        assertThat(calls).hasSize(before + 1);
    }

    @Test
    void whatWaitedTooLongIsNotSent() {
        var late = new Arrivals(this::call, Duration.ofNanos(-1));
        var outcome =
                late.enqueue(Newcomer.of(Job.first("id", "main", "topic", Instant.EPOCH, false, "", new byte[1])));
        assertThatThrownBy(outcome::join).hasCauseInstanceOf(RedisCommandTimeoutException.class);
        assertThat(calls).isEmpty();
    }

    @Test
    void aCallThatFailsFailsForItsOwnJobsOnly() {
        var outcomes = arrive(Arrivals.CALLS + 1);
        calls.getFirst().answer().completeExceptionally(new IllegalStateException("away"));
        assertThatThrownBy(outcomes.getFirst()::join).hasRootCauseMessage("away");
        calls.getLast().answer(Enqueued.ACCEPTED);
        assertThat(outcomes.getLast()).isCompletedWithValue(Enqueued.ACCEPTED);
    }

    @Test
    void aCallThatCannotBeMadeFailsToo() {
        var broken = new Arrivals(
                (newcomers, answered) -> {
                    throw new IllegalStateException("no session");
                },
                PATIENCE);
        for (int i = 0; i < 10; i++) {
            var newcomer = Newcomer.of(Job.first("id", "main", "topic", Instant.EPOCH, false, "", new byte[1]));
            assertThatThrownBy(broken.enqueue(newcomer)::join).hasRootCauseMessage("no session");
        }
    }

    @Test
    void nobodyIsForgottenHoweverManyComeAtOnce() throws Exception {
        var sent = new AtomicInteger();
        try (var redis = Executors.newFixedThreadPool(2);
                var senders = Executors.newFixedThreadPool(4)) {
            var busy = new Arrivals(
                    (newcomers, answered) -> CompletableFuture.supplyAsync(
                            () -> {
                                sent.addAndGet(newcomers.size());
                                return Collections.nCopies(newcomers.size(), Enqueued.ACCEPTED);
                            },
                            redis),
                    PATIENCE);
            var newcomer = Newcomer.of(Job.first("id", "main", "topic", Instant.EPOCH, false, "", new byte[1]));
            Callable<List<CompletableFuture<Enqueued>>> sender = () -> IntStream.range(0, 2_000)
                    .mapToObj(i -> busy.enqueue(newcomer))
                    .toList();
            for (var some : senders.invokeAll(Collections.nCopies(4, sender))) {
                for (var outcome : some.get()) {
                    assertThat(outcome.join()).isEqualTo(Enqueued.ACCEPTED);
                }
            }
        }
        assertThat(sent).hasValue(8_000);
    }
}
