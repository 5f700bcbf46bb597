package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.Script;
import io.lettuce.core.ScriptOutputType;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Protocols that lack one thing each. What finds nothing wrong with one of them proves nothing about ours. */
enum Crippled {
    EPOCHS_READ_AFTER_THE_LOAD(EpochsAfterLoad::new),
    MISSING_EPOCH_COUNTS_AS_VALID(MissingEpochIsValid::new),
    NO_RUN_ID(NoRunId::new, Surroundings.Kind.KILLED),
    JOINER_TAKES_A_REFUSED_LOAD(SharedLoads::new),
    TAG_SETS_INSTEAD_OF_EPOCHS(TagSets::new);

    @SuppressWarnings("ImmutableEnumChecker") // a constructor
    private final BiFunction<RedisServer, CacheOptions, Protocol> making;

    private final Surroundings.Kind surroundings;

    Crippled(BiFunction<RedisServer, CacheOptions, Protocol> making) {
        this(making, Surroundings.Kind.PLAIN);
    }

    Crippled(BiFunction<RedisServer, CacheOptions, Protocol> making, Surroundings.Kind surroundings) {
        this.making = making;
        this.surroundings = surroundings;
    }

    /** Where it shows. */
    Surroundings.Kind surroundings() {
        return surroundings;
    }

    Protocol make(RedisServer server, CacheOptions options) {
        return making.apply(server, options);
    }

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }

    /** Stores the epochs, or versions, that it finds when it saves. */
    private static final class EpochsAfterLoad extends Steps {
        EpochsAfterLoad(RedisServer server, CacheOptions options) {
            super(server, options);
        }

        @Override
        public Optional<Fill> begin(String key, List<Tag> tags, String token) {
            return Optional.of(new Fill(key, tags, List.of(), token, "", Instant.EPOCH));
        }

        @Override
        public boolean fill(Fill fill, String content) {
            return super.begin(fill.key(), fill.tags, fill.token)
                    .map(begun -> super.fill(begun, content))
                    .orElse(false);
        }
    }

    /** Replaces epochs instead of removing them, and trusts an entry whose epoch is gone. */
    private static final class MissingEpochIsValid extends Steps {
        MissingEpochIsValid(RedisServer server, CacheOptions options) {
            super(server, options);
        }

        @Override
        public Optional<String> read(String key, List<Tag> tags) {
            return look(key, tags).filter(MissingEpochIsValid::isCurrent).map(Crippled::content);
        }

        private static boolean isCurrent(Look look) {
            return look.stored().runId().equals(look.runId())
                    && IntStream.range(0, look.epochs().size()).allMatch(i -> {
                        var epoch = look.epochs().get(i);
                        return epoch == null
                                || epoch.equals(look.stored().epochs().get(i));
                    });
        }

        @Override
        public void invalidate(List<Tag> tags) {
            for (int bucket = 0; bucket < keys.buckets(); bucket++) {
                for (var tag : tags) {
                    var name = keys.epoch(bucket, tag);
                    var epoch = UUID.randomUUID().toString().getBytes(UTF_8);
                    server.await(server.send(name, session -> session.commands().set(name, epoch)));
                }
            }
        }
    }

    /** Trusts what came back from disk. */
    private static final class NoRunId extends Steps {
        NoRunId(RedisServer server, CacheOptions options) {
            super(server, options);
        }

        @Override
        public Optional<String> read(String key, List<Tag> tags) {
            return look(key, tags)
                    .filter(look -> Objects.equals(look.epochs(), look.stored().epochs()))
                    .map(Crippled::content);
        }

        @Override
        public boolean fill(Fill fill, String content) {
            var runId = server.session(keys.entry(fill.key())).runId();
            return super.fill(new Fill(fill.key(), fill.tags, fill.epochs, fill.token, runId, fill.begunAt()), content);
        }
    }

    /** Lets readers of one process share a load, as most do. */
    private static final class SharedLoads extends Steps {
        SharedLoads(RedisServer server, CacheOptions options) {
            super(server, options);
        }

        private final Map<String, CompletableFuture<Got>> loading = new ConcurrentHashMap<>();

        @Override
        public boolean sharesLoads() {
            return true;
        }

        @Override
        public Got get(String key, List<Tag> tags, Supplier<String> loader) {
            var found = read(key, tags);
            if (found.isPresent()) {
                return new Got(found.get(), true);
            }
            var mine = new CompletableFuture<Got>();
            var others = loading.putIfAbsent(key, mine);
            if (others != null) {
                return others.join();
            }
            try {
                var got = super.get(key, tags, loader);
                mine.complete(got);
                return got;
            } catch (RuntimeException e) {
                mine.completeExceptionally(e);
                throw e;
            } finally {
                loading.remove(key, mine);
            }
        }
    }

    /** Notes under each tag which keys it has, and removes them. */
    private static final class TagSets extends Steps {
        private static final byte[] REMOVE = """
                for i = 1, #KEYS do
                    for _, entry in ipairs(redis.call('SMEMBERS', KEYS[i])) do redis.call('UNLINK', entry) end
                    redis.call('UNLINK', KEYS[i])
                end
                return 1""".getBytes(UTF_8);
        private static final byte[] SAVE = """
                redis.call('SET', KEYS[1], ARGV[1])
                for i = 2, #KEYS do redis.call('SADD', KEYS[i], KEYS[1]) end
                return 1""".getBytes(UTF_8);

        TagSets(RedisServer server, CacheOptions options) {
            super(server, options);
        }

        @Override
        public Optional<String> read(String key, List<Tag> tags) {
            var name = keys.entry(key);
            return Optional.ofNullable(server.await(
                            server.send(name, session -> session.commands().get(name))))
                    .map(content -> new String(content, UTF_8));
        }

        @Override
        public Optional<Fill> begin(String key, List<Tag> tags, String token) {
            return Optional.of(new Fill(key, tags, List.of(), token, "", Instant.EPOCH));
        }

        @Override
        public boolean fill(Fill fill, String content) {
            var names = new java.util.ArrayList<>(List.of(keys.entry(fill.key())));
            fill.tags.forEach(tag -> names.add(set(keys.bucketOf(fill.key()), tag)));
            eval(SAVE, names, Script.argument(content));
            return true;
        }

        @Override
        public void invalidate(List<Tag> tags) {
            for (int bucket = 0; bucket < keys.buckets(); bucket++) {
                int at = bucket;
                eval(REMOVE, tags.stream().map(tag -> set(at, tag)).toList());
            }
        }

        @Override
        public List<String> sets(List<Tag> tags) {
            return tags.stream().map(tag -> set(0, tag)).toList();
        }

        private String set(int bucket, Tag tag) {
            return keys.index(bucket, tag) + ":set";
        }

        private void eval(byte[] script, List<String> names, byte[]... arguments) {
            server.<Long>await(server.send(
                    names.getFirst(),
                    session -> session.commands()
                            .eval(script, ScriptOutputType.INTEGER, names.toArray(String[]::new), arguments)));
        }
    }

    private static String content(Steps.Look look) {
        return new String(look.stored().entry().content(), UTF_8);
    }
}
