package dev.freshet.worker.view;

import dev.freshet.cache.LoadNotBegun;
import io.javalin.config.RoutesConfig;
import java.time.Duration;
import java.util.Map;

/** A request that is not done, with what its sender is told. */
final class Refusal extends LoadNotBegun {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String error;
    private final Map<String, String> headers;

    /**
     * @param error a word for programs
     * @param message a sentence for people: what is wrong and what to do
     */
    Refusal(int status, String error, String message, Map<String, String> headers) {
        super(message);
        this.status = status;
        this.error = error;
        this.headers = Map.copyOf(headers);
    }

    Refusal(int status, String error, String message) {
        this(status, error, message, Map.of());
    }

    /** @param wait until it would be let in */
    static Refusal tooMany(String message, Duration wait) {
        var seconds = Math.max(1, wait.plusMillis(999).toSeconds());
        return new Refusal(
                429,
                "too_many_requests",
                message + "; wait as Retry-After says",
                Map.of("Retry-After", String.valueOf(seconds)));
    }

    static void register(RoutesConfig routes) {
        routes.exception(Refusal.class, (e, ctx) -> {
            e.headers.forEach(ctx::header);
            ctx.header("Cache-Control", "no-store");
            ViewHandler.refuse(ctx, e.status, e.error, e.getMessage());
        });
    }
}
