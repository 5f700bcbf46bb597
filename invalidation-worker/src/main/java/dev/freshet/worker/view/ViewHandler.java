package dev.freshet.worker.view;

import static io.javalin.http.servlet.JavalinServletContextKt.splitKeyValueStringAndGroupByKey;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.ClaimException;
import dev.freshet.catalog.ParameterException;
import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Failure;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers cached reads over HTTP: each view at its own route and at {@code /views/NAME}, a description of all of them at
 * {@code /views}. Who may keep an answer for how long: see Keeping.
 */
public final class ViewHandler {
    private static final Logger log = LoggerFactory.getLogger(ViewHandler.class);
    static final String JSON = "application/json";
    /** When a client should come again after the database was found away. */
    private static final String RETRY_AFTER_SECONDS = "2";

    private final Catalog catalog;
    private final Views views;
    private final Gate gate;
    private final Clock clock;
    private final ReadTimes times;
    private final Keeping keeping = new Keeping();

    public ViewHandler(Catalog catalog, Views views, Gate gate, Clock clock, MeterRegistry metrics) {
        this.catalog = catalog;
        this.views = views;
        this.gate = gate;
        this.clock = clock;
        this.times = new ReadTimes(catalog, metrics);
    }

    /** Adds the views' routes, and JSON for everything that goes wrong on the way. */
    public void register(RoutesConfig routes) {
        for (var view : catalog.views().values()) {
            var route = view.route();
            if (route != null) {
                read(routes, route.path(), ctx -> answer(ctx, view, ctx.pathParamMap()));
            }
        }
        read(routes, "/views", new ViewList(catalog, gate)::answer);
        read(routes, "/views/{view}", this::named);
        Refusal.register(routes);
        routes.exception(ParameterException.class, (e, ctx) -> refuse(ctx, 400, "bad_parameter", e.getMessage()));
        routes.exception(ClaimException.class, ViewHandler::forbidden);
        routes.exception(LoadException.class, ViewHandler::unavailable);
        ErrorPages.register(routes);
    }

    /** Takes HEAD like GET, whose body the web server leaves out; else it would be 200 whatever stands there. */
    static void read(RoutesConfig routes, String path, Handler handler) {
        routes.get(path, handler);
        routes.head(path, handler);
    }

    private void named(Context ctx) throws IOException {
        var view = catalog.views().get(ctx.pathParam("view"));
        if (view == null) {
            var names = String.join(", ", catalog.views().keySet());
            refuse(ctx, 404, "not_found", "there is no such view; there are " + names);
        } else {
            answer(ctx, view, Map.of());
        }
    }

    private void answer(Context ctx, View view, Map<String, String> path) throws IOException {
        long start = System.nanoTime();
        try {
            answerNow(ctx, view, path);
            times.record(view.name(), start);
        } catch (LoadException e) { // has kept its reader waiting; what is refused has not
            times.record(view.name(), start);
            throw e;
        }
    }

    private void answerNow(Context ctx, View view, Map<String, String> path) throws IOException {
        var claims = gate.admitRead(ctx, view.access());
        var given = given(ctx, path);
        var address = gate.address(ctx);
        if (view.source() instanceof Source.Board board) {
            var asked = BoardAnswer.take(board, given);
            answer(ctx, view, view.request(given, claims, clock), asked, () -> gate.admitLoad(address));
            return;
        }
        var values = view.request(given, claims, clock);
        var cached = views.get(view, values, () -> gate.admitLoad(address));
        var entry = cached.entry();
        keeping.describe(ctx, view, values, Keeping.isCurrent(cached), age(entry.loadedAt()));
        ctx.header("X-Cache", cached.outcome().name());
        loadedAt(ctx, entry.loadedAt());
        ctx.header("ETag", "W/\"" + entry.etag() + "\""); // weak: the same value may be sent compressed or not
        if (isKnown(ctx.header("If-None-Match"), entry.etag())) {
            ctx.status(304).contentType(JSON); // a cache may take it over
            ctx.res().flushBuffer(); // else it would say that the value's length is 0 (RFC 9110, 8.6)
        } else if (entry.gzipped() && acceptsGzip(ctx.header("Accept-Encoding"))) {
            send(ctx.header("Content-Encoding", "gzip"), entry.payload());
        } else {
            send(ctx, entry.content());
        }
    }

