package dev.freshet.ingest;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * Gives up what takes too long. All are waited for equally long, so that one look at the oldest now and then does instead of
 * a timer for each; somebody may therefore wait an eighth longer.
 */
final class Patience implements AutoCloseable {
    private static final Duration LEAST_PAUSE = Duration.ofMillis(1);

    private record Waiting(CompletableFuture<?> answer, long deadline) {
        boolean isOver() {
            return answer.isDone() || System.nanoTime() - deadline >= 0;
        }
    }

    private final Duration longest;
    private final Duration pause;
    private final Queue<Waiting> oldestFirst = new ConcurrentLinkedQueue<>();
    /** The only guard against a silent Redis; it does not wait for a processor that virtual threads have. */
    private final Thread looking;

    private volatile boolean isIdle;
    private volatile boolean closed;

    Patience(Duration longest) {
        this.longest = longest;
        var eighth = longest.dividedBy(8);
        this.pause = eighth.compareTo(LEAST_PAUSE) < 0 ? LEAST_PAUSE : eighth;
        this.looking = Thread.ofPlatform().daemon().name("patience").start(this::run);
    }

    /** The same answer, that fails with {@link TimeoutException} when it does not come in time. */
    <T> CompletableFuture<T> limit(CompletableFuture<T> answer) {
        if (closed) {
            answer.completeExceptionally(new TimeoutException());
        } else if (!answer.isDone()) {
            oldestFirst.add(new Waiting(answer, System.nanoTime() + longest.toNanos()));
            if (isIdle) { // it looks once more after it said so
                LockSupport.unpark(looking);
            }
        }
        return answer;
    }

    private void run() {
        while (!closed) {
            if (oldestFirst.isEmpty()) {
                isIdle = true;
                if (oldestFirst.isEmpty()) {
                    LockSupport.park(this);
                }
                isIdle = false;
            } else {
                LockSupport.parkNanos(this, pause.toNanos());
                giveUp(false);
            }
        }
        giveUp(true);
    }

    private void giveUp(boolean all) {
        for (var oldest = oldestFirst.peek(); oldest != null && (all || oldest.isOver()); oldest = oldestFirst.peek()) {
            oldestFirst.remove();
            oldest.answer.completeExceptionally(new TimeoutException());
        }
    }

    /** Gives up what is still waited for. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(looking);
    }
}
