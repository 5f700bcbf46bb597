package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;
import static io.lettuce.core.ScriptOutputType.INTEGER;
import static io.lettuce.core.ScriptOutputType.MULTI;
import static io.lettuce.core.ScriptOutputType.VALUE;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import io.lettuce.core.KeyValue;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One part of the queue, under one hash tag: each call is one script and one round trip. What {@link JobQueue} says of its
 * calls holds here; where it asks all partitions at once, the call is a stage.
 */
final class Partition {
    /** A claim ends after so many bytes, give or take 16 jobs, so that neither side has to hold many large bodies. */
    static final int ENOUGH_BYTES = 16 << 20;

    private static final int MAX_EXPIRED = 100;

    private static final Script ENQUEUE = script("enqueue");
    private static final Script ENQUEUE_DEAD = script("enqueue_dead");
    private static final Script CLAIM = script("claim");
    private static final Script SETTLE = script("settle");
    private static final Script UNCLAIM = script("unclaim");
    private static final Script RENEW = script("renew");
    private static final Script REAP = script("reap");
    private static final Script TICK = script("tick");
    private static final Script STATUS = script("status");

    private final ScriptRunner redis;
    private final QueueOptions options;
    private final int number;
    private final long maxDepth;
    private final long maxBytes;
    private final long maxSeen;
    private final QueueKeys keys;
    private final Replicas replicas;
    private final Arrivals arrivals;

    /** @param of how many partitions there are */
    Partition(ScriptRunner redis, QueueOptions options, int number, int of) {
        this.redis = redis;
        this.options = options;
        this.number = number;
        this.maxDepth = Math.ceilDiv(options.maxDepth(), of);
        this.maxBytes = Math.ceilDiv(options.maxBytes(), of);
        this.maxSeen = Math.ceilDiv(options.maxSeen(), of);
        this.keys = new QueueKeys(options.prefix(), number);
        this.replicas = new Replicas(options.waitReplicas(), options.waitTimeout(), keys.waits);
        this.arrivals = new Arrivals(this::enqueue, redis.server().timeout());
    }

    int number() {
        return number;
    }

    QueueKeys keys() {
        return keys;
    }

    /** Replays fill no more than half of what the queue may hold, so that deliveries still find room. */
    Letters letters() {
        return new Letters(redis, keys, Math.ceilDiv(maxBytes, 2));
    }

    /** See {@link JobQueue#enqueue}. */
    CompletableFuture<Enqueued> enqueue(Job job) {
        return arrivals.enqueue(Newcomer.of(job));
    }

    CompletionStage<List<Enqueued>> enqueueAll(List<Job> jobs) {
        return enqueue(jobs.stream().map(Newcomer::of).toList(), () -> {});
    }

    /** @param answered runs once the script has answered; replicas may still be waited for */
    private CompletionStage<List<Enqueued>> enqueue(List<Newcomer> newcomers, Runnable answered) {
        var arguments = new ArrayList<byte[]>(5 + 4 * newcomers.size());
        arguments.add(redis.clockOffset());
        arguments.add(argument(options.seenFor().toMillis()));
        arguments.add(argument(maxDepth));
        arguments.add(argument(maxBytes));
        arguments.add(argument(maxSeen));
        newcomers.forEach(newcomer -> newcomer.addTo(arguments));
        String[] touched = {keys.ready, keys.retry, keys.seenPrefix, keys.awaited, keys.counts, keys.window};
        return redis.send(
                keys.ready,
                commands -> ENQUEUE.<List<Object>>run(commands, MULTI, touched, array(arguments))
                        .thenApply(answers -> {
                            answered.run();
                            return answers.stream().map(Partition::enqueued).toList();
                        })
                        .thenCompose(outcomes -> replicated(commands, outcomes)));
    }

