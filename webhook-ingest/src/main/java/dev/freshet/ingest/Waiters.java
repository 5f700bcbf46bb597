package dev.freshet.ingest;

import dev.freshet.queue.Awaited;
import dev.freshet.queue.JobQueue;
import dev.freshet.redis.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;

/**
 * Those who want to be answered only once their change is applied. One loop asks the queue about all of them in one
 * call, every 10 ms after somebody came and less and less often after that; it sleeps while nobody waits.
 */
final class Waiters implements AutoCloseable {
    private static final int MAX_WAITING = 10_000;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
    private static final Duration LAST_PAUSE = Duration.ofMillis(100);
    /** An answer may block on its socket; it must not hold up the others. */
    private static final Executor ANSWERING =
            task -> Thread.ofVirtual().name("waiter").start(task);

    private record Waiter(String jobId, long deadline, CompletableFuture<Awaited> state) {}

    private final JobQueue queue;
    private final RedisServer server;
    private final Duration patience;
    private final BlockingQueue<Waiter> arrivals = new LinkedBlockingQueue<>();
    private final Semaphore places = new Semaphore(MAX_WAITING);
    private final List<Waiter> waiting = new ArrayList<>();
    private final Thread loop;
    private volatile boolean closed;

    /** @param patience how long anybody waits at most */
    Waiters(JobQueue queue, RedisServer server, Duration patience) {
        this.queue = queue;
        this.server = server;
        this.patience = patience;
        this.loop = Thread.ofVirtual().name("waiters").start(this::run);
    }

    /** Never fails; {@code QUEUED} when the wait ended first, which it does at once when too many wait already. */
    CompletableFuture<Awaited> await(String jobId) {
        if (closed || !places.tryAcquire()) {
            return CompletableFuture.completedFuture(Awaited.QUEUED);
        }
        var waiter = new Waiter(jobId, System.nanoTime() + patience.toNanos(), new CompletableFuture<>());
        arrivals.add(waiter);
        if (closed) { // perhaps after the last look at the arrivals
            waiter.state().complete(Awaited.QUEUED);
        }
        return waiter.state();
    }

    /** How many wait now. */
    int count() {
        return MAX_WAITING - places.availablePermits();
    }

    private void run() {
        var pause = FIRST_PAUSE;
        try {
            while (!closed) {
                if (waiting.isEmpty()) {
                    waiting.add(arrivals.take());
                    pause = FIRST_PAUSE;
                }
                if (arrivals.drainTo(waiting) > 0) {
                    pause = FIRST_PAUSE;
                }
                runOnce();
                Thread.sleep(pause);
                pause = longer(pause);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks once about all who wait and answers those who need not wait on. */
    private void runOnce() {
        var states = states();
        long now = System.nanoTime();
        for (Iterator<Waiter> rest = waiting.iterator(); rest.hasNext(); ) {
            var waiter = rest.next();
            var state = states.getOrDefault(waiter.jobId(), Awaited.QUEUED);
            if (state != Awaited.QUEUED || now - waiter.deadline() >= 0) {
                rest.remove();
                places.release();
                waiter.state().completeAsync(() -> state, ANSWERING);
            }
        }
    }

    /** Nothing is known while Redis is away; they wait on. */
    private Map<String, Awaited> states() {
        try {
            var ids = waiting.stream().map(Waiter::jobId).distinct().toList();
            return server.await(queue.awaited(ids));
        } catch (RuntimeException e) {
            return Map.of();
        }
    }

    private static Duration longer(Duration pause) {
        var next = pause.multipliedBy(3).dividedBy(2);
        return next.compareTo(LAST_PAUSE) > 0 ? LAST_PAUSE : next;
    }

    /** Answers everybody at once: what they sent is durable. */
    @Override
    public void close() {
        closed = true;
        loop.interrupt();
        try {
            loop.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        arrivals.drainTo(waiting);
        waiting.forEach(waiter -> waiter.state().complete(Awaited.QUEUED));
    }
}
