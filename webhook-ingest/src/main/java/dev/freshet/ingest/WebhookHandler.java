package dev.freshet.ingest;

import dev.freshet.ingest.Admission.Admitted;
import dev.freshet.ingest.Admission.Refused;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.io.IOException;
import java.util.Optional;

/** {@code POST /webhooks/SCHEME[/SITE]}: what providers send. */
final class WebhookHandler implements Handler {
    private final Sites sites;
    private final Admission admission;
    private final RequestLimit limit;
    private final Intake intake;

    WebhookHandler(Sites sites, Admission admission, RequestLimit limit, Intake intake) {
        this.sites = sites;
        this.admission = admission;
        this.limit = limit;
        this.intake = intake;
    }

    @Override
    public void handle(Context ctx) throws IOException {
        var scheme = ctx.pathParam("scheme");
        var name = Optional.ofNullable(ctx.pathParamMap().get("site"));
        var site = name.isPresent() ? sites.webhook(scheme, name.get()) : sites.webhook(scheme);
        switch (admission.admit(ctx, limit, site.stream().toList())) {
            case Refused(var answer) -> answer.send(ctx);
            case Admitted(var sender, var body) -> {
                var id = Admission.scheme(sender).idHeader().map(ctx::header);
                intake.answer(ctx, Delivery.of(sender, body, id, false));
            }
        }
    }
}
