package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import io.lettuce.core.KeyValue;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The cache step by step. What cripples it overrides one of them. */
abstract class Steps implements Protocol {
    static final Lifetime LIFETIME = Lifetime.of(Duration.ofHours(1));

    final RedisServer server;
    final CacheKeys keys;
    final TagCache cache;

    Steps(RedisServer server, CacheOptions options) {
        this.server = server;
        this.keys = new CacheKeys(options.prefix(), new Buckets(server, options));
        this.cache = new TagCache(server, options);
    }

    @Override
    public Optional<String> read(String key, List<Tag> tags) {
        return cache.read(key, tags).map(entry -> new String(entry.content(), UTF_8));
    }

    @Override
    public Optional<Fill> begin(String key, List<Tag> tags, String token) {
        return cache.begin(key, tags, token);
    }

    @Override
    public boolean fill(Fill fill, String content) {
        return cache.fill(fill, content.getBytes(UTF_8), LIFETIME, "", fill.begunAt());
    }

    @Override
    public void abandon(Fill fill) {
        cache.abandon(fill);
    }

    @Override
    public void invalidate(List<Tag> tags) {
        cache.invalidate(tags);
    }

    @Override
    public void delete(String key) {
        cache.delete(key);
    }

    /** An entry and what stands beside it, seen in one moment. */
    record Look(String runId, Stored stored, List<@Nullable String> epochs) {}

    Optional<Look> look(String key, List<Tag> tags) {
        var names =
                Stream.concat(Stream.of(keys.entry(key)), epochKeys(key, tags)).toArray(String[]::new);
        return server.await(server.send(
                names[0],
                session -> session.commands()
                        .mget(names)
                        .thenApply(values -> Stored.decode(values.getFirst().getValueOrElse(new byte[0]))
                                .map(stored -> new Look(session.runId(), stored, epochs(values))))));
    }

    Stream<String> epochKeys(String key, List<Tag> tags) {
        return tags.stream().map(tag -> keys.epoch(keys.bucketOf(key), tag));
    }

    private static List<@Nullable String> epochs(List<KeyValue<String, byte[]>> values) {
        Function<KeyValue<String, byte[]>, @Nullable String> text =
                value -> value.hasValue() ? new String(value.getValue(), UTF_8) : null;
        return values.stream().skip(1).map(text).toList();
    }
}