    CompletionStage<Enqueued> enqueueDead(Job job, Attempt why) {
        var digest = Digest.of(job.id());
        String[] touched = {keys.dead, keys.deadAt, keys.seenPrefix, keys.awaited, keys.counts, keys.window};
        byte[][] arguments = {
            redis.clockOffset(),
            argument(options.seenFor().toMillis()),
            argument(maxDepth),
            argument(maxSeen),
            argument(digest.bucket()),
            argument(digest.value()),
            argument(job.awaited() ? "awaited" : ""),
            argument(job.id()),
            JobCodec.encode(job.failed(why))
        };
        return redis.send(
                keys.dead,
                commands -> ENQUEUE_DEAD
                        .<Object>run(commands, VALUE, touched, arguments)
                        .thenApply(answer -> List.of(enqueued(answer)))
                        .thenCompose(outcomes -> replicated(commands, outcomes))
                        .thenApply(List::getFirst));
    }

    /** What is not on enough replicas is at risk, whether it was written now or before. */
    private CompletionStage<List<Enqueued>> replicated(
            RedisAsyncCommands<String, byte[]> commands, List<Enqueued> outcomes) {
        if (outcomes.stream().allMatch(Enqueued.FULL::equals)) {
            return CompletableFuture.completedStage(outcomes);
        }
        return replicas.haveAll(commands)
                .thenApply(enough -> enough
                        ? outcomes
                        : outcomes.stream()
                                .map(outcome -> outcome == Enqueued.FULL ? Enqueued.FULL : Enqueued.AT_RISK)
                                .toList());
    }

    /** What the claim's script answered, and the reign of the process that did. */
    private record Given(String reign, List<Object> answer) {}

    ClaimResult claim(int max, Duration lease) {
        var id = UUID.randomUUID().toString();
        String[] touched = {
            keys.claims, keys.claim(id), keys.ready, keys.suspect, keys.paused, keys.retry, keys.replay, keys.counts
        };
        var arguments = redis.timed(argument(id), argument(max), argument(lease.toMillis()), argument(ENOUGH_BYTES));
        var given = redis.await(redis.sendInSession(
                keys.claims,
                session -> CLAIM.<List<Object>>run(session.commands(), MULTI, touched, arguments)
                        .thenApply(answer -> new Given(session.runId(), answer))));
        var answer = given.answer;
        var from = text(answer.getFirst());
        return switch (from) {
            case "nothing" -> new ClaimResult.Nothing();
            case "paused" -> new ClaimResult.Paused(text(answer.get(1)));
            default -> open(id, given.reign, from, (List<?>) answer.get(1));
        };
    }

    /** Whether a claim would find something. */
    CompletionStage<Boolean> hasWork() {
        return redis.send(keys.ready, commands -> commands.exists(keys.ready, keys.suspect))
                .thenApply(places -> places > 0);
    }

    Settled settle(Claim claim, List<Verdict> verdicts, Map<String, Long> tallies) {
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
        var all = redis.timed(arguments);
        List<Object> answer = redis.await(redis.sendInSession(
                keys.claims,
                session -> session.runId().equals(claim.reign())
                        ? SETTLE.run(session.commands(), MULTI, touched, all)
                        : CompletableFuture.completedStage(List.of())));
        return answer.isEmpty()
                ? Settled.LOST
                : new Settled(number(answer.get(0)), number(answer.get(1)), number(answer.get(2)));
    }

    boolean unclaim(Claim claim) {
        return unclaimTo(claim.suspect() ? keys.suspect : keys.ready, claim);
    }

    boolean unclaimAsSuspects(Claim claim) {
        return unclaimTo(keys.suspect, claim);
    }

    boolean renew(Claim claim, Duration lease) {
        String[] touched = {keys.claims};
        return redis.await(timed(RENEW, touched, argument(claim.id()), argument(lease.toMillis()))) > 0;
    }

