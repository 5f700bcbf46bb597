package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.cache.Cached.Outcome;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SilenceIT {
    private static final List<Tag> TAGS = List.of(new Tag("t"));
    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private final CuttingProxy proxy = CuttingProxy.before(TestServices.shared().cacheUrl());
    private final RedisServer server = new RedisServer("cache", proxy.url(), TIMEOUT);
    private final TagCache cache =
            new TagCache(server, CacheOptions.defaults(TestServices.shared().newPrefix()));

    @BeforeEach
    void fill() {
        await().until(server::isConnected);
        awaitHit();
    }

    @AfterEach
    void close() {
        server.close();
        proxy.close();
    }

    @Test
    void afterOneReadWaitedInVainTheOthersDoNotWaitUntilRedisAnswersAgain() {
        proxy.hold();
        assertThatThrownBy(() -> read("one")).isInstanceOf(RedisCommandTimeoutException.class);
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> read("one"))
                    .isInstanceOf(RedisException.class)
                    .isNotInstanceOf(RedisCommandTimeoutException.class);
            assertThatThrownBy(() -> cache.read("k", TAGS))
                    .isInstanceOf(RedisException.class)
                    .isNotInstanceOf(RedisCommandTimeoutException.class);
        }

        proxy.release();
        awaitHit();
    }

    @Test
    void whoInvalidatesIsNotSparedTheWaitAndIsToldThatNothingIsKnown() {
        proxy.hold();
        assertThatThrownBy(() -> read("one")).isInstanceOf(RedisException.class);
        assertThatThrownBy(() -> cache.invalidate(TAGS)).isInstanceOf(RedisException.class);

        proxy.release();
        await().ignoreExceptions().until(() -> {
            cache.invalidate(TAGS);
            return true;
        });
        var next = await().ignoreExceptions().until(() -> read("two"), Objects::nonNull);
        assertThat(new String(next.entry().content(), UTF_8)).isEqualTo("two");
    }

    @Test
    void whatAWriterFailedWithIsNotHiddenByAnInvalidationThatFailedToo() {
        proxy.hold();
        var request = new Request("", "k", TAGS, Lifetime.of(Duration.ofMinutes(5)), "");
        Runnable writer = () -> {
            throw new IllegalStateException("constraint");
        };
        assertThatThrownBy(() -> cache.writeThrough(request, writer, () -> {
                    throw new AssertionError("loaded what was not written");
                }))
                .hasMessage("constraint")
                .satisfies(error ->
                        assertThat(error.getSuppressed()).singleElement().isInstanceOf(RedisException.class));
        proxy.release();
    }

    private void awaitHit() {
        await().ignoreExceptions().until(() -> read("one").outcome() == Outcome.HIT);
    }

    private Cached read(String value) {
        return cache.get("k", TAGS, Lifetime.of(Duration.ofMinutes(5)), "", () -> value.getBytes(UTF_8));
    }
}
