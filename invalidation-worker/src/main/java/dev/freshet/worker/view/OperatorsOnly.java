package dev.freshet.worker.view;

import dev.freshet.limit.Operators;
import dev.freshet.limit.Operators.Refused;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;

/** Keeps how a process fares from those who do not run it. */
public final class OperatorsOnly {
    private OperatorsOnly() {}

    /** Answers those who are not let in, where nothing else does. */
    public static void register(RoutesConfig routes) {
        Refusal.register(routes);
    }

    /** The same handler, which answers operators only; the others get a {@link Refusal}. */
    public static Handler guard(Operators operators, Handler handler) {
        return ctx -> {
            var refused = refuse(operators, ctx);
            if (refused.isPresent()) {
                throw refusal(refused.get());
            }
            handler.handle(ctx);
        };
    }

    /** Whether one asks who may know everything. */
    public static boolean admits(Operators operators, Context ctx) {
        return refuse(operators, ctx).isEmpty();
    }

    private static Optional<Refused> refuse(Operators operators, Context ctx) {
        return operators.refuse(
                ctx.req().getRemoteAddr(), name -> Collections.list(ctx.req().getHeaders(name)));
    }

    private static Refusal refusal(Refused refused) {
        var headers = refused.status() == 401
                ? Map.of("WWW-Authenticate", "Bearer realm=\"freshet\"")
                : refused.pause().map(OperatorsOnly::retryAfter).orElse(Map.of());
        return new Refusal(refused.status(), refused.error(), refused.message(), headers);
    }

    private static Map<String, String> retryAfter(Duration wait) {
        return Map.of(
                "Retry-After", String.valueOf(Math.max(1, wait.plusMillis(999).toSeconds())));
    }
}
