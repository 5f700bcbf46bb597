package dev.freshet.queue;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.ScriptRunner;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The queue in Redis. Every accepted job is in exactly one place until it is done or discarded: it is worse to lose a job
 * than to do it twice. On a cluster it has several partitions; a job's id says which one it belongs to. Each call on one
 * of them is one script and one round trip, sent again when the connection breaks before the answer; calls on all go out
 * together. Calls throw {@link RedisException}, or complete with it, when Redis is away, and
 * {@link dev.freshet.settings.SettingException} when the queue there has another number of partitions.
 */
public final class JobQueue {
    /** How many jobs one call may enqueue, claim or release from each partition. */
    public static final int MAX_BATCH = 1_000;

    private final ScriptRunner redis;
    private final String prefix;
    private final Partitions partitions;
    private final Waiting waiting;
    private final Beats beats;
    /** The partition that the next claim begins with. */
    private final AtomicInteger next = new AtomicInteger();

    public JobQueue(RedisServer server, QueueOptions options) {
        this(new ScriptRunner(server), options);
    }

    JobQueue(ScriptRunner redis, QueueOptions options) {
        this.redis = redis;
        this.prefix = options.prefix();
        this.partitions = new Partitions(redis, options);
        this.waiting = new Waiting(redis);
        this.beats = new Beats(redis, options.prefix());
    }

    /** How many partitions there are, agreed upon with the other processes through Redis. */
    public int partitions() {
        return partitions.all().size();
    }

    /** A key of the process that a job's partition lies on; of any one while the partitions are not known. */
    public String keyOf(String jobId) {
        return partitions.keyOf(jobId);
    }

    /**
     * Accepts a job unless it was seen before or the queue is full. Waits for nothing; jobs that come while a call is under
     * way share the next one. Whoever completes the answer by himself has given it up: if it was not sent, it will not be.
     */
    public CompletionStage<Enqueued> enqueue(Job job) {
        var known = partitions.known();
        return known.isEmpty()
                ? enqueueAll(List.of(job)).thenApply(List::getFirst)
                : Partitions.of(known, job.id()).enqueue(job);
    }

