package dev.freshet.cache;

import static dev.freshet.redis.Script.argument;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import dev.freshet.redis.Script;
import io.lettuce.core.KeyValue;
import io.lettuce.core.ScriptOutputType;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The moves of the protocol. Each is one command or script, so that many can be on their way at once; many that begin, or
 * that store, share a script where their keys lie in one bucket.
 */
final class Moves {
    private static final Script BEGIN = Script.load(Moves.class, "begin.lua");
    private static final Script FILL = Script.load(Moves.class, "fill.lua");
    private static final Script ABANDON = Script.load(Moves.class, "abandon.lua");
    private static final SecureRandom RANDOM = new SecureRandom();

    /** A load that is to begin. */
    private record Beginning(String key, List<Tag> tags, String token) {}

    /** A value that is to be stored. */
    record Storing(Fill fill, Lifetime lifetime, Entry entry) {}

    private final RedisServer server;
    private final CacheOptions options;
    private final CacheKeys keys;

    Moves(RedisServer server, CacheOptions options, CacheKeys keys) {
        this.server = server;
        this.options = options;
        this.keys = keys;
    }

    /** What is stored under a key and these tags, be it past its ttl or its epochs. */
    CompletionStage<Optional<Found>> look(String key, List<Tag> tags) {
        var names = Stream.concat(Stream.of(keys.entry(key)), epochKeys(keys.bucketOf(key), tags))
                .toArray(String[]::new);
        return server.send(
                keys.entry(key),
                session -> session.commands().mget(names).thenApply(values -> found(session, tags, values)));
    }

    CompletionStage<Optional<Fill>> begin(String key, List<Tag> tags) {
        return begin(key, tags, newToken());
    }

    /** @param token from {@link #newToken}; the same one when it is sent again */
    CompletionStage<Optional<Fill>> begin(String key, List<Tag> tags, String token) {
        return begin(List.of(new Beginning(key, tags, token))).getFirst();
    }

    /** @param tags those of each key, in the order of the keys */
    List<CompletionStage<Optional<Fill>>> beginAll(List<String> keys, List<List<Tag>> tags) {
        return begin(IntStream.range(0, keys.size())
                .mapToObj(i -> new Beginning(keys.get(i), tags.get(i), newToken()))
                .toList());
    }

    CompletionStage<Boolean> store(Fill fill, Lifetime lifetime, Entry entry) {
        return storeAll(List.of(new Storing(fill, lifetime, entry))).getFirst();
    }

    List<CompletionStage<Boolean>> storeAll(List<Storing> values) {
        return SharedCall.make(
                values,
                one -> List.of(keys.bucketOf(one.fill.key()), one.fill.runId),
                one -> one.entry.payload().length,
                some -> server.send(keys.entry(some.getFirst().fill.key()), session -> store(session, some)));
    }

    CompletionStage<Long> abandon(Fill fill) {
        return server.send(keys.lease(fill.key()), session -> abandon(session, fill));
    }

    /** Takes a key's lease from whoever has it, whose fill will be refused. */
    CompletionStage<Long> revoke(String key) {
        return server.unlink(List.of(keys.lease(key)));
    }

    /** Removes a key, also for a fill that is in flight. */
    CompletionStage<Long> delete(String key) {
        return server.unlink(List.of(keys.entry(key), keys.lease(key)));
    }

    /** Removes the epochs of tags in one bucket. */
    CompletionStage<Long> invalidate(int bucket, List<Tag> tags) {
        return server.unlink(epochKeys(bucket, tags).toList());
    }

    /** The entry to be stored for a load, its ttl shortened at random. */
    Entry entry(Fill fill, byte[] content, Lifetime lifetime, Instant lastRead, String origin, boolean gzip) {
        return Entry.of(content, fill.begunAt(), lifetime, lastRead, origin, options.gzipFrom(gzip));
    }

    /** So that what was stored together does not expire together. */
    Lifetime jittered(Lifetime lifetime) {
        return lifetime.shortenedBy(ThreadLocalRandom.current().nextDouble() * options.jitter());
    }

    /** The session must be the one that answered: its run id counts. */
    private static Optional<Found> found(RedisSession session, List<Tag> tags, List<KeyValue<String, byte[]>> values) {
        if (!values.getFirst().hasValue()) {
            return Optional.empty();
        }
        return Stored.decode(values.getFirst().getValue())
                .filter(stored -> stored.tags().equals(tags))
                .map(stored -> new Found(
                        stored,
                        stored.runId().equals(session.runId())
                                && areCurrent(stored.epochs(), values.subList(1, values.size()))));
    }

