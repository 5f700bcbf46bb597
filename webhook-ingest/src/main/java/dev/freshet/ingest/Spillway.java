package dev.freshet.ingest;

import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import dev.freshet.db.Spill;
import dev.freshet.model.Job;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes deliveries to the spill. An outage brings many at once: one writer takes what gathered while its last statement
 * was under way and stores it with the next. Whoever waited too long is told so; the row may be stored all the same, which
 * is harmless.
 */
final class Spillway implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Spillway.class);
    private static final int MAX_WAITING = 10_000;
    /** While PostgreSQL stands still too, large ones must not take the memory of all. */
    private static final long MAX_WAITING_BYTES = 64L << 20;

    private static final int MAX_ROWS = 500;
    /** A statement ends after so many bytes, give or take a body. */
    private static final long ENOUGH_BYTES = 16L << 20;
    /** What a row is larger than its body, about. */
    private static final int OVERHEAD = 320;

    /** An answer may block on its socket; it must not hold up the others. */
    private static final Executor ANSWERING =
            task -> Thread.ofVirtual().name("spilled").start(task);

    /** What became of a delivery that was offered to the spill. */
    enum Spilled {
        /** It is there, durable. */
        STORED,
        /** It was accepted before, whatever became of it. */
        DUPLICATE,
        /** The spill is at its bound. */
        FULL,
        /** It could not be stored in time. */
        AWAY
    }

    private record Waiting(Job job, CompletableFuture<Spilled> outcome) {
        long size() {
            return job.body().length + (long) OVERHEAD;
        }
    }

    private final Spill spill;
    private final SpillLevel level;
    private final Duration patience;
    private final BlockingQueue<Waiting> arrivals = new LinkedBlockingQueue<>(MAX_WAITING);
    /** Of those in line. */
    private final AtomicLong waitingBytes = new AtomicLong();

    private final Counter spilled;
    private final Thread writer;
    private volatile boolean closed;

    /** @param patience how long anybody waits at most */
    Spillway(Spill spill, SpillLevel level, Duration patience, MeterRegistry meters) {
        this.spill = spill;
        this.level = level;
        this.patience = patience;
        this.spilled = Counter.builder("freshet.spilled")
                .description("deliveries that went to PostgreSQL, since the queue was away")
                .register(meters);
        this.writer = Thread.ofVirtual().name("spillway").start(this::run);
    }

    /** Never fails, and waits for nothing. */
    CompletableFuture<Spilled> offer(Job job) {
        if (level.isFull()) {
            return CompletableFuture.completedFuture(Spilled.FULL);
        }
        var waiting = new Waiting(job, new CompletableFuture<>());
        if (closed || !line(waiting)) {
            return CompletableFuture.completedFuture(Spilled.AWAY);
        }
        return waiting.outcome()
                .completeOnTimeout(Spilled.AWAY, patience.toMillis(), TimeUnit.MILLISECONDS)
                .thenApplyAsync(outcome -> outcome, ANSWERING);
    }

    /** Writes what waits no more; who waits is told by the end of their patience. */
    @Override
    public void close() {
        closed = true;
        writer.interrupt();
    }

    private boolean line(Waiting waiting) {
        boolean fits = waitingBytes.addAndGet(waiting.size()) <= MAX_WAITING_BYTES && arrivals.offer(waiting);
        if (!fits) {
            waitingBytes.addAndGet(-waiting.size());
        }
        return fits;
    }

    private void run() {
        try {
            while (!closed) {
                var gathered = gather(arrivals.take());
                if (!gathered.isEmpty()) {
                    store(gathered);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What is there now and still waited for, as much as one statement may store. */
    private List<Waiting> gather(Waiting first) {
        var gathered = new ArrayList<Waiting>();
        long size = 0;
        for (var next = first; next != null; next = arrivals.poll()) {
            waitingBytes.addAndGet(-next.size());
            if (!next.outcome().isDone()) {
                gathered.add(next);
                size += next.size();
            }
            if (gathered.size() == MAX_ROWS || size >= ENOUGH_BYTES) {
                break;
            }
        }
        return gathered;
    }

    /** What PostgreSQL refuses for one of them must not keep the others out: then each one is tried by itself. */
    private void store(List<Waiting> gathered) {
        try {
            var known = new HashSet<String>();
            var stored = spill.store(gathered.stream().map(Waiting::job).toList());
            gathered.forEach(waiting -> tell(waiting, stored, known));
        } catch (SQLException | RuntimeException e) {
            if (gathered.size() > 1 && Database.classify(e) != Failure.OUTAGE) {
                gathered.stream()
                        .filter(waiting -> !waiting.outcome().isDone())
                        .forEach(waiting -> store(List.of(waiting)));
                return;
            }
            level.failed(e);
            gathered.forEach(waiting -> waiting.outcome().complete(Spilled.AWAY));
            log.debug("spill failed deliveries={}", gathered.size(), e);
        }
    }

    private void tell(Waiting waiting, Set<String> stored, Set<String> told) {
        boolean isStored =
                stored.contains(waiting.job().id()) && told.add(waiting.job().id());
        if (isStored) {
            level.added(1, waiting.size());
            spilled.increment();
        }
        waiting.outcome().complete(isStored ? Spilled.STORED : Spilled.DUPLICATE);
    }
}
