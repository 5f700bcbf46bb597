package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;
import static io.lettuce.core.ScriptOutputType.INTEGER;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The jobs that were given up. They stay until somebody replays or discards them. Calls throw
 * {@link io.lettuce.core.RedisException} when Redis is away.
 */
public final class DeadLetters {
    /** How many replayed jobs a second are let back into the queue when nothing else is asked for. */
    public static final int DEFAULT_RATE = 100;

    private static final int CHUNK = 100;
    private static final Script REPLAY = Script.load(DeadLetters.class, "replay.lua");
    private static final Script DISCARD = Script.load(DeadLetters.class, "discard.lua");

    private final ScriptRunner redis;
    private final QueueKeys keys;

    public DeadLetters(RedisServer server, QueueOptions options) {
        this(new ScriptRunner(server), options);
    }

    DeadLetters(ScriptRunner redis, QueueOptions options) {
        this.redis = redis;
        this.keys = new QueueKeys(options.prefix(), 0);
    }

    /**
     * The letters that match, the latest first.
     *
     * @param offset how many of them to leave out
     * @param limit how many to return at most
     */
    public List<DeadLetter> list(DeadFilter filter, int offset, int limit) {
        var found = new ArrayList<DeadLetter>();
        int skip = offset;
        int from = 0;
        for (var ids = latest(from); !ids.isEmpty() && found.size() < limit; ids = latest(from)) {
            from += ids.size();
            for (var stored : load(ids)) {
                if (filter.matches(stored.letter) && skip-- <= 0 && found.size() < limit) {
                    found.add(stored.letter);
                }
            }
        }
        return found;
    }

    /** Empty when there is no letter of this job. */
    public Optional<DeadLetter> find(String jobId) {
        return load(List.of(jobId)).stream().map(Stored::letter).findFirst();
    }

    /**
     * Sends letters back to be done again, with all tries open to them.
     *
     * @param rate how many jobs a second are let into the queue; the last call's counts for all that wait
     * @return how many of them there were
     */
    public int replay(Collection<String> jobIds, int rate) {
        int replayed = 0;
        for (var ids : chunks(jobIds)) {
            replayed += replayStored(load(ids), rate);
        }
        return replayed;
    }

    /** Replays all that match and were buried before the call. Broken off, it is finished by calling it again. */
    public int replayAll(DeadFilter filter, int rate) {
        var latest = load(latest(0)).stream().map(stored -> stored.letter.at()).findFirst();
        int replayed = 0;
        int kept = 0;
        for (var ids = earliest(kept); latest.isPresent() && !ids.isEmpty(); ids = earliest(kept)) {
            var letters = load(ids).stream()
                    .filter(stored -> !stored.letter.at().isAfter(latest.get()))
                    .toList();
            int moved = replayStored(
                    letters.stream()
                            .filter(stored -> filter.matches(stored.letter))
                            .toList(),
                    rate);
            replayed += moved;
            kept += ids.size() - moved;
        }
        return replayed;
    }

    /**
     * Forgets letters for good.
     *
     * @return how many of them there were
     */
    public int discard(Collection<String> jobIds) {
        int discarded = 0;
        String[] touched = {keys.dead, keys.deadAt, keys.awaited, keys.counts};
        for (var ids : chunks(jobIds)) {
            var arguments = ids.stream().map(Script::argument).toArray(byte[][]::new);
            discarded += count(DISCARD, touched, arguments);
        }
        return discarded;
    }

    private int replayStored(List<Stored> letters, int rate) {
        if (rate < 1) {
            throw new IllegalArgumentException("a replay's rate must be at least 1 job a second, was " + rate);
        }
        if (letters.isEmpty()) {
            return 0;
        }
        var arguments = new ArrayList<byte[]>();
        arguments.add(argument(rate));
        for (var stored : letters) {
            arguments.add(argument(stored.letter.job().id()));
            arguments.add(stored.bytes);
            arguments.add(JobCodec.encode(replayed(stored.letter.job())));
        }
        String[] touched = {keys.dead, keys.deadAt, keys.replay, keys.awaited, keys.counts, keys.replayPace};
        return count(REPLAY, touched, arguments.toArray(byte[][]::new));
    }

    private List<String> latest(int from) {
        return text(redis.await(
                redis.send(keys.deadAt, commands -> commands.zrevrange(keys.deadAt, from, from + CHUNK - 1))));
    }

    private List<String> earliest(int from) {
        return text(
                redis.await(redis.send(keys.deadAt, commands -> commands.zrange(keys.deadAt, from, from + CHUNK - 1))));
    }

    /** The letters of these jobs, without those that went meanwhile. */
    private List<Stored> load(List<String> ids) {
        if (ids.isEmpty()) {
            return List.of();
        }
        var names = ids.toArray(String[]::new);
        var stamps = redis.send(
                keys.deadAt,
                commands -> commands.zmscore(
                        keys.deadAt, ids.stream().map(Script::argument).toArray(byte[][]::new)));
        var letters = redis.await(redis.send(keys.dead, commands -> commands.hmget(keys.dead, names)));
        var times = redis.await(stamps);
        var stored = new ArrayList<Stored>();
        for (int i = 0; i < names.length; i++) {
            var letter = letters.get(i);
            Double at = times.get(i);
            if (letter.hasValue() && at != null) {
                var job = JobCodec.decode(letter.getValue());
                stored.add(new Stored(new DeadLetter(job, Instant.ofEpochMilli(at.longValue())), letter.getValue()));
            }
        }
        return stored;
    }

    private static List<String> text(List<byte[]> ids) {
        return ids.stream().map(id -> new String(id, UTF_8)).toList();
    }

    private static List<List<String>> chunks(Collection<String> ids) {
        var all = List.copyOf(ids);
        return IntStream.iterate(0, from -> from < all.size(), from -> from + CHUNK)
                .mapToObj(from -> all.subList(from, Math.min(from + CHUNK, all.size())))
                .toList();
    }

    private int count(Script script, String[] touched, byte[][] arguments) {
        return Math.toIntExact(redis.await(redis.<Long>run(script, INTEGER, touched, arguments)));
    }

    private static Job replayed(Job job) {
        return job.failed(new Attempt(Instant.now(), "", Attempt.REPLAY, ""));
    }

    /** A letter and its bytes, by which a script knows that it has not changed. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Stored(DeadLetter letter, byte[] bytes) {}
}
