package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.Optional;

/**
 * What a request is answered: always JSON, and never a word of what was sent beside its id.
 *
 * @param status of HTTP
 * @param outcome one word for logs and metrics, such as {@code accepted}
 * @param json the body
 * @param retryAfter when to come again; empty where that would not help
 */
record Answer(int status, String outcome, String json, Optional<Duration> retryAfter) {
    private static final String CONTENT_TYPE = "application/json";

    /** Durable in the queue, nothing awaited. */
    static Answer accepted(String id) {
        return of(200, "accepted", id, "");
    }

    /** Came before, within the time that ids are remembered. */
    static Answer duplicate(String id) {
        return of(200, "duplicate", id, "");
    }

    /** Signed, but not to be understood; kept, since sending it again would not help. */
    static Answer dead(String id) {
        return of(200, "dead", id, ",\"message\":\"kept as a dead letter: it cannot be read\"");
    }

    /** This answer, about a delivery that waits in PostgreSQL: another word for logs and metrics, the same for senders. */
    Answer spilled() {
        return new Answer(status, "spilled", json, retryAfter);
    }

    /** This answer, said to one who waited until the change was applied. */
    Answer applied() {
        return with(200, outcome, ",\"applied\":true");
    }

    /** This answer, said to one who waited, but not long enough. */
    Answer pending() {
        return with(202, outcome, ",\"applied\":false,\"message\":\"durable, and applied later\"");
    }

    /** Said to one who waited for a job that failed for good. */
    static Answer failed(String id) {
        return of(
                202,
                "dead",
                id,
                ",\"applied\":false,\"message\":\"it could not be applied and is kept as a dead letter\"");
    }

    /** This answer, unless it is a refusal, about a topic that the catalog ignores. */
    Answer unknown() {
        return status / 100 == 2 ? with(status, outcome, ",\"known\":false") : this;
    }

    /**
     * @param error a word for programs
     * @param message a sentence for people: what is wrong and what to do
     */
    static Answer error(int status, String error, String message) {
        return new Answer(
                status,
                error,
                "{\"error\":\"" + quoted(error) + "\",\"message\":\"" + quoted(message) + "\"}",
                Optional.empty());
    }

    Answer retryAfter(Duration wait) {
        return new Answer(status, outcome, json, Optional.of(wait));
    }

    void send(Context ctx) {
        retryAfter.ifPresent(wait -> ctx.header("Retry-After", String.valueOf(Math.max(1, ceilSeconds(wait)))));
        ctx.status(status).contentType(CONTENT_TYPE).result(json);
    }

    private Answer with(int newStatus, String newOutcome, String more) {
        return new Answer(newStatus, newOutcome, json.substring(0, json.length() - 1) + more + "}", retryAfter);
    }

    private static Answer of(int status, String outcome, String id, String more) {
        var json = "{\"status\":\"" + outcome + "\",\"id\":\"" + quoted(id) + "\"" + more + "}";
        return new Answer(status, outcome, json, Optional.empty());
    }

    private static long ceilSeconds(Duration wait) {
        return wait.plusMillis(999).toSeconds();
    }

    private static String quoted(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsUTF8(text), UTF_8);
    }
}