    /** @param worth is told of this partition when a claim would find something in it */
    CompletionStage<Tick> tick(int max, Consumer<Partition> worth) {
        String[] touched = {keys.retry, keys.ready, keys.replay, keys.replayPace, keys.claims, keys.suspect};
        return redis.<List<Object>>runTimed(TICK, MULTI, touched, argument(max), argument(MAX_EXPIRED))
                .thenApply(answer -> {
                    if (number(answer.get(3)) > 0) {
                        worth.accept(this);
                    }
                    var expired = ((List<?>) answer.get(2))
                            .stream()
                                    .map(claim -> new ExpiredClaim(number, text(claim)))
                                    .toList();
                    return new Tick(number(answer.get(0)), number(answer.get(1)), expired);
                });
    }

    int reap(String claimId, Consumer<Job> burial) {
        var list = keys.claim(claimId);
        var jobs = redis.await(redis.send(list, commands -> commands.lrange(list, 0, 1)));
        var alone = jobs.size() == 1 ? poison(jobs.getFirst(), claimId) : null;
        if (alone != null && crashes(alone) + 1 >= options.maxCrashes()) {
            burial.accept(alone);
        }
        String[] touched = {
            keys.claims, list, keys.suspect, keys.crashes, keys.dead, keys.deadAt, keys.awaited, keys.counts
        };
        return redis.await(timed(
                REAP,
                touched,
                argument(claimId),
                argument(options.maxCrashes()),
                argument(alone == null ? "" : alone.id()),
                alone == null ? new byte[0] : JobCodec.encode(alone)));
    }

    /** With how many claims in a row it died. */
    private int crashes(Job job) {
        var count = redis.await(redis.send(keys.crashes, commands -> commands.hget(keys.crashes, job.id())));
        return count == null ? 0 : Integer.parseInt(text(count));
    }

    CompletionStage<QueueStatus> status() {
        return redis.<List<Object>>runTimed(STATUS, MULTI, keys.places()).thenApply(QueueStatus::read);
    }

    /** Each partition has a pause of its own, so that a claim sees it in its own script. */
    CompletionStage<String> pause(String reason) {
        return redis.send(keys.paused, commands -> commands.set(keys.paused, argument(reason)));
    }

    CompletionStage<Long> resume() {
        return redis.send(keys.paused, commands -> commands.del(keys.paused));
    }

    /** By job id. */
    CompletionStage<Map<String, Awaited>> awaited(List<String> jobIds) {
        return redis.send(keys.awaited, commands -> commands.hmget(keys.awaited, jobIds.toArray(String[]::new)))
                .thenApply(values -> values.stream().collect(Collectors.toMap(KeyValue::getKey, Partition::awaited)));
    }

    @Override
    public String toString() {
        return "partition " + number;
    }

    private boolean unclaimTo(String list, Claim claim) {
        String[] touched = {keys.claims, keys.claim(claim.id()), list};
        return redis.await(redis.<Long>run(UNCLAIM, INTEGER, touched, argument(claim.id()), claim.first())) > 0;
    }

    private Claim open(String id, String reign, String from, List<?> list) {
        boolean suspect = from.equals("suspect") || (from.equals("again") && list.size() == 1);
        var claim = new Claim(this, id, reign, suspect, list);
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
        var error = options.maxCrashes() + " claims died while they held this job";
        var crash = new Attempt(now, "claim " + claimId, "crash", error);
        try {
            return JobCodec.decode(bytes).failed(crash);
        } catch (JobFormatException e) {
            return e.isNewer() ? null : JobCodec.unreadable(bytes, now).failed(crash);
        }
    }

    private CompletionStage<Integer> timed(Script script, String[] touched, byte[]... arguments) {
        return redis.<Long>runTimed(script, INTEGER, touched, arguments).thenApply(Math::toIntExact);
    }

    private static Enqueued enqueued(Object answer) {
        return Enqueued.valueOf(text(answer).toUpperCase(Locale.ROOT));
    }

    private static Awaited awaited(KeyValue<String, byte[]> state) {
        return state.map(bytes -> Awaited.valueOf(text(bytes).toUpperCase(Locale.ROOT)))
                .getValueOrElse(Awaited.SETTLED);
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
