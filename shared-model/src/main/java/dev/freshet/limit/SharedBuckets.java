package dev.freshet.limit;

import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce.LettuceBasedProxyManagerBuilder;
import io.github.bucket4j.redis.lettuce.RedisApi;
import io.github.bucket4j.redis.lettuce.cas.LettuceBasedProxyManager;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Where shared limits count: one string for each caller that expires when it has nothing to say any more. Bucket4j
 * compares and swaps it by the client's clock; each key goes to the process that holds it.
 */
final class SharedBuckets implements RedisApi<Object> {
    /** For processes whose clocks differ: a bucket that is full again need not be kept. */
    private static final Duration KEEP = Duration.ofSeconds(10);

    private final RedisServer server;
    private final String prefix;
    private final LettuceBasedProxyManager<Object> manager;

    /** @param patience how long a request may wait to be counted */
    SharedBuckets(RedisServer server, String prefix, Duration patience) {
        this.server = server;
        this.prefix = prefix;
        this.manager = new LettuceBasedProxyManagerBuilder<>(this)
                .requestTimeout(patience)
                .clientClock(TimeMeter.SYSTEM_MILLISECONDS)
                .expirationAfterWrite(ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(KEEP))
                .build();
    }

    LettuceBasedProxyManager<Object> manager() {
        return manager;
    }

    /** One hash tag for each caller, so that a cluster spreads them. */
    String key(String name, String caller) {
        return prefix + ":limit:" + name + ":{" + caller + "}";
    }

    /** Takes an array of objects, which is what Bucket4j makes of keys of any type. */
    @Override
    public <V> RedisFuture<V> eval(String script, ScriptOutputType type, Object[] keys, byte[][] arguments) {
        var names = Arrays.copyOf(keys, keys.length, String[].class);
        return send(names[0], session -> session.commands().eval(script, type, names, arguments));
    }

    @Override
    public RedisFuture<byte[]> get(Object key) {
        return send((String) key, session -> session.commands().get((String) key));
    }

    @Override
    public RedisFuture<?> delete(Object key) {
        return send((String) key, session -> session.commands().unlink((String) key));
    }

    private <V> RedisFuture<V> send(String key, Function<RedisSession, CompletionStage<V>> call) {
        var answer = new Answer<V>();
        server.send(key, call).whenComplete((value, error) -> {
            if (error == null) {
                answer.complete(value);
            } else {
                answer.completeExceptionally(error);
            }
        });
        return answer;
    }

    /** What Lettuce's interface asks for; Bucket4j only waits for it. */
    private static final class Answer<V> extends CompletableFuture<V> implements RedisFuture<V> {
        @Override
        public String getError() {
            return isCompletedExceptionally() ? String.valueOf(exceptionNow().getMessage()) : "";
        }

        @Override
        public boolean await(long timeout, TimeUnit unit) throws InterruptedException {
            try {
                get(timeout, unit);
                return true;
            } catch (ExecutionException e) {
                return true;
            } catch (TimeoutException e) {
                return false;
            }
        }
    }
}