    /**
     * Accepts jobs in one script for each partition.
     *
     * @param jobs at most {@value #MAX_BATCH}
     * @return what became of each, in the same order
     */
    public CompletionStage<List<Enqueued>> enqueueAll(List<Job> jobs) {
        requireBatch(jobs.size());
        return partitions.whenKnown().thenCompose(all -> {
            var indexes = IntStream.range(0, jobs.size()).boxed().toList();
            var outcomes = new ArrayList<>(Collections.nCopies(jobs.size(), Enqueued.FULL));
            var calls = new ArrayList<CompletableFuture<?>>();
            Partitions.group(all, indexes, i -> jobs.get(i).id())
                    .forEach((partition, own) -> calls.add(partition
                            .enqueueAll(own.stream().map(jobs::get).toList())
                            .thenAccept(answers -> {
                                for (int i = 0; i < own.size(); i++) {
                                    outcomes.set(own.get(i), answers.get(i));
                                }
                            })
                            .toCompletableFuture()));
            return CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new))
                    .thenApply(done -> List.copyOf(outcomes));
        });
    }

    /**
     * Accepts a delivery that is signed but cannot be read, straight as a dead letter.
     *
     * @param job its id derived from the bytes, so that the same bytes again are a duplicate
     * @param why what is wrong with it
     */
    public CompletionStage<Enqueued> enqueueDead(Job job, Attempt why) {
        return partitions
                .whenKnown()
                .thenCompose(all -> Partitions.of(all, job.id()).enqueueDead(job, why));
    }

    /**
     * Takes jobs of one partition under a lease. A suspect comes alone and before all others there. Each call begins with
     * another partition; one that is away holds up no other.
     *
     * @param max at most {@value #MAX_BATCH}
     * @param lease how long the jobs are held unless the lease is renewed
     * @throws JobFormatException when a job is from a newer version; all that was claimed was given back
     */
    public ClaimResult claim(int max, Duration lease) {
        requireBatch(max);
        var turn = new ArrayList<>(partitions.all());
        Collections.rotate(turn, -Math.floorMod(next.getAndIncrement(), turn.size()));
        var first = turn.removeFirst();
        try {
            var result = first.claim(max, lease);
            if (turn.isEmpty() || !(result instanceof ClaimResult.Nothing)) {
                return result;
            }
        } catch (RedisException e) {
            if (turn.isEmpty()) {
                throw e;
            }
        }
        for (var partition : Partitions.withWork(redis, turn)) {
            var result = partition.claim(max, lease);
            if (!(result instanceof ClaimResult.Nothing)) {
                return result;
            }
        }
        return new ClaimResult.Nothing();
    }

    /**
     * Blocks until there may be work, and moves nothing. Of suspects it learns by {@link #tick}, which another thread calls
     * meanwhile. To be called by one thread at a time.
     *
     * @return whether a job is ready; false when the time went by
     */
    public boolean awaitWork(Duration timeout) {
        var all = partitions.all();
        var woken = waiting.await(all, timeout);
        woken.ifPresent(partition -> next.set(all.indexOf(partition)));
        return woken.isPresent();
    }

    /**
     * Ends a claim: the jobs named in verdicts are retried or buried, all others are done. Only with the Redis process that gave
     * it: another one, or the same after a restart, may have forgotten what was written in between, such as what front
     * ends are owed for these jobs.
     *
     * @param verdicts at most one for each job of the claim
     * @param tallies added to the counts together with it; not the names the queue counts under itself
     * @return {@link Settled#LOST} when the lease is not ours any more, or was given by a process that answers no more; then
     *     nothing was changed
     */
    public Settled settle(Claim claim, List<Verdict> verdicts, Map<String, Long> tallies) {
        return claim.partition().settle(claim, verdicts, tallies);
    }

    /**
     * Gives the jobs of a claim back, first in line and with no attempt or crash counted.
     *
     * @return false when the lease is not ours any more
     */
    public boolean unclaim(Claim claim) {
        return claim.partition().unclaim(claim);
    }

    /**
     * As {@link #unclaim}, for a claim whose work may be half done: from here on its jobs are claimed one at a time, as
     * suspects are.
     */
    public boolean unclaimAsSuspects(Claim claim) {
        return claim.partition().unclaimAsSuspects(claim);
    }

    /**
     * Holds a claim for another lease from now.
     *
     * @return false when the lease is not ours any more
     */
    public boolean renew(Claim claim, Duration lease) {
        return claim.partition().renew(claim, lease);
    }

    /**
     * Does what passing time asks for: retries that are due go to ready, and replayed dead letters at the pace asked for
     * when they were replayed, however many processes call. Whoever waits here for work is told of any there is, of
     * suspects too.
     *
     * @param max the most retries, and the most replays, of each partition
     */
    public Tick tick(int max) {
        requireBatch(max);
        return Tick.sum(fromAll(partition -> partition.tick(max, waiting::tell)));
    }

    /**
     * Ends a claim whose deadline has passed: its jobs become suspects and gain a crash each. One that was alone in its
     * claim is buried as poison at {@link QueueOptions#maxCrashes} of them.
     *
     * @param burial is told of a job before it is buried, and keeps it from that by throwing
     * @return how many jobs left the claim; 0 when it was renewed, settled or reaped meanwhile
     */
    public int reap(ExpiredClaim claim, Consumer<Job> burial) {
        return partitions.all().get(claim.partition()).reap(claim.id(), burial);
    }

    /** How the queue stands: each partition at one moment, all of them within a round trip. */
    public QueueStatus status() {
        return QueueStatus.sum(statuses());
    }

    /** As {@link #status}, partition by partition. */
    public List<QueueStatus> statuses() {
        return fromAll(Partition::status);
    }

    /**
     * Whether every accepted job is in exactly one place, and what stands by itself. Reads all names of keys in Redis, page
     * by page, and holds nobody up.
     */
    public QueueAudit audit() {
        return new Inspection(redis, prefix, partitions.all()).run(false);
    }

    /**
     * As {@link #audit}, and mends each stray in the moment in which it is found, whatever workers do meanwhile.
     *
     * @return what was found before it was mended
     */
    public QueueAudit repair() {
        return new Inspection(redis, prefix, partitions.all()).run(true);
    }

    /**
     * Lets no worker claim until {@link #resume}. Jobs that are claimed are finished. When it fails, some partitions may
     * be paused and others not; call it again.
     */
    public void pause(String reason) {
        fromAll(partition -> partition.pause(reason));
    }

    public void resume() {
        fromAll(Partition::resume);
    }

    /** Why the queue is paused; empty when it is not. */
    public Optional<String> paused() {
        return status().paused();
    }

    /** How far each of these jobs is; meaningful for those enqueued as awaited. Waits for nothing. */
    public CompletionStage<Map<String, Awaited>> awaited(Collection<String> jobIds) {
        return partitions.whenKnown().thenCompose(all -> {
            var states = new HashMap<String, Awaited>();
            CompletionStage<Map<String, Awaited>> known = CompletableFuture.completedStage(states);
            for (var part : Partitions.group(all, jobIds, Function.identity()).entrySet()) {
                var asked = part.getKey().awaited(part.getValue());
                known = known.thenCombine(asked, (found, more) -> {
                    found.putAll(more);
                    return found;
                });
            }
            return known;
        });
    }

    /** Notes that a worker lives. It is forgotten half a minute after its last beat. */
    public void beat(WorkerBeat beat) {
        beats.beat(beat);
    }

    /** Forgets a worker that ended. */
    public void forget(String worker) {
        beats.forget(worker);
    }

    /** The last beat of each worker heard of in the last half minute. */
    public List<WorkerBeat> workers() {
        return beats.workers();
    }

    /** Moves the clock that the scripts see; for tests. */
    void setClockOffset(Duration offset) {
        redis.setClockOffset(offset);
    }

    /** Asks every partition before it waits for the first answer. */
    private <T> List<T> fromAll(Function<Partition, CompletionStage<T>> call) {
        var answers = partitions.all().stream().map(call).toList();
        return answers.stream().map(redis::await).toList();
    }

    private static void requireBatch(int jobs) {
        if (jobs < 1 || jobs > MAX_BATCH) {
            throw new IllegalArgumentException("one call takes 1 to " + MAX_BATCH + " jobs, was " + jobs);
        }
    }
}
