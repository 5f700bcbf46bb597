package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;
import static io.lettuce.core.ScriptOutputType.INTEGER;
import static io.lettuce.core.ScriptOutputType.MULTI;
import static io.lettuce.core.ScriptOutputType.VALUE;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import io.lettuce.core.LMoveArgs;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The queue in Redis. Every accepted job is in exactly one place until it is done or discarded: it is worse to lose a job
 * than to do it twice. Each call is one script and one round trip, sent again when the connection breaks before the
 * answer. Calls throw {@link io.lettuce.core.RedisException}, or complete with it, when Redis is away.
 */
public final class JobQueue {
    /** How many jobs one call may enqueue, claim or release. */
    public static final int MAX_BATCH = 1_000;

    /** A claim ends after so many bytes, give or take 16 jobs, so that neither side has to hold many large bodies. */
    static final int ENOUGH_BYTES = 16 << 20;

    private static final int MAX_EXPIRED = 100;
    /** What a blocking wait leaves of its connection's deadline for the way there and back. */
    private static final Duration WAIT_MARGIN = Duration.ofMillis(500);

    private static final Duration FORGOTTEN_AFTER = Duration.ofSeconds(30);

    private static final Script ENQUEUE = script("enqueue");
    private static final Script ENQUEUE_DEAD = script("enqueue_dead");
    private static final Script CLAIM = script("claim");
    private static final Script SETTLE = script("settle");
    private static final Script UNCLAIM = script("unclaim");
    private static final Script RENEW = script("renew");
    private static final Script EXPIRED = script("expired");
    private static final Script REAP = script("reap");
    private static final Script RELEASE_DUE = script("release_due");
    private static final Script RELEASE_REPLAYS = script("release_replays");
    private static final Script STATUS = script("status");
    private static final Script BEAT = script("beat");
    private static final Script WORKERS = script("workers");

    private final ScriptRunner redis;
    private final RedisServer waiting;
    private final QueueOptions options;
    private final QueueKeys keys;

    /**
     * @param server for all calls but the wait
     * @param waiting the same Redis over a connection of its own, which {@link #awaitWork} blocks
     */
    public JobQueue(RedisServer server, RedisServer waiting, QueueOptions options) {
        this(new ScriptRunner(server), waiting, options);
    }

    JobQueue(ScriptRunner redis, RedisServer waiting, QueueOptions options) {
        this.redis = redis;
        this.waiting = waiting;
        this.options = options;
        this.keys = new QueueKeys(options.prefix(), 0);
    }

    /** Accepts a job unless it was seen before or the queue is full. Waits for nothing. */
    public CompletionStage<Enqueued> enqueue(Job job) {
        return enqueueAll(List.of(job)).thenApply(List::getFirst);
    }

    /**
     * Accepts jobs in one script.
     *
     * @param jobs at most {@value #MAX_BATCH}
     * @return what became of each, in the same order
     */
    public CompletionStage<List<Enqueued>> enqueueAll(List<Job> jobs) {
        requireBatch(jobs.size());
        var arguments = new ArrayList<byte[]>(2 + 4 * jobs.size());
        arguments.add(argument(options.seenFor().toMillis()));
        arguments.add(argument(options.maxDepth()));
        for (var job : jobs) {
            var digest = Digest.of(job.id());
            arguments.add(argument(digest.bucket()));
            arguments.add(argument(digest.value()));
            arguments.add(argument(job.awaited() ? job.id() : ""));
            arguments.add(JobCodec.encode(job));
        }
        String[] touched = {keys.ready, keys.retry, keys.seenPrefix, keys.awaited, keys.counts};
        return redis.<List<Object>>runTimed(ENQUEUE, MULTI, touched, array(arguments))
                .thenApply(answers -> answers.stream().map(JobQueue::enqueued).toList());
    }

    /**
     * Accepts a delivery that is signed but cannot be read, straight as a dead letter.
     *
     * @param job its id derived from the bytes, so that the same bytes again are a duplicate
     * @param why what is wrong with it
     */
    public CompletionStage<Enqueued> enqueueDead(Job job, Attempt why) {
        var digest = Digest.of(job.id());
        String[] touched = {keys.dead, keys.deadAt, keys.seenPrefix, keys.awaited, keys.counts};
        return redis.<Object>runTimed(
                        ENQUEUE_DEAD,
                        VALUE,
                        touched,
                        argument(options.seenFor().toMillis()),
                        argument(options.maxDepth()),
                        argument(digest.bucket()),
                        argument(digest.value()),
                        argument(job.awaited() ? "awaited" : ""),
                        argument(job.id()),
                        JobCodec.encode(job.failed(why)))
                .thenApply(JobQueue::enqueued);
    }

