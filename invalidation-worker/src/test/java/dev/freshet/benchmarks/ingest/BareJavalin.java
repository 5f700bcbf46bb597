package dev.freshet.benchmarks.ingest;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.freshet.model.Hmac;
import io.javalin.Javalin;
import io.javalin.http.Context;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.codec.ByteArrayCodec;
import java.security.MessageDigest;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * What Javalin does by itself: it reads the body of a POST and answers as many bytes of JSON as Freshet does. With a Redis
 * it also does the least that a webhook service must do: it verifies the signature, and answers once the body is in a list,
 * for the first time within a day.
 */
final class BareJavalin {
    private static final String ANSWER =
            "{\"status\":\"accepted\",\"id\":\"main:enrollment.created:20190227155000000\"}";
    private static final byte[] LIST = "bare".getBytes(US_ASCII);
    private static final String SEEN = "bare:seen:";
    private static final String PUSH = """
            if not redis.call('SET', KEYS[1], '', 'NX', 'EX', 86400) then return 0 end
            return redis.call('LPUSH', KEYS[2], ARGV[1])""";

    private BareJavalin() {}

    /** @param arguments the port to listen at, and the one of a Redis if bodies are to be verified and pushed there */
    public static void main(String[] arguments) throws Exception {
        var redis = arguments.length > 1
                ? RedisClient.create(RedisURI.create("127.0.0.1", Integer.parseInt(arguments[1])))
                : null;
        var commands =
                redis == null ? null : redis.connect(ByteArrayCodec.INSTANCE).async();
        var push = commands == null ? "" : commands.scriptLoad(PUSH).get();
        var javalin = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            if (commands != null) {
                config.jetty.threadPool = waiting();
            }
            config.routes.post("/webhooks/{scheme}", ctx -> {
                var body = ctx.bodyAsBytes();
                if (commands == null) {
                    answer(ctx);
                    return;
                }
                var signature = ctx.header("X-Thinkific-Hmac-Sha256");
                if (isSigned(body, signature)) {
                    var keys = new byte[][] {(SEEN + signature).getBytes(US_ASCII), LIST};
                    commands.evalsha(push, ScriptOutputType.INTEGER, keys, body).get();
                    answer(ctx);
                } else {
                    ctx.status(401);
                }
            });
        });
        var unused = javalin.start("127.0.0.1", Integer.parseInt(arguments[0]));
    }

    /** Handlers wait on virtual threads, as Freshet's do: that is quicker than to answer later. */
    private static QueuedThreadPool waiting() {
        var pool = new QueuedThreadPool();
        pool.setVirtualThreadsExecutor(VirtualThreads.getNamedVirtualThreadsExecutor("http-"));
        pool.setReservedThreads(0);
        return pool;
    }

    private static boolean isSigned(byte[] body, @Nullable String signature) {
        return signature != null
                && MessageDigest.isEqual(
                        Hmac.signHex(Deliveries.SECRET, body).getBytes(US_ASCII), signature.getBytes(US_ASCII));
    }

    private static void answer(Context ctx) {
        ctx.contentType("application/json").result(ANSWER);
    }
}
