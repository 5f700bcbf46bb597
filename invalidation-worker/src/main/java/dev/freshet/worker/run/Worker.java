package dev.freshet.worker.run;

import dev.freshet.catalog.Catalog;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.queue.Claim;
import dev.freshet.queue.ClaimResult;
import dev.freshet.queue.JobFormatException;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.Settled;
import dev.freshet.queue.Verdict;
import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.BatchUpdateException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes jobs and makes them take effect: apply, invalidate, owe, record, settle. Whatever step it dies in, doing all of them
 * again is correct. It is worse to lose a job than to run it twice.
 */
final class Worker implements AutoCloseable {
    /** How long an idle worker waits in Redis before it looks around; the ticker tells it of what does not wake it. */
    private static final Duration WAIT = Duration.ofSeconds(5);

    /** How soon it notices that a dependency is back. */
    private static final Duration LOOK = Duration.ofMillis(200);

    private static final Duration PAUSE = Duration.ofMillis(500);
    /** What batches that are broken off have to end in. */
    private static final Duration BREAK_OFF = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(Worker.class);

    private final String name;
    private final WorkerOptions options;
    private final Catalog catalog;
    private final JobQueue queue;
    private final Applier applier;
    private final Invalidator invalidator;
    private final Consumer<List<Through.Written>> through;
    private final Ledger ledger;
    private final Dependencies dependencies;
    private final MeterRegistry metrics;
    private final Clock clock;
    private final Semaphore lanes;
    private final Set<Claim> live = ConcurrentHashMap.newKeySet();
    private final AtomicLong done = new AtomicLong();
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean stopping;
    private @Nullable Thread loop;
    private @Nullable Thread waiting;

    /** @param through loads what was written, before whoever waits is answered */
    record Parts(
            JobQueue queue,
            Applier applier,
            Invalidator invalidator,
            Consumer<List<Through.Written>> through,
            Ledger ledger,
            Dependencies dependencies,
            MeterRegistry metrics) {}

    Worker(String name, WorkerOptions options, Catalog catalog, Parts parts, Clock clock) {
        this.name = name;
        this.options = options;
        this.catalog = catalog;
        this.queue = parts.queue;
        this.applier = parts.applier;
        this.invalidator = parts.invalidator;
        this.through = parts.through;
        this.ledger = parts.ledger;
        this.dependencies = parts.dependencies;
        this.metrics = parts.metrics;
        this.clock = clock;
        this.lanes = new Semaphore(options.lanes());
    }

    void start() {
        loop = Thread.ofVirtual().name("worker").start(this::run);
    }

    /** The claims being worked on now. */
    List<Claim> live() {
        return List.copyOf(live);
    }

    /** Jobs finished since the start: done, retried or buried. */
    long done() {
        return done.get();
    }

    /**
     * Claims once and works the claim off, if there was one.
     *
     * @return how many jobs it held
     */
    int runOnce() {
        return switch (queue.claim(options.batch(), options.lease())) {
            case Claim claim -> {
                process(claim);
                yield claim.jobs().size();
            }
            case ClaimResult.Nothing() -> 0;
            case ClaimResult.Paused(var reason) -> 0;
        };
    }

