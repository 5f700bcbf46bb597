package dev.freshet.ingest;

import dev.freshet.ingest.Spillway.Spilled;
import dev.freshet.model.Job;
import dev.freshet.queue.Enqueued;
import dev.freshet.queue.JobQueue;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.Silence;
import dev.freshet.settings.SettingException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Makes a delivery durable: in the queue, and while the queue's Redis is away, silent or not to be trusted, in the spill.
 * A call that was given up may still reach the queue; then there is a copy in both, of which one is dropped when the spill
 * is drained. A queue at its bound is no outage: who sends must slow down, and the spill would only hide that.
 */
final class Store {
    private static final Logger log = LoggerFactory.getLogger(Store.class);
    /** Without anything spilled for so long the queue counts as well again. */
    private static final Duration CALM = Duration.ofSeconds(5);

    /** Where a delivery is now. */
    enum Kept {
        /** In the queue. */
        QUEUED,
        /** Where it was before, known to the queue. */
        DUPLICATE,
        /** In the spill only, as far as is known. */
        SPILLED,
        /** Where it was before, known to PostgreSQL. */
        SPILLED_BEFORE,
        /** In the queue, and in the spill until enough replicas have it. */
        BOTH,
        /** Nowhere: the queue is at its bound. */
        FULL,
        /** Nowhere: the queue is away, and the spill at its bound. */
        SPILL_FULL,
        /** Nowhere as far as is known. */
        NOWHERE
    }

    /** The way past the queue. */
    record Past(Spillway spillway, Silence silence, Patience patience) {}

    private final JobQueue queue;
    private final QueueGuard guard;
    private final @Nullable Past past;
    /** When something was spilled last, in nanoseconds of this JVM; 0 while all is well. */
    private final AtomicLong spilledAt = new AtomicLong();

    /** @param past empty when there is no spill */
    Store(JobQueue queue, QueueGuard guard, Optional<Past> past) {
        this.queue = queue;
        this.guard = guard;
        this.past = past.orElse(null);
    }

    /**
     * Never fails.
     *
     * @param enqueue puts the job into the queue
     * @param spilled how it is kept in the spill, should it come to that
     */
    CompletionStage<Kept> keep(Job job, Supplier<CompletionStage<Enqueued>> enqueue, Supplier<Job> spilled) {
        return past == null
                ? attempt(enqueue).thenApply(Store::inQueue).exceptionally(Store::nowhere)
                : keep(past, job, enqueue, spilled);
    }

    private CompletionStage<Kept> keep(
            Past way, Job job, Supplier<CompletionStage<Enqueued>> enqueue, Supplier<Job> spilled) {
        var key = queue.keyOf(job.id());
        try {
            if (way.silence.covers(key)) {
                return offer(way, spilled.get()).thenApply(Store::inSpill);
            }
        } catch (RuntimeException e) {
            return spill(way, spilled.get(), e);
        }
        return way.patience
                .limit(attempt(enqueue))
                .handle((enqueued, error) -> {
                    if (error != null) {
                        way.silence.note(key, error);
                        return spill(way, spilled.get(), error);
                    }
                    return enqueued == Enqueued.AT_RISK ? keepBoth(way, spilled.get()) : queued(enqueued);
                })
                .thenCompose(kept -> kept);
    }

    private CompletableFuture<Enqueued> attempt(Supplier<CompletionStage<Enqueued>> enqueue) {
        try {
            guard.check();
            return enqueue.get().toCompletableFuture();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletionStage<Kept> queued(Enqueued enqueued) {
        long last = spilledAt.get();
        if (last != 0 && System.nanoTime() - last > CALM.toNanos() && spilledAt.compareAndSet(last, 0)) {
            log.info("spilling ended");
        }
        return CompletableFuture.completedStage(inQueue(enqueued));
    }

    private CompletionStage<Kept> spill(Past way, Job job, Throwable error) {
        if (isFirst()) {
            log.atLevel(isOutage(error) ? Level.WARN : Level.ERROR).log("spilling cause={}", reason(error));
        }
        return offer(way, job).thenApply(Store::inSpill);
    }

    private CompletionStage<Kept> keepBoth(Past way, Job job) {
        if (isFirst()) {
            log.warn("spilling cause=too few replicas have what is in the queue");
        }
        return offer(way, job).thenApply(outcome -> switch (outcome) {
            case STORED, DUPLICATE -> Kept.BOTH;
            case FULL -> Kept.SPILL_FULL;
            case AWAY -> Kept.NOWHERE;
        });
    }

    private boolean isFirst() {
        return spilledAt.compareAndSet(0, System.nanoTime());
    }

    private CompletionStage<Spilled> offer(Past way, Job job) {
        spilledAt.set(System.nanoTime());
        return way.spillway.offer(job);
    }

    private static Kept inQueue(Enqueued enqueued) {
        return switch (enqueued) {
            case ACCEPTED -> Kept.QUEUED;
            case DUPLICATE -> Kept.DUPLICATE;
            case FULL -> Kept.FULL;
            case AT_RISK -> Kept.NOWHERE;
        };
    }

    private static Kept inSpill(Spilled spilled) {
        return switch (spilled) {
            case STORED -> Kept.SPILLED;
            case DUPLICATE -> Kept.SPILLED_BEFORE;
            case FULL -> Kept.SPILL_FULL;
            case AWAY -> Kept.NOWHERE;
        };
    }

    private static Kept nowhere(Throwable failure) {
        var error = cause(failure);
        if (error instanceof SettingException) {
            log.error("enqueue refused cause={}", error.getMessage());
        } else if (!RedisServer.isOutage(error)) {
            log.error("enqueue failed", error);
        }
        return Kept.NOWHERE;
    }

    private static boolean isOutage(Throwable error) {
        return error instanceof TimeoutException || RedisServer.isOutage(cause(error));
    }

    private static String reason(Throwable error) {
        return error instanceof TimeoutException
                ? "the queue's redis did not answer in time"
                : String.valueOf(cause(error).getMessage());
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