    /** Without an ETag: what it would cost to make one is what it would save. */
    private void answer(Context ctx, View view, Map<String, String> values, BoardAnswer asked, Runnable mayLoad) {
        var standing = views.standing(view, values, asked.range(), mayLoad);
        keeping.describe(ctx, view, values, false, age(standing.loadedAt()));
        ctx.header("X-Cache", standing.outcome().name());
        loadedAt(ctx, standing.loadedAt());
        send(ctx, asked.json(standing));
    }

    private static void loadedAt(Context ctx, Instant loadedAt) {
        ctx.header("X-Loaded-At", loadedAt.truncatedTo(ChronoUnit.MILLIS).toString());
    }

    private Duration age(Instant loadedAt) {
        return Duration.between(loadedAt, clock.instant());
    }

    private static void send(Context ctx, byte[] body) {
        ctx.contentType(JSON).result(body).res().setContentLength(body.length); // else a large one is sent in chunks
    }

    /** @throws ParameterException when a parameter is given twice: which one counts would be a guess; or as {@code %zz} */
    private static Map<String, String> given(Context ctx, Map<String, String> path) {
        var given = new HashMap<>(path);
        var query = ctx.queryString();
        // always UTF-8: the map of the context goes by a Content-Type, which may be broken
        splitKeyValueStringAndGroupByKey(query == null ? "" : query, "UTF-8").forEach((name, values) -> {
            if (values.isEmpty()) {
                throw new ParameterException("a value cannot be decoded; % must be followed by two hexadecimal digits");
            }
            if (values.size() > 1 || given.put(name, values.getFirst()) != null) {
                throw new ParameterException(
                        (name.length() <= 40 ? name : "a parameter") + " is given more than once; give it once");
            }
        });
        return given;
    }

    /** RFC 9110, 13.1.2: a list of tags, compared weakly, or {@code *}. */
    static boolean isKnown(@Nullable String header, String etag) {
        return header != null
                && elements(header)
                        .map(tag -> tag.startsWith("W/") ? tag.substring(2) : tag)
                        .anyMatch(tag -> tag.equals("*") || tag.equals("\"" + etag + "\""));
    }

    /** RFC 9110, 12.5.3. */
    static boolean acceptsGzip(@Nullable String header) {
        return header != null
                && elements(header).anyMatch(coding -> {
                    var parts = coding.split("\\s*;\\s*", 2);
                    boolean isGzip = parts[0].equalsIgnoreCase("gzip") || parts[0].equals("*");
                    return isGzip && (parts.length == 1 || !parts[1].matches("q\\s*=\\s*0(\\.0*)?"));
                });
    }

    private static Stream<String> elements(String header) {
        return Arrays.stream(header.split(",")).map(String::strip);
    }

    private static void forbidden(ClaimException e, Context ctx) {
        ctx.header("Cache-Control", "no-store");
        refuse(ctx, 403, e.isMissing() ? "claim_missing" : "claim_refused", e.getMessage());
    }

    private static void unavailable(LoadException e, Context ctx) {
        var refusal = e.refusal();
        if (refusal.isPresent()) {
            refuse(ctx, 400, "bad_parameter", refusal.get());
        } else if (e.failure() == Failure.PERMANENT) {
            log.error("view failed path={} cause={}", ctx.endpoint().path, e.getMessage());
            refuse(ctx, 500, "failed", "this view cannot be loaded; the server's log says why");
        } else {
            log.warn("view unavailable path={} cause={}", ctx.endpoint().path, e.getMessage());
            ctx.header("Retry-After", RETRY_AFTER_SECONDS);
            refuse(ctx, 503, "unavailable", "what this view is loaded from does not answer; try again shortly");
        }
    }

    static void refuse(Context ctx, int status, String error, @Nullable String message) {
        ctx.status(status).contentType(JSON).result(error(error, String.valueOf(message)));
    }

    static String error(String error, String message) {
        var quoted = new String(JsonStringEncoder.getInstance().quoteAsUTF8(message), UTF_8);
        return "{\"error\":\"" + error + "\",\"message\":\"" + quoted + "\"}";
    }
}
