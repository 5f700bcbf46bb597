package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.model.Hmac;
import dev.freshet.testing.EmbeddedRedis;
import io.javalin.Javalin;
import io.javalin.http.Context;
import java.net.URI;
import java.security.MessageDigest;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The least that lies between a POST and a value that shows it: a bare service that verifies signatures, a list in a Redis of
 * its own, lanes that work it off.
 */
abstract class Chain implements AutoCloseable {
    static final int LANES = 4;

    private final EmbeddedRedis redis = Mode.current().redis();
    private final Javalin javalin = Javalin.create(config -> {
        config.startup.showJavalinBanner = false;
        config.routes.post(
                "/",
                ctx -> ctx.future(() -> push(signed(ctx))
                        .thenAccept(pushed -> ctx.result("accepted"))
                        .toCompletableFuture()));
    });

    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private volatile boolean closed;

    /** Ends once the delivery is in Redis. */
    abstract CompletionStage<?> push(byte[] body);

    /** The values of these users as text; empty text for one that has none. */
    abstract List<String> look(List<String> emails);

    /** Once lanes work. */
    final void open() {
        javalin.start("127.0.0.1", 0);
    }

    final URI uri() {
        return URI.create("http://127.0.0.1:" + javalin.port() + "/");
    }

    final URI redis() {
        return redis.url();
    }

    private static byte[] signed(Context ctx) {
        var body = ctx.bodyAsBytes();
        var signature = Objects.requireNonNullElse(ctx.header("X-Thinkific-Hmac-Sha256"), "");
        var own = Hmac.signHex(School.WEBHOOK_SECRET, body);
        if (!MessageDigest.isEqual(own.getBytes(US_ASCII), signature.getBytes(US_ASCII))) {
            throw new IllegalArgumentException("not signed");
        }
        return body;
    }

    /** Whether the lanes are to end. */
    final boolean isClosed() {
        return closed;
    }

    /** A lane has ended, and {@link #close} will say why. */
    final void failed(Exception error) {
        if (!closed) {
            failure.compareAndSet(null, error);
        }
    }

    /** Ends the lanes, and what they used. */
    abstract void stop() throws InterruptedException;

    @Override
    public final void close() throws InterruptedException {
        closed = true;
        javalin.stop();
        stop();
        redis.close();
        if (failure.get() != null) {
            throw new IllegalStateException("a lane has ended", failure.get());
        }
    }
}
