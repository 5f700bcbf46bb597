package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.freshet.catalog.EventRule;
import dev.freshet.limit.RequestLimit;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is signed and sent: webhooks of providers, and changes of the application itself, either as events, whose body
 * names the topic, or by the catalog's write routes, where the route does and the body is the payload.
 */
final class WebhookHandler {
    private static final Answer UNKNOWN_WAIT =
            Answer.error(400, "unknown_wait", "the only thing to wait for is wait=applied; leave wait out otherwise");
    private static final byte[] NOTHING = {'{', '}'};

    private final Sites sites;
    private final Admission admission;
    private final RequestLimit webhookLimit;
    private final RequestLimit apiLimit;
    private final Intake intake;

    WebhookHandler(Sites sites, Admission admission, RequestLimit webhookLimit, RequestLimit apiLimit, Intake intake) {
        this.sites = sites;
        this.admission = admission;
        this.webhookLimit = webhookLimit;
        this.apiLimit = apiLimit;
        this.intake = intake;
    }

    /** {@code POST /webhooks/NAME}. */
    void webhook(Context ctx) throws IOException {
        webhook(ctx, sites.webhook(ctx.pathParam("name")));
    }

    /** {@code POST /webhooks/SCHEME/SITE}. */
    void webhookOfScheme(Context ctx) throws IOException {
        webhook(ctx, sites.webhook(ctx.pathParam("scheme"), ctx.pathParam("site")));
    }

    private void webhook(Context ctx, Optional<Sender> sender) throws IOException {
        admission
                .admit(ctx, webhookLimit, sender.stream().toList())
                .ifPresent(delivery -> intake.answer(ctx, delivery));
    }

    /** {@code POST /events}. */
    void event(Context ctx) throws IOException {
        boolean waits = !waits(ctx).isEmpty();
        admission
                .admit(ctx, apiLimit, sites.applications())
                .filter(delivery -> isKnownWait(ctx))
                .ifPresent(delivery -> intake.answer(ctx, waits ? delivery.waiting(delivery.body()) : delivery));
    }

    /** A write route: who writes always waits until it is applied. */
    void write(Context ctx, EventRule rule) throws IOException {
        admission
                .admit(ctx, apiLimit, sites.writers(rule))
                .filter(delivery -> isKnownWait(ctx))
                .ifPresent(delivery -> {
                    var payload = delivery.body().length == 0 ? NOTHING : delivery.body();
                    Envelope.problem(payload)
                            .ifPresentOrElse(
                                    problem -> intake.answerIllegible(ctx, delivery, problem),
                                    () -> intake.answer(ctx, delivery.waiting(event(rule.topic(), payload))));
                });
    }

    private boolean isKnownWait(Context ctx) {
        boolean known = waits(ctx).stream().allMatch("wait=applied"::equals);
        if (!known) {
            admission.refuse(ctx, UNKNOWN_WAIT);
        }
        return known;
    }

    /** As they were sent: decoding would go by a Content-Type that may be broken. */
    private static List<String> waits(Context ctx) {
        var query = ctx.req().getQueryString();
        return Stream.of(query == null ? new String[0] : query.split("&", -1))
                .filter(part -> part.equals("wait") || part.startsWith("wait="))
                .toList();
    }

    /** The form in which {@code POST /events} takes it; the payload's bytes stay as they are. */
    private static byte[] event(String topic, byte[] payload) {
        var event = new ByteArrayOutputStream(payload.length + topic.length() + 32);
        event.writeBytes("{\"topic\":\"".getBytes(UTF_8));
        event.writeBytes(JsonStringEncoder.getInstance().quoteAsUTF8(topic));
        event.writeBytes("\",\"payload\":".getBytes(UTF_8));
        event.writeBytes(payload);
        event.write('}');
        return event.toByteArray();
    }
}
