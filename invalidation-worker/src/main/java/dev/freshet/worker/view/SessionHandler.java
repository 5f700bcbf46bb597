package dev.freshet.worker.view;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.catalog.SessionRules;
import dev.freshet.catalog.Targets;
import dev.freshet.session.Session;
import dev.freshet.session.SessionException;
import dev.freshet.session.Sessions;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps sessions for the application's servers, for whoever has one of the catalog's {@code sessions.access.tokens}. A
 * session's own token comes in the header {@code X-Session} and never in the address, since addresses end in logs.
 */
public final class SessionHandler {
    private static final Logger log = LoggerFactory.getLogger(SessionHandler.class);
    private static final JsonMapper JSON = new JsonMapper();
    private static final String PATH = "/session";
    private static final String HEADER = "X-Session";
    private static final String RETRY_AFTER_SECONDS = "2";
    /** Of a body, for what stands around the data. */
    private static final int AROUND = 4_096;

    private final Gate gate;
    private final SessionRules rules;
    private final Sessions sessions;
    private final MeterRegistry metrics;
    private final Timer timer;

    public SessionHandler(Gate gate, SessionRules rules, Sessions sessions, Targets targets, MeterRegistry metrics) {
        this.gate = gate;
        this.rules = rules;
        this.sessions = sessions;
        this.metrics = metrics;
        this.timer = Timer.builder("freshet_session_seconds")
                .description("from a request about sessions to its answer")
                .serviceLevelObjectives(ReadTimes.buckets(targets))
                .register(metrics);
    }

    /** Adds {@code /session} and what is below it. */
    public void register(RoutesConfig routes) {
        routes.post(PATH, admitted(this::create));
        routes.get(PATH, admitted(this::read));
        routes.put(PATH, admitted(this::write));
        routes.delete(PATH, admitted(this::delete));
        routes.post(PATH + "/extend", admitted(this::extend));
        routes.exception(SessionException.class, this::failed);
    }

    private Handler admitted(Handler handler) {
        return ctx -> {
            gate.admitSession(ctx, rules.tokens());
            if (rules.secrets().isEmpty()) {
                throw new Refusal(403, "closed", "there are no sessions as long as sessions.secrets names no secret");
            }
            ctx.header("Cache-Control", "no-store");
            long start = System.nanoTime();
            try {
                handler.handle(ctx);
            } finally {
                timer.record(Duration.ofNanos(System.nanoTime() - start));
            }
        };
    }

    private void create(Context ctx) throws IOException {
        var body = body(ctx);
        var owner = body.path("owner");
        if (!owner.isMissingNode() && !isOwner(owner)) {
            throw malformed("owner must be text of at most " + Sessions.MAX_OWNER + " characters");
        }
        var created = sessions.create(owner.asText(""), data(body));
        count("created");
        var answer = JSON.createObjectNode()
                .put("token", created.token())
                .put("expires", created.session().expires().toString());
        send(ctx.status(201), answer);
    }

    private void read(Context ctx) throws IOException {
        var session = sessions.get(token(ctx));
        count(session.isPresent() ? "found" : "absent");
        send(ctx, describe(known(session)));
    }

    private void write(Context ctx) throws IOException {
        var token = token(ctx);
        boolean done = sessions.put(token, data(body(ctx)));
        count(done ? "written" : "absent");
        if (!done) {
            throw unknown();
        }
        ctx.status(204);
    }

    private void extend(Context ctx) throws IOException {
        var session = sessions.extend(token(ctx));
        count(session.isPresent() ? "extended" : "absent");
        send(
                ctx,
                JSON.createObjectNode().put("expires", known(session).expires().toString()));
    }

    /** One, by its token, or all of an owner. */
    private void delete(Context ctx) throws IOException {
        var owner = ctx.queryParam("owner");
        if (owner == null) {
            var deleted = sessions.delete(token(ctx));
            count("deleted");
            ctx.status(deleted.everywhere() ? 204 : 202);
        } else if (ctx.header(HEADER) != null) {
            throw malformed("a session is deleted by " + HEADER + ", or those of an owner, not both");
        } else {
            var deleted = sessions.deleteAll(owner);
            count("deleted");
            send(
                    ctx.status(deleted.everywhere() ? 200 : 202),
                    JSON.createObjectNode().put("deleted", deleted.sessions()));
        }
    }

    private static String token(Context ctx) {
        var token = ctx.header(HEADER);
        if (token == null || token.isBlank()) {
            throw new Refusal(400, "session_missing", "send the session's token as " + HEADER);
        }
        return token.strip();
    }

    private static Session known(Optional<Session> session) {
        return session.orElseThrow(SessionHandler::unknown);
    }

    private static Refusal unknown() {
        return new Refusal(404, "not_found", "there is no such session, or it is over");
    }

    private JsonNode body(Context ctx) throws IOException {
        int most = rules.maxBytes() + AROUND;
        var bytes = ctx.req().getInputStream().readNBytes(most + 1);
        if (bytes.length > most) {
            throw tooLarge();
        }
        try {
            var body = JSON.readTree(bytes);
            if (body != null && body.isObject()) {
                return body;
            }
        } catch (JsonProcessingException e) {
            // reported below; its message quotes the body
        }
        throw malformed("the body must be a JSON object such as {\"owner\":\"7\",\"data\":{}}");
    }

    private byte[] data(JsonNode body) throws JsonProcessingException {
        var data = body.path("data");
        var bytes = JSON.writeValueAsBytes(data.isMissingNode() ? JSON.createObjectNode() : data);
        if (bytes.length > rules.maxBytes()) {
            throw tooLarge();
        }
        return bytes;
    }

    private Refusal tooLarge() {
        return new Refusal(413, "too_large", "the data of a session may have at most " + rules.maxBytes() + " bytes");
    }

    private static boolean isOwner(JsonNode owner) {
        return owner.isTextual()
                && owner.textValue().length() <= Sessions.MAX_OWNER
                && owner.textValue().chars().noneMatch(Character::isISOControl);
    }

    private static ObjectNode describe(Session session) throws IOException {
        var node = JSON.createObjectNode().put("owner", session.owner());
        node.set("data", JSON.readTree(session.data()));
        return node.put("created", session.created().toString())
                .put("expires", session.expires().toString());
    }

    private static Refusal malformed(String message) {
        return new Refusal(400, "malformed", message);
    }

    private static void send(Context ctx, ObjectNode body) throws JsonProcessingException {
        ctx.contentType(ViewHandler.JSON).result(JSON.writeValueAsBytes(body));
    }

    private void failed(SessionException e, Context ctx) {
        count("failed");
        ctx.header("Cache-Control", "no-store");
        if (e.mayPass()) {
            log.warn("sessions unavailable cause={}", e.getMessage());
            ctx.header("Retry-After", RETRY_AFTER_SECONDS);
            ViewHandler.refuse(ctx, 503, "unavailable", "the sessions' database does not answer; try again shortly");
        } else {
            log.error("sessions failed cause={}", e.getMessage());
            ViewHandler.refuse(ctx, 500, "failed", "sessions cannot be kept; the server's log says why");
        }
    }

    private void count(String outcome) {
        Counter.builder("freshet_sessions_total")
                .description("requests about sessions")
                .tag("outcome", outcome)
                .register(metrics)
                .increment();
    }
}
