package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.freshet.catalog.Site;
import dev.freshet.ingest.Admission.Admitted;
import dev.freshet.ingest.Admission.Refused;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Changes of the application itself: {@code POST /events}, where the body names the topic, and the catalog's write
 * routes, where the route does and the body is the payload. Who writes to a route always waits until it is applied.
 */
final class EventHandler implements Handler {
    private static final Answer UNKNOWN_WAIT =
            Answer.error(400, "unknown_wait", "the only thing to wait for is wait=applied; leave wait out otherwise");
    private static final byte[] NOTHING = {'{', '}'};

    private final List<Site> applications;
    private final Admission admission;
    private final RequestLimit limit;
    private final Intake intake;
    private final Optional<String> topic;

    /** @param topic of the write route; empty for {@code POST /events} */
    EventHandler(
            List<Site> applications, Admission admission, RequestLimit limit, Intake intake, Optional<String> topic) {
        this.applications = applications;
        this.admission = admission;
        this.limit = limit;
        this.intake = intake;
        this.topic = topic;
    }

    @Override
    public void handle(Context ctx) throws IOException {
        switch (admission.admit(ctx, limit, applications)) {
            case Refused(var answer) -> answer.send(ctx);
            case Admitted(var site, var body) -> admitted(ctx, site, body);
        }
    }

    private void admitted(Context ctx, Site site, byte[] body) throws IOException {
        var wait = Optional.ofNullable(ctx.queryParam("wait"));
        if (wait.isPresent() && !wait.get().equals("applied")) {
            admission.refuse(ctx, UNKNOWN_WAIT).answer().send(ctx);
            return;
        }
        var id = Admission.scheme(site).idHeader().map(ctx::header);
        if (topic.isEmpty()) {
            intake.answer(ctx, Delivery.of(site, body, id, wait.isPresent()));
            return;
        }
        var payload = body.length == 0 ? NOTHING : body;
        var problem = Envelope.problem(payload);
        if (problem.isPresent()) {
            intake.answerIllegible(ctx, Delivery.of(site, body, id, true), problem.get());
        } else {
            intake.answer(ctx, Delivery.of(site, event(topic.get(), payload), id, true));
        }
    }

    /** The form in which {@code POST /events} takes it; the payload's bytes stay as they are. */
    private static byte[] event(String topic, byte[] payload) throws IOException {
        var event = new ByteArrayOutputStream(payload.length + topic.length() + 32);
        event.write("{\"topic\":\"".getBytes(UTF_8));
        event.write(JsonStringEncoder.getInstance().quoteAsUTF8(topic));
        event.write("\",\"payload\":".getBytes(UTF_8));
        event.write(payload);
        event.write('}');
        return event.toByteArray();
    }
}