    /**
     * Takes jobs under a lease. A suspect comes alone and before all others.
     *
     * @param max at most {@value #MAX_BATCH}
     * @param lease how long the jobs are held unless the lease is renewed
     * @throws JobFormatException when a job is from a newer version; all that was claimed was given back
     */
    public ClaimResult claim(int max, Duration lease) {
        requireBatch(max);
        var id = UUID.randomUUID().toString();
        String[] touched = {keys.claims, keys.claim(id), keys.ready, keys.suspect, keys.paused};
        List<Object> answer = redis.await(redis.runTimed(
                CLAIM,
                MULTI,
                touched,
                argument(id),
                argument(max),
                argument(lease.toMillis()),
                argument(ENOUGH_BYTES)));
        var from = text(answer.getFirst());
        return switch (from) {
            case "nothing" -> new ClaimResult.Nothing();
            case "paused" -> new ClaimResult.Paused(text(answer.get(1)));
            default -> open(id, from, (List<?>) answer.get(1));
        };
    }

    /**
     * Blocks until there may be work, and moves nothing. Suspects do not wake it, so wait a few seconds at most. To be
     * called by one thread at a time.
     *
     * @return whether a job is ready; false when the time went by
     */
    public boolean awaitWork(Duration timeout) {
        var longest = waiting.timeout().minus(WAIT_MARGIN);
        var wait = timeout.compareTo(longest) < 0 ? timeout : longest;
        double seconds = Math.max(wait.toMillis(), 10) / 1_000.0; // zero would wait for ever
        var answer = waiting.send(
                keys.ready,
                session -> session.commands().blmove(keys.ready, keys.ready, LMoveArgs.Builder.rightRight(), seconds));
        return waiting.await(answer) != null;
    }

    /**
     * Ends a claim: the jobs named in verdicts are retried or buried, all others are done.
     *
     * @param verdicts at most one for each job of the claim
     * @param tallies added to the counts together with it; not the names the queue counts under itself
     * @return {@link Settled#LOST} when the lease is not ours any more; then nothing was changed
     */
    public Settled settle(Claim claim, List<Verdict> verdicts, Map<String, Long> tallies) {
        var arguments = Settlement.arguments(claim, verdicts, tallies);
        String[] touched = {
            keys.claims,
            keys.claim(claim.id()),
            keys.retry,
            keys.dead,
            keys.deadAt,
            keys.crashes,
            keys.awaited,
            keys.counts
        };
        List<Object> answer = redis.await(redis.runTimed(SETTLE, MULTI, touched, arguments));
        return answer.isEmpty()
                ? Settled.LOST
                : new Settled(number(answer.get(0)), number(answer.get(1)), number(answer.get(2)));
    }

    /**
     * Gives the jobs of a claim back, first in line and with no attempt or crash counted.
     *
     * @return false when the lease is not ours any more
     */
    public boolean unclaim(Claim claim) {
        return unclaimTo(claim.suspect() ? keys.suspect : keys.ready, claim);
    }

    /**
     * As {@link #unclaim}, for a claim whose work may be half done: from here on its jobs are claimed one at a time, as
     * suspects are.
     */
    public boolean unclaimAsSuspects(Claim claim) {
        return unclaimTo(keys.suspect, claim);
    }

    private boolean unclaimTo(String list, Claim claim) {
        String[] touched = {keys.claims, keys.claim(claim.id()), list};
        return count(redis.run(UNCLAIM, INTEGER, touched, argument(claim.id()), claim.first())) > 0;
    }

    /**
     * Holds a claim for another lease from now.
     *
     * @return false when the lease is not ours any more
     */
    public boolean renew(Claim claim, Duration lease) {
        return timed(RENEW, new String[] {keys.claims}, argument(claim.id()), argument(lease.toMillis())) > 0;
    }

    /** Claims past their deadline, at most {@value #MAX_EXPIRED} of them. */
    public List<String> expiredClaims() {
        List<Object> claims =
                redis.await(redis.runTimed(EXPIRED, MULTI, new String[] {keys.claims}, argument(MAX_EXPIRED)));
        return claims.stream().map(JobQueue::text).toList();
    }

    /**
     * Ends a claim whose deadline has passed: its jobs become suspects. One that was alone in its claim gains a crash; at
     * {@link QueueOptions#maxCrashes} it is buried as poison.
     *
     * @return how many jobs left the claim; 0 when it was renewed, settled or reaped meanwhile
     */
    public int reap(String claimId) {
        var list = keys.claim(claimId);
        var jobs = redis.await(redis.send(list, commands -> commands.lrange(list, 0, 1)));
        var alone = jobs.size() == 1 ? poison(jobs.getFirst(), claimId) : null;
        String[] touched = {
            keys.claims, list, keys.suspect, keys.crashes, keys.dead, keys.deadAt, keys.awaited, keys.counts
        };
        return timed(
                REAP,
                touched,
                argument(claimId),
                argument(options.maxCrashes()),
                argument(alone == null ? "" : alone.id()),
                alone == null ? new byte[0] : JobCodec.encode(alone));
    }

    /**
     * Moves retries that are due to ready.
     *
     * @return how many
     */
    public int releaseDue(int max) {
        requireBatch(max);
        return timed(RELEASE_DUE, new String[] {keys.retry, keys.ready}, argument(max));
    }