    /** Stops claiming, finishes what is claimed within the drain time, and gives the rest back. */
    @Override
    public void close() {
        long deadline = System.nanoTime() + options.drain().toNanos();
        stop();
        log.info("draining claims={}", live.size());
        try {
            if (loop != null) {
                loop.join(options.drain());
            }
            if (!lanes.tryAcquire(options.lanes(), deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                log.warn("drain deadline passed claims={}", live.size());
                executor.shutdownNow();
                executor.awaitTermination(BREAK_OFF.toMillis(), TimeUnit.MILLISECONDS);
                live.forEach(claim -> giveBack(claim, true));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            executor.shutdownNow();
        }
    }

    /** Wakes the loop where it waits; in a claim it must not be disturbed, since nobody would know what was claimed. */
    private synchronized void stop() {
        stopping = true;
        if (waiting != null) {
            waiting.interrupt();
        }
    }

    private void run() {
        while (!stopping) {
            try {
                if (dependencies.away().isPresent()) {
                    Thread.sleep(LOOK);
                } else if (awaitLane()) {
                    claimIntoLane();
                }
            } catch (InterruptedException e) {
                return;
            } catch (RedisException | JobFormatException e) {
                if (!stopping) {
                    log.warn("cannot claim cause={}", e.getMessage());
                    pause();
                }
            } catch (RuntimeException | Error e) { // also an Error must not end the loop while the process lives
                log.error("cannot claim", e);
                pause();
            }
        }
    }

    /** The lane frees itself, at once when nothing was claimed. */
    private void claimIntoLane() {
        boolean taken = false;
        try {
            if (stopping) {
                return;
            }
            switch (queue.claim(options.batch(), options.lease())) {
                case Claim claim -> taken = start(claim);
                case ClaimResult.Nothing() -> awaitWork();
                case ClaimResult.Paused(var reason) -> pause();
            }
        } finally {
            if (!taken) {
                lanes.release();
            }
        }
    }

    /**
     * A suspect may be what kills its worker. It has the process to itself, so that no other job dies with it.
     *
     * @return whether the lane is taken
     */
    private boolean start(Claim claim) {
        live.add(claim);
        int others = claim.suspect() ? options.lanes() - 1 : 0;
        if (!awaitLanes(others)) {
            live.remove(claim);
            giveBack(claim, false);
            return false;
        }
        try {
            executor.execute(() -> {
                try {
                    process(claim);
                } finally {
                    lanes.release(1 + others);
                }
            });
            return true;
        } catch (RejectedExecutionException e) { // the drain time passed before the claim was answered
            live.remove(claim);
            lanes.release(others);
            giveBack(claim, false);
            throw e;
        }
    }

    private boolean awaitLanes(int others) {
        beginWaiting();
        try {
            return lanes.tryAcquire(others, options.lease().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return false; // it is stopping
        } finally {
            endWaiting();
        }
    }

    private boolean awaitLane() throws InterruptedException {
        beginWaiting();
        try {
            return lanes.tryAcquire(WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            endWaiting();
        }
    }

    private void awaitWork() {
        beginWaiting();
        try {
            queue.awaitWork(WAIT);
        } finally {
            endWaiting();
        }
    }

    private synchronized void beginWaiting() {
        waiting = Thread.currentThread();
        if (stopping) {
            waiting.interrupt();
        }
    }

    private synchronized void endWaiting() {
        waiting = null;
    }

    private void process(Claim claim) {
        live.add(claim);
        try {
            work(claim);
            dependencies.worked();
        } catch (OutageException e) {
            if (!stopping) { // else it may be our own breaking off that looks like one
                dependencies.lost(e);
            }
            giveBack(claim, e.isHalfDone());
        } catch (RuntimeException e) {
            if (stopping) {
                giveBack(claim, true);
                return;
            }
            log.error("batch failed jobs={}", claim.jobs().size(), e);
            fail(claim, e);
        } finally {
            live.remove(claim);
        }
    }

    private void work(Claim claim) {
        long start = System.nanoTime();
        var batch = Batch.of(catalog, claim.jobs(), name, clock.instant());
        var applied = applier.apply(batch.changes());
        var committed = clock.instant();
        if (claim.suspect()) { // after the apply, which waited for a transaction that the dead worker may have open yet
            invalidator.finishOthers(Duration.ZERO);
        }
        var verdicts = new ArrayList<>(batch.unreadable());
        applied.failures().forEach((change, error) -> verdicts.add(verdict(change, error)));
        applied.effects().addGivenUp(buried(verdicts));
        applied.effects().addGivenUp(batch.ignored());
        invalidator.commit(applied.effects());
        var fresh = clock.instant();
        through.accept(applied.written());
        invalidator.warm(applied.effects()); // not before, or the two would be in each other's way
        var page = ledger.newPage();
        page.done(jobs(applied.applied()), "applied", Optional.of(committed), fresh);
        page.done(jobs(applied.overtaken()), "overtaken", Optional.empty(), fresh);
        page.done(batch.ignored(), "ignored", Optional.empty(), fresh);
        page.failed(verdicts);
        page.write();
        var tallies = Map.of(
                "applied", (long) applied.applied().size(),
                "overtaken", (long) applied.overtaken().size(),
                "ignored", (long) batch.ignored().size());
        if (settle(claim, verdicts, tallies)) {
            invalidator.finish(applied.leftBehind());
        }
        log.info(
                "batch jobs={} applied={} overtaken={} ignored={} failed={} tags={} ms={}",
                claim.jobs().size(),
                applied.applied().size(),
                applied.overtaken().size(),
                batch.ignored().size(),
                verdicts.size(),
                applied.effects().tags().size(),
                (System.nanoTime() - start) / 1_000_000);
    }

    /**
     * Repeats until Redis answers or the lease is surely lost; then the reaper gives the jobs to somebody else. What another Redis
     * than this one gave goes back to it.
     *
     * @return whether it is settled
     */
    private boolean settle(Claim claim, List<Verdict> verdicts, Map<String, Long> tallies) {
        var deadline = clock.instant().plus(options.lease());
        while (true) {
            try {
                var settled = queue.settle(claim, verdicts, tallies);
                if (settled.isLost()) {
                    log.warn(
                            "lease lost claim={} jobs={}",
                            claim.id(),
                            claim.jobs().size());
                    giveBack(claim, false); // where it is there yet
                } else {
                    count(settled, tallies);
                }
                return !settled.isLost();
            } catch (RedisException e) {
                boolean brokenOff = Thread.currentThread().isInterrupted();
                if (brokenOff || clock.instant().isAfter(deadline)) {
                    log.warn("cannot settle claim={} cause={}", claim.id(), e.getMessage());
                    return false;
                }
                pause();
            }
        }
    }

    /** @param halfDone whether its effects may be committed and not invalidated, which only suspects look for */
    private void giveBack(Claim claim, boolean halfDone) {
        Thread.interrupted(); // a thread that is broken off must still be able to wait for Redis
        try {
            if (halfDone) {
                queue.unclaimAsSuspects(claim);
            } else {
                queue.unclaim(claim);
            }
        } catch (RedisException e) {
            log.warn("cannot unclaim claim={} cause={}", claim.id(), e.getMessage());
        }
    }

    private void count(Settled settled, Map<String, Long> tallies) {
        done.addAndGet(settled.done() + settled.retried() + settled.buried());
        jobs("done").increment(settled.done());
        jobs("retried").increment(settled.retried());
        jobs("buried").increment(settled.buried());
        tallies.forEach((outcome, n) -> counter("freshet_events_total", "what jobs that are done came to", outcome)
                .increment(n));
    }

    private Counter jobs(String outcome) {
        return counter("freshet_jobs_total", "jobs of settled claims", outcome);
    }

    private Counter counter(String name, String description, String outcome) {
        return Counter.builder(name)
                .description(description)
                .tag("outcome", outcome)
                .register(metrics);
    }

    private static List<Job> jobs(List<Batch.Change> changes) {
        return changes.stream().map(Batch.Change::job).toList();
    }

    private static List<Job> buried(List<Verdict> verdicts) {
        return verdicts.stream()
                .filter(Verdict.Bury.class::isInstance)
                .map(Verdict::job)
                .toList();
    }

    private void fail(Claim claim, RuntimeException error) {
        var verdicts = claim.jobs().stream()
                .map(job -> retryOrBury(job, attempt("work", error)))
                .toList();
        try {
            invalidator.giveUp(buried(verdicts));
        } catch (RuntimeException e) {
            log.warn("cannot give up jobs={}", verdicts.size(), e);
            giveBack(claim, true);
            return;
        }
        try {
            var page = ledger.newPage();
            page.failed(verdicts);
            page.write();
        } catch (OutageException e) { // the queue says it too
            log.warn("not recorded deliveries={} cause={}", verdicts.size(), e.reason());
        }
        settle(claim, verdicts, Map.of());
    }

    private Verdict verdict(Batch.Change change, Exception error) {
        var attempt = attempt("apply", error);
        return Database.classify(error) == Failure.PERMANENT
                ? new Verdict.Bury(change.job(), attempt)
                : retryOrBury(change.job(), attempt);
    }

    private Verdict retryOrBury(Job job, Attempt attempt) {
        return options.retries()
                .next(job, clock.instant(), ThreadLocalRandom.current())
                .<Verdict>map(after -> new Verdict.Retry(job, attempt, after))
                .orElseGet(() -> new Verdict.Bury(job, attempt));
    }

    private Attempt attempt(String step, Exception error) {
        return new Attempt(clock.instant(), name, step, describe(error));
    }

    /** Of PostgreSQL the state and the bare sentence: its details quote values of the row. */
    static String describe(Exception error) {
        var root = error instanceof BatchUpdateException && error.getCause() != null ? error.getCause() : error;
        var message = root instanceof PSQLException sql && sql.getServerErrorMessage() != null
                ? sql.getSQLState() + " " + sql.getServerErrorMessage().getMessage()
                : root.getMessage();
        return root.getClass().getSimpleName() + ": " + message;
    }

    private void pause() {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
