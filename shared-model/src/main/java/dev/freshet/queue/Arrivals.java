package dev.freshet.queue;

import io.lettuce.core.RedisCommandTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Lets jobs that arrive while a call is under way share the next one. Who comes alone waits for nobody, and the more there
 * is to do, the larger the calls become and the less each job costs.
 */
final class Arrivals {
    /** Under way at a time: with the second one Redis has something to do while the answers to the first are told. */
    static final int CALLS = 2;

    static final int MAX_JOBS = 250;
    /** A call ends after so many bytes, give or take a job. */
    static final int ENOUGH_BYTES = 1 << 20;

    /** What puts jobs into the queue. */
    @FunctionalInterface
    interface Call {
        /**
         * @param answered to be run when the next call may follow
         * @return what became of each, in the same order
         */
        CompletionStage<List<Enqueued>> enqueue(List<Newcomer> newcomers, Runnable answered);
    }

    private record Waiting(Newcomer newcomer, CompletableFuture<Enqueued> outcome, long since) {
        long age() {
            return System.nanoTime() - since;
        }
    }

    private final Call call;
    private final Duration patience;
    private final Queue<Waiting> arrivals = new ConcurrentLinkedQueue<>();
    private final Semaphore calls = new Semaphore(CALLS);

    /** @param patience how long a job may wait for its call; with Redis hanging, longer than a call waits for its answer */
    Arrivals(Call call, Duration patience) {
        this.call = call;
        this.patience = patience;
    }

    /**
     * Waits for nothing. What was given up before it was sent, because its answer is complete, is not sent; nor is what
     * waited for too long, which fails with {@link RedisCommandTimeoutException}.
     */
    CompletableFuture<Enqueued> enqueue(Newcomer newcomer) {
        var waiting = new Waiting(newcomer, new CompletableFuture<>(), System.nanoTime());
        arrivals.add(waiting);
        sendAll();
        return waiting.outcome;
    }

    /** Whoever adds looks for a free call after it, and whoever frees one looks for arrivals after it: none is forgotten. */
    private void sendAll() {
        while (!arrivals.isEmpty() && calls.tryAcquire()) {
            send(next());
        }
    }

    private List<Waiting> next() {
        var batch = new ArrayList<Waiting>();
        int bytes = 0;
        while (batch.size() < MAX_JOBS && bytes < ENOUGH_BYTES) {
            var waiting = arrivals.poll();
            if (waiting == null) {
                break;
            }
            if (waiting.age() > patience.toNanos()) {
                waiting.outcome.completeExceptionally(new RedisCommandTimeoutException("redis did not answer in time"));
            } else if (!waiting.outcome.isDone()) {
                batch.add(waiting);
                bytes += waiting.newcomer.job().length;
            }
        }
        return batch;
    }

    private void send(List<Waiting> batch) {
        var isUnderWay = new AtomicBoolean(true);
        Runnable answered = () -> {
            if (isUnderWay.compareAndSet(true, false)) {
                calls.release();
                sendAll();
            }
        };
        if (batch.isEmpty()) {
            answered.run();
            return;
        }
        var newcomers = batch.stream().map(Waiting::newcomer).toList();
        call(newcomers, answered).whenComplete((outcomes, error) -> {
            answered.run();
            for (int i = 0; i < batch.size(); i++) {
                var outcome = batch.get(i).outcome;
                if (error == null) {
                    outcome.complete(outcomes.get(i));
                } else {
                    outcome.completeExceptionally(error);
                }
            }
        });
    }

    private CompletionStage<List<Enqueued>> call(List<Newcomer> newcomers, Runnable answered) {
        try {
            return call.enqueue(newcomers, answered);
        } catch (RuntimeException | Error e) { // an Error must not keep the place of a call for good
            return CompletableFuture.failedStage(e);
        }
    }
}