    /**
     * Lets replayed dead letters into ready, at the pace asked for when they were replayed, however many processes call.
     *
     * @return how many
     */
    public int releaseReplays(int max) {
        requireBatch(max);
        return timed(RELEASE_REPLAYS, new String[] {keys.replay, keys.ready, keys.replayPace}, argument(max));
    }

    /** How the queue stands at one moment. */
    public QueueStatus status() {
        String[] touched = {
            keys.ready,
            keys.claims,
            keys.suspect,
            keys.retry,
            keys.replay,
            keys.dead,
            keys.counts,
            keys.paused,
            keys.claimPrefix
        };
        return QueueStatus.read(redis.await(redis.runTimed(STATUS, MULTI, touched)));
    }

    /** Lets no worker claim until {@link #resume}. Jobs that are claimed are finished. */
    public void pause(String reason) {
        redis.await(redis.send(keys.paused, commands -> commands.set(keys.paused, argument(reason))));
    }

    public void resume() {
        redis.await(redis.send(keys.paused, commands -> commands.del(keys.paused)));
    }

    /** Why the queue is paused; empty when it is not. */
    public Optional<String> paused() {
        return Optional.ofNullable(redis.await(redis.send(keys.paused, commands -> commands.get(keys.paused))))
                .map(JobQueue::text);
    }

    /** How far each of these jobs is; meaningful for those enqueued as awaited. Waits for nothing. */
    public CompletionStage<Map<String, Awaited>> awaited(Collection<String> jobIds) {
        var ids = List.copyOf(jobIds);
        if (ids.isEmpty()) {
            return CompletableFuture.completedStage(Map.of());
        }
        return redis.send(keys.awaited, commands -> commands.hmget(keys.awaited, ids.toArray(String[]::new)))
                .thenApply(values -> {
                    var states = new LinkedHashMap<String, Awaited>();
                    values.forEach(value -> states.put(
                            value.getKey(), value.map(JobQueue::awaited).getValueOrElse(Awaited.SETTLED)));
                    return states;
                });
    }

    /** Notes that a worker lives. It is forgotten half a minute after its last beat. */
    public void beat(WorkerBeat beat) {
        timed(BEAT, livePlaces(), argument(beat.name()), beat.encode(), argument(FORGOTTEN_AFTER.toMillis()));
    }

    /** Forgets a worker that ended. */
    public void forget(String worker) {
        redis.await(redis.send(keys.workersAt, commands -> commands.zrem(keys.workersAt, argument(worker))));
        redis.await(redis.send(keys.workers, commands -> commands.hdel(keys.workers, worker)));
    }

    /** The last beat of each worker heard of in the last half minute. */
    public List<WorkerBeat> workers() {
        List<Object> beats =
                redis.await(redis.runTimed(WORKERS, MULTI, livePlaces(), argument(FORGOTTEN_AFTER.toMillis())));
        return beats.stream().map(beat -> WorkerBeat.decode((byte[]) beat)).toList();
    }

    /** Moves the clock that the scripts see; for tests. */
    void setClockOffset(Duration offset) {
        redis.setClockOffset(offset);
    }

    private String[] livePlaces() {
        return new String[] {keys.workers, keys.workersAt};
    }

    private Claim open(String id, String from, List<?> list) {
        boolean suspect = from.equals("suspect") || (from.equals("again") && list.size() == 1);
        var claim = new Claim(id, suspect, list);
        try {
            claim.decode();
            return claim;
        } catch (JobFormatException e) {
            unclaim(claim);
            throw e;
        }
    }

    /** The job as it is buried when this crash is one too many; null for one that a newer process can read. */
    private @Nullable Job poison(byte[] bytes, String claimId) {
        var now = Instant.now();
        var error = options.maxCrashes() + " claims died while they held this job alone";
        var crash = new Attempt(now, "claim " + claimId, "crash", error);
        try {
            return JobCodec.decode(bytes).failed(crash);
        } catch (JobFormatException e) {
            return e.isNewer() ? null : JobCodec.unreadable(bytes, now).failed(crash);
        }
    }

    private int timed(Script script, String[] touched, byte[]... arguments) {
        return count(redis.runTimed(script, INTEGER, touched, arguments));
    }

    private int count(CompletionStage<Long> answer) {
        return Math.toIntExact(redis.await(answer));
    }

    private static Enqueued enqueued(Object answer) {
        return Enqueued.valueOf(text(answer).toUpperCase(Locale.ROOT));
    }

    private static Awaited awaited(byte[] state) {
        return Awaited.valueOf(text(state).toUpperCase(Locale.ROOT));
    }

    private static void requireBatch(int jobs) {
        if (jobs < 1 || jobs > MAX_BATCH) {
            throw new IllegalArgumentException("one call takes 1 to " + MAX_BATCH + " jobs, was " + jobs);
        }
    }

    private static Script script(String name) {
        return Script.load(JobQueue.class, name + ".lua");
    }

    private static byte[][] array(List<byte[]> arguments) {
        return arguments.toArray(byte[][]::new);
    }

    private static String text(Object bytes) {
        return new String((byte[]) bytes, UTF_8);
    }

    private static int number(Object value) {
        return Math.toIntExact((Long) value);
    }
}
