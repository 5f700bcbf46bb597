package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;
import static io.lettuce.core.ScriptOutputType.INTEGER;
import static io.lettuce.core.ScriptOutputType.MULTI;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The dead letters of one partition. */
final class Letters {
    /** Bodies that are in hand, or in one script, at the same time; one that is larger comes alone. */
    private static final long MOST_BYTES = 4 << 20;

    /** How often a letter that changes under our hands is read again. */
    private static final int TRIES = 3;

    private static final double FOR_EVER = 1e15;

    private static final Script HEADS = Script.load(DeadLetters.class, "heads.lua");
    private static final Script REPLAY = Script.load(DeadLetters.class, "replay.lua");
    private static final Script DISCARD = Script.load(DeadLetters.class, "discard.lua");
    private static final Script STUB = Script.load(DeadLetters.class, "stub.lua");
    private static final Script WEIGH = Script.load(DeadLetters.class, "weigh.lua");

    private final ScriptRunner redis;
    private final QueueKeys keys;
    private final long maxBytes;

    /** @param maxBytes of jobs in this partition, from which on nothing is replayed into it */
    Letters(ScriptRunner redis, QueueKeys keys, long maxBytes) {
        this.redis = redis;
        this.keys = keys;
        this.maxBytes = maxBytes;
    }

    /**
     * @param ids of those that were dealt with
     * @param goesOn whether there is room for more
     */
    private record Dealt(Set<String> ids, boolean goesOn) {}

    /**
     * @param bytes about, of all bodies that are worth moving
     * @param now ms by Redis' clock
     */
    record Weight(long bytes, long now) {}

