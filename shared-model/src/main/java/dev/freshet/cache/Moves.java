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
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Stream;

/** The moves of the protocol. Each is one command or script, so that many can be on their way at once. */
final class Moves {
    private static final Script BEGIN = Script.load(Moves.class, "begin.lua");
    private static final Script FILL = Script.load(Moves.class, "fill.lua");
    private static final Script ABANDON = Script.load(Moves.class, "abandon.lua");
    private static final SecureRandom RANDOM = new SecureRandom();

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
        return server.send(keys.lease(key), session -> begin(session, key, tags, token));
    }

    CompletionStage<Boolean> store(Fill fill, Lifetime lifetime, Entry entry) {
        return server.send(keys.entry(fill.key()), session -> store(session, fill, lifetime, entry));
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
    Entry entry(Fill fill, byte[] content, Lifetime lifetime, Instant lastRead, String origin) {
        return Entry.of(content, fill.begunAt(), lifetime, lastRead, origin, options.gzipFrom());
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

    private CompletionStage<Optional<Fill>> begin(RedisSession session, String key, List<Tag> tags, String token) {
        var names = Stream.concat(Stream.of(keys.lease(key)), epochKeys(keys.bucketOf(key), tags))
                .toArray(String[]::new);
        return BEGIN.<List<Object>>run(
                        session.commands(),
                        ScriptOutputType.MULTI,
                        names,
                        argument(token),
                        argument(options.lease().toMillis()),
                        argument(options.epochTtl().toMillis()),
                        argument(session.runId()))
                .thenApply(answer -> answer.size() == 1
                        ? Optional.empty()
                        : Optional.of(new Fill(
                                key,
                                tags,
                                answer.stream()
                                        .skip(2)
                                        .map(epoch -> new String((byte[]) epoch, UTF_8))
                                        .toList(),
                                token,
                                session.runId(),
                                Instant.ofEpochMilli((Long) answer.get(1)))));
    }

    private CompletionStage<Boolean> store(RedisSession session, Fill fill, Lifetime lifetime, Entry entry) {
        if (!session.runId().equals(fill.runId)) {
            return abandon(session, fill).thenApply(given -> false); // stored, it would be dead
        }
        int bucket = keys.bucketOf(fill.key());
        var names = Stream.of(
                        Stream.of(keys.entry(fill.key()), keys.lease(fill.key())),
                        epochKeys(bucket, fill.tags),
                        fill.tags.stream().map(tag -> keys.index(bucket, tag)))
                .flatMap(Function.identity())
                .toArray(String[]::new);
        var ttl = lifetime.untilHardExpiry();
        var indexTtl = ttl.compareTo(options.epochTtl()) > 0 ? ttl : options.epochTtl();
        var arguments = Stream.concat(
                Stream.of(
                        argument(fill.token),
                        argument(ttl.toMillis()),
                        fill.stored(entry, lifetime).encode(),
                        argument(fill.key()),
                        argument(indexTtl.toMillis())),
                fill.epochs.stream().map(Script::argument));
        return FILL.<Long>run(session.commands(), ScriptOutputType.INTEGER, names, arguments.toArray(byte[][]::new))
                .thenApply(stored -> stored == 1);
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
