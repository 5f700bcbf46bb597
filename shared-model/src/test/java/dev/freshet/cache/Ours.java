package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.cache.Cached.Outcome;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** The cache as it is, where it can with the methods that its users call. */
final class Ours extends Steps {
    Ours(RedisServer server, CacheOptions options) {
        super(server, options);
    }

    @Override
    public List<Optional<String>> readAll(List<String> keys, List<List<Tag>> tags) {
        return cache.readAll(keys, tags).stream()
                .map(found -> found.map(entry -> new String(entry.content(), UTF_8)))
                .toList();
    }

    @Override
    public Got get(String key, List<Tag> tags, Supplier<String> loader) {
        var got = cache.get(key, tags, LIFETIME, key, () -> loader.get().getBytes(UTF_8));
        return new Got(new String(got.entry().content(), UTF_8), got.outcome() == Outcome.HIT);
    }

    @Override
    public int rewarm(Tag tag, Function<String, List<Tag>> tags, Function<String, String> loader) {
        int stored = 0;
        for (var hot : cache.sweep(List.of(tag))) {
            var fill = cache.begin(hot.key(), tags.apply(hot.key()));
            if (fill.isPresent() && fill(fill.get(), loader.apply(hot.key()))) {
                stored++;
            }
        }
        return stored;
    }
}