    /** Those that match, read as far as somebody asks, their bodies not. */
    Stream<Head> find(DeadFilter filter, boolean latestFirst) {
        double latest =
                Math.min(latest(), filter.before().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE));
        var walk = new DeadWalk(redis, keys, latestFirst, earliest(filter), latest);
        return Stream.generate(walk::next)
                .takeWhile(ids -> !ids.isEmpty())
                .flatMap(ids -> heads(ids).stream())
                .filter(head -> filter.matches(head.letter()));
    }

    /** The letters of these jobs, without those that are not there. */
    List<Head> heads(Collection<String> ids) {
        if (ids.isEmpty()) {
            return List.of();
        }
        String[] touched = {keys.dead, keys.deadAt};
        var arguments = ids.stream().map(Script::argument).toArray(byte[][]::new);
        List<Object> answer = redis.await(redis.run(HEADS, MULTI, touched, arguments));
        var heads = new ArrayList<Head>();
        for (int i = 0; i < answer.size(); i += 3) {
            var at = Instant.ofEpochMilli((long) Double.parseDouble(text(answer.get(i + 2))));
            heads.add(Head.read((byte[]) answer.get(i), (Long) answer.get(i + 1), at));
        }
        return heads;
    }

    /** The same letters with their bodies, as far as these can be had; those that went meanwhile are left out. */
    List<DeadLetter> whole(List<Head> heads, Optional<BodyStore> store) {
        var whole = new LinkedHashMap<String, DeadLetter>();
        var open = heads;
        for (int i = 0; i < TRIES && !open.isEmpty(); i++) {
            var bodies = bodies(open, store);
            open.forEach(head -> whole.put(head.id(), head.whole(Optional.ofNullable(bodies.get(head.id())))));
            var missing = open.stream()
                    .map(Head::id)
                    .filter(id -> !bodies.containsKey(id))
                    .collect(Collectors.toSet());
            open = heads(missing); // a body may have been moved between the two looks
            open.forEach(head -> missing.remove(head.id()));
            whole.keySet().removeAll(missing);
        }
        return List.copyOf(whole.values());
    }

    /** As {@link #whole}, with a few bodies at a time in hand. */
    void eachWhole(List<Head> heads, Optional<BodyStore> store, Consumer<DeadLetter> reader) {
        bySize(heads).forEach(some -> whole(some, store).forEach(reader));
    }

    /** @param rate jobs a second */
    int replay(Collection<String> ids, double rate, Optional<BodyStore> store, DeadProgress progress) {
        return each(chunks(ids), head -> true, some -> replayed(some, rate, store, progress), progress);
    }

    int replayAll(DeadFilter filter, double rate, Optional<BodyStore> store, DeadProgress progress) {
        return all(filter, some -> replayed(some, rate, store, progress), progress);
    }

    int discard(Collection<String> ids, Optional<BodyStore> store, DeadProgress progress) {
        return each(chunks(ids), head -> true, some -> new Dealt(discarded(some, store), true), progress);
    }

    int discardAll(DeadFilter filter, Optional<BodyStore> store, DeadProgress progress) {
        return all(filter, some -> new Dealt(discarded(some, store), true), progress);
    }

    /** About what the bodies of letters take, those that are smaller than {@code smallest} left out. */
    Weight weigh(int sample, int smallest) {
        List<Long> answer = redis.await(
                redis.runTimed(WEIGH, MULTI, new String[] {keys.dead}, argument(sample), argument(smallest)));
        return new Weight(answer.get(0), answer.get(1));
    }

    /** From the earliest letter on, without an end. */
    DeadWalk walk() {
        return new DeadWalk(redis, keys, false, 0, FOR_EVER);
    }

    /** Those of these letters that have so many bytes of body in Redis, as many together as may be in hand. */
    List<List<Head>> withBodies(List<String> ids, int smallest) {
        return bySize(heads(ids).stream()
                .filter(head -> head.moved().isEmpty() && head.letter().bodySize() >= smallest)
                .toList());
    }

    /** The letters as jobs with bodies; those that have changed are left out. */
    List<Job> jobs(List<Head> heads) {
        return whole(heads, Optional.empty()).stream()
                .filter(DeadLetter::isWhole)
                .map(DeadLetter::job)
                .toList();
    }

    /**
     * Takes the bodies out of Redis.
     *
     * @param jobs letters whose bodies stand elsewhere
     * @param until when this must not be done any more, ms by Redis' clock
     * @return how many were not changed meanwhile
     */
    int stub(List<Job> jobs, long until) {
        var arguments = new ArrayList<byte[]>();
        arguments.add(argument(until));
        for (var job : jobs) {
            var head = JobCodec.encode(Head.withBody(job, new byte[0]));
            arguments.add(argument(job.id()));
            arguments.add(head);
            arguments.add(argument(head.length + job.body().length));
            arguments.add(Head.stub(job));
        }
        return Math.toIntExact(redis.await(
                redis.<Long>runTimed(STUB, INTEGER, new String[] {keys.dead}, arguments.toArray(byte[][]::new))));
    }

    /** Deals with all that match and were buried before the call. */
    private int all(DeadFilter filter, Function<List<Head>, Dealt> deal, DeadProgress progress) {
        double latest = latest();
        var walk = new DeadWalk(redis, keys, false, earliest(filter), latest);
        return each(
                Stream.generate(walk::next).takeWhile(ids -> !ids.isEmpty()),
                head -> filter.matches(head.letter()) && head.letter().at().toEpochMilli() <= latest,
                deal,
                progress);
    }

    private int each(
            Stream<List<String>> pages,
            Predicate<Head> wanted,
            Function<List<Head>, Dealt> deal,
            DeadProgress progress) {
        int count = 0;
        for (var page : (Iterable<List<String>>) pages::iterator) {
            var open = heads(page).stream().filter(wanted).toList();
            for (int i = 0; i < TRIES && !open.isEmpty(); i++) {
                var left = new ArrayList<String>();
                for (var some : bySize(open)) {
                    if (!progress.goesOn()) {
                        return count;
                    }
                    var ids = some.stream().map(Head::id).toList();
                    progress.begins(ids);
                    var dealt = deal.apply(some);
                    progress.done(some.stream()
                            .filter(head -> dealt.ids().contains(head.id()))
                            .map(Head::letter)
                            .toList());
                    count += dealt.ids().size();
                    if (!dealt.goesOn()) {
                        progress.full();
                        return count;
                    }
                    ids.stream().filter(id -> !dealt.ids().contains(id)).forEach(left::add);
                }
                open = heads(left).stream().filter(wanted).toList();
            }
        }
        return count;
    }

    private Dealt replayed(List<Head> heads, double rate, Optional<BodyStore> store, DeadProgress progress) {
        var bodies = moved(heads, store);
        var now = Instant.now();
        var arguments = new ArrayList<byte[]>();
        arguments.add(argument(String.valueOf(rate)));
        arguments.add(argument(maxBytes));
        for (var head : heads) {
            var body = head.moved().isEmpty() ? new byte[0] : bodies.get(head.id());
            if (body == null) {
                progress.bodyMissing(head.id());
                continue;
            }
            arguments.add(argument(head.id()));
            arguments.add(head.bytes());
            arguments.add(JobCodec.encode(
                    Head.withBody(head.letter().job().failed(new Attempt(now, "", Attempt.REPLAY, "")), new byte[0])));
            arguments.add(body);
        }
        String[] touched = {keys.dead, keys.deadAt, keys.replay, keys.awaited, keys.counts, keys.replayPace};
        if (arguments.size() == 2) {
            return new Dealt(Set.of(), true);
        }
        List<Object> answer = redis.await(redis.run(REPLAY, MULTI, touched, arguments.toArray(byte[][]::new)));
        return new Dealt(ids((List<?>) answer.get(1)), (Long) answer.get(0) == 0);
    }

    private Set<String> discarded(List<Head> heads, Optional<BodyStore> store) {
        var arguments = new ArrayList<byte[]>();
        for (var head : heads) {
            arguments.add(argument(head.id()));
            arguments.add(head.bytes());
        }
        String[] touched = {keys.dead, keys.deadAt, keys.awaited, keys.counts};
        var gone = ids(redis.await(redis.run(DISCARD, MULTI, touched, arguments.toArray(byte[][]::new))));
        var unneeded = heads.stream()
                .filter(head -> gone.contains(head.id()))
                .flatMap(head -> head.moved().stream())
                .toList();
        if (!unneeded.isEmpty()) {
            store.ifPresent(there -> there.delete(unneeded));
        }
        return gone;
    }

    private Map<String, byte[]> bodies(List<Head> heads, Optional<BodyStore> store) {
        var bodies = moved(heads, store);
        var here = heads.stream().filter(head -> head.moved().isEmpty()).toList();
        if (here.isEmpty()) {
            return bodies;
        }
        var names = here.stream().map(Head::id).toArray(String[]::new);
        var letters = redis.await(redis.send(keys.dead, commands -> commands.hmget(keys.dead, names)));
        for (int i = 0; i < names.length; i++) {
            var letter = letters.get(i);
            if (letter.hasValue()) {
                here.get(i).bodyOf(letter.getValue()).ifPresent(body -> bodies.put(letter.getKey(), body));
            }
        }
        return bodies;
    }

    /** By job id. */
    private static Map<String, byte[]> moved(List<Head> heads, Optional<BodyStore> store) {
        var keys = heads.stream().flatMap(head -> head.moved().stream()).toList();
        var bodies = new HashMap<String, byte[]>();
        if (!keys.isEmpty()) {
            store.ifPresent(there -> there.read(keys).forEach((key, body) -> bodies.put(key.id(), body)));
        }
        return bodies;
    }

    private static double earliest(DeadFilter filter) {
        return filter.since().map(Instant::toEpochMilli).orElse(0L);
    }

    /** When the latest one was buried, ms since 1970; 0 when there is none. */
    private double latest() {
        var latest = redis.await(redis.send(keys.deadAt, commands -> commands.zrevrangeWithScores(keys.deadAt, 0, 0)));
        return latest.isEmpty() ? 0 : latest.getFirst().getScore();
    }

    private static Set<String> ids(List<?> answer) {
        return answer.stream().map(Letters::text).collect(Collectors.toSet());
    }

    private static Stream<List<String>> chunks(Collection<String> ids) {
        var all = ids.stream().distinct().toList();
        return Stream.iterate(0, from -> from < all.size(), from -> from + DeadWalk.PAGE)
                .map(from -> all.subList(from, Math.min(from + DeadWalk.PAGE, all.size())));
    }

    private static List<List<Head>> bySize(List<Head> heads) {
        var chunks = new ArrayList<List<Head>>();
        long bytes = MOST_BYTES;
        for (var head : heads) {
            bytes += head.letter().bodySize();
            if (bytes > MOST_BYTES || chunks.isEmpty()) {
                chunks.add(new ArrayList<>());
                bytes = head.letter().bodySize();
            }
            chunks.getLast().add(head);
        }
        return chunks;
    }

    private static String text(Object bytes) {
        return new String((byte[]) bytes, UTF_8);
    }
}