    private static boolean areCurrent(List<String> epochs, List<KeyValue<String, byte[]>> current) {
        for (int i = 0; i < epochs.size(); i++) {
            if (!current.get(i).hasValue()
                    || !epochs.get(i).equals(new String(current.get(i).getValue(), UTF_8))) {
                return false;
            }
        }
        return true;
    }

    private List<CompletionStage<Optional<Fill>>> begin(List<Beginning> loads) {
        return SharedCall.make(
                loads,
                one -> keys.bucketOf(one.key),
                one -> 0,
                some -> server.send(keys.lease(some.getFirst().key), session -> begin(session, some)));
    }

    private CompletionStage<List<Optional<Fill>>> begin(RedisSession session, List<Beginning> loads) {
        var names = new ArrayList<String>();
        var arguments = new ArrayList<byte[]>();
        arguments.add(argument(options.lease().toMillis()));
        arguments.add(argument(options.epochTtl().toMillis()));
        arguments.add(argument(session.runId()));
        for (var one : loads) {
            names.add(keys.lease(one.key));
            epochKeys(keys.bucketOf(one.key), one.tags).forEach(names::add);
            arguments.add(argument(one.token));
            arguments.add(argument(one.tags.size()));
        }
        return Moves.<List<Object>>run(BEGIN, session, ScriptOutputType.MULTI, names, arguments)
                .thenApply(answers -> IntStream.range(0, answers.size())
                        .mapToObj(i -> fill(session, loads.get(i), (List<?>) answers.get(i)))
                        .toList());
    }

    /** @param answer Redis' time and the epochs; nothing where somebody else loads */
    private static Optional<Fill> fill(RedisSession session, Beginning load, List<?> answer) {
        if (answer.isEmpty()) {
            return Optional.empty();
        }
        var begunAt = Instant.ofEpochMilli((Long) answer.getFirst());
        var epochs = answer.stream()
                .skip(1)
                .map(epoch -> new String((byte[]) epoch, UTF_8))
                .toList();
        return Optional.of(new Fill(load.key, load.tags, epochs, load.token, session.runId(), begunAt));
    }

    /** @param values of one bucket, their loads begun under one process */
    private CompletionStage<List<Boolean>> store(RedisSession session, List<Storing> values) {
        if (!session.runId().equals(values.getFirst().fill.runId)) {
            return giveBack(session, values); // stored, they would be dead
        }
        var names = new ArrayList<String>();
        var arguments = new ArrayList<byte[]>();
        for (var one : values) {
            var fill = one.fill;
            int bucket = keys.bucketOf(fill.key());
            names.add(keys.entry(fill.key()));
            names.add(keys.lease(fill.key()));
            epochKeys(bucket, fill.tags).forEach(names::add);
            fill.tags.forEach(tag -> names.add(keys.index(bucket, tag)));
            var ttl = one.lifetime.untilHardExpiry();
            var indexTtl = ttl.compareTo(options.epochTtl()) > 0 ? ttl : options.epochTtl();
            arguments.add(argument(fill.token));
            arguments.add(argument(ttl.toMillis()));
            arguments.add(fill.stored(one.entry, one.lifetime).encode());
            arguments.add(argument(fill.key()));
            arguments.add(argument(indexTtl.toMillis()));
            arguments.add(argument(fill.epochs.size()));
            fill.epochs.forEach(epoch -> arguments.add(argument(epoch)));
        }
        return Moves.<List<Object>>run(FILL, session, ScriptOutputType.MULTI, names, arguments)
                .thenApply(answers ->
                        answers.stream().map(stored -> (Long) stored == 1).toList());
    }

    private CompletionStage<List<Boolean>> giveBack(RedisSession session, List<Storing> values) {
        var given = values.stream()
                .map(one -> abandon(session, one.fill).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(given).thenApply(all -> Collections.nCopies(values.size(), false));
    }

    private static <T> CompletionStage<T> run(
            Script script, RedisSession session, ScriptOutputType output, List<String> names, List<byte[]> arguments) {
        return script.run(session.commands(), output, names.toArray(String[]::new), arguments.toArray(byte[][]::new));
    }

    private CompletionStage<Long> abandon(RedisSession session, Fill fill) {
        var lease = new String[] {keys.lease(fill.key())};
        return ABANDON.run(session.commands(), ScriptOutputType.INTEGER, lease, argument(fill.token));
    }

    private Stream<String> epochKeys(int bucket, List<Tag> tags) {
        return tags.stream().map(tag -> keys.epoch(bucket, tag));
    }

    static String newToken() {
        var bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
