package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;
import static io.lettuce.core.ScriptOutputType.INTEGER;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The dead letters of one partition. */
final class Letters {
    private static final int CHUNK = 100;
    private static final Script REPLAY = Script.load(DeadLetters.class, "replay.lua");
    private static final Script DISCARD = Script.load(DeadLetters.class, "discard.lua");

    private final ScriptRunner redis;
    private final QueueKeys keys;

    Letters(ScriptRunner redis, QueueKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** All of them, the latest first, read as far as somebody asks. */
    Stream<DeadLetter> latestFirst() {
        return Stream.iterate(0, from -> from + CHUNK)
                .map(this::latest)
                .takeWhile(ids -> !ids.isEmpty())
                .flatMap(ids -> load(ids).stream())
                .map(Stored::letter);
    }

    Optional<DeadLetter> find(String jobId) {
        return load(List.of(jobId)).stream().map(Stored::letter).findFirst();
    }

    /** @param rate jobs a second */
    int replay(List<String> jobIds, double rate) {
        return chunks(jobIds).stream()
                .mapToInt(ids -> replayStored(load(ids), rate))
                .sum();
    }

    int replayAll(DeadFilter filter, double rate) {
        var latest = load(latest(0)).stream().map(stored -> stored.letter.at()).findFirst();
        int replayed = 0;
        int kept = 0;
        for (var ids = earliest(kept); latest.isPresent() && !ids.isEmpty(); ids = earliest(kept)) {
            var letters = load(ids).stream()
                    .filter(stored -> !stored.letter.at().isAfter(latest.get()))
                    .filter(stored -> filter.matches(stored.letter))
                    .toList();
            int moved = replayStored(letters, rate);
            replayed += moved;
            kept += ids.size() - moved;
        }
        return replayed;
    }

    int discard(List<String> jobIds) {
        String[] touched = {keys.dead, keys.deadAt, keys.awaited, keys.counts};
        return chunks(jobIds).stream()
                .mapToInt(ids -> count(
                        DISCARD, touched, ids.stream().map(Script::argument).toArray(byte[][]::new)))
                .sum();
    }

    private int replayStored(List<Stored> letters, double rate) {
        if (letters.isEmpty()) {
            return 0;
        }
        var arguments = new ArrayList<byte[]>();
        arguments.add(argument(String.valueOf(rate)));
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

    private static List<List<String>> chunks(List<String> ids) {
        return IntStream.iterate(0, from -> from < ids.size(), from -> from + CHUNK)
                .mapToObj(from -> ids.subList(from, Math.min(from + CHUNK, ids.size())))
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
