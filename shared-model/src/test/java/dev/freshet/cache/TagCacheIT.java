package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.Cached.Outcome;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TagCacheIT {
    private static final Lifetime FIVE_MINUTES = Lifetime.of(Duration.ofMinutes(5));
    private static final Tag COHORT = new Tag("cohort:3");
    private static final List<Tag> TAGS = List.of(new Tag("enrollments"), COHORT);

    private final RedisServer server =
            new RedisServer("cache", TestServices.shared().redisUrl(), Duration.ofSeconds(2));
    private final TagCache cache =
            new TagCache(server, CacheOptions.defaults(TestServices.shared().newPrefix()));

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void aValueIsAHitUntilOneOfItsTagsIsInvalidated() {
        assertThat(get("old").outcome()).isEqualTo(Outcome.MISS);
        assertThat(get("new").outcome()).isEqualTo(Outcome.HIT);
        assertThat(get("new").entry().content()).isEqualTo(bytes("old"));

        cache.invalidate(List.of(COHORT));

        assertThat(cache.read("k", TAGS)).isEmpty();
        assertThat(get("new").entry().content()).isEqualTo(bytes("new"));
    }

    private Cached get(String value) {
        return cache.get("k", TAGS, FIVE_MINUTES, "origin", () -> bytes(value));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
