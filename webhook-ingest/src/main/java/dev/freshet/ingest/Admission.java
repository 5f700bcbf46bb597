package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.ingest.SignatureScheme.Sent;
import dev.freshet.ingest.SignatureScheme.Verdict;
import dev.freshet.limit.ClientAddress;
import dev.freshet.limit.Operators;
import dev.freshet.limit.RequestLimit;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Lets in what one of the sites in question has signed, and nothing else: nothing of a body is read as JSON before. It
 * is worse to let in one forged delivery than to refuse a good one, which will come again.
 */
final class Admission {
    private static final Answer UNKNOWN_SITE = Answer.error(
            404, "unknown_site", "there is no such site here; check the address against the catalog's sites");
    private static final Answer TOO_LARGE = Answer.error(
            413, "too_large", "a body may have at most " + RequestBody.MAX_BYTES + " bytes; send less at once");
    private static final Answer ENCODED =
            Answer.error(415, "encoded", "send the body as it is, without Content-Encoding; it is not unpacked here");
    private static final Answer TOO_MANY =
            Answer.error(429, "too_many_requests", "too many requests from this address; wait as Retry-After says");

    /** Reading one at a time takes up to three times its size. */
    private static final long BYTES_PER_LARGE_BODY = 8L * RequestBody.MAX_BYTES;

    private final RequestBody bodies;
    private final ClientAddress addresses;
    private final RequestLimit refusals;
    private final Operators operators;
    private final Outcomes outcomes;
    private final Clock clock;

    /**
     * @param refusals how many requests of one address may be refused before it is told to wait
     * @param operators who may see how it fares
     * @param patience how long a body may take
     */
    Admission(
            ClientAddress addresses,
            RequestLimit refusals,
            Operators operators,
            Outcomes outcomes,
            Duration patience,
            Clock clock) {
        int largeOnes = (int) Math.max(16, Runtime.getRuntime().maxMemory() / BYTES_PER_LARGE_BODY);
        this.bodies = new RequestBody(largeOnes, patience, clock);
        this.addresses = addresses;
        this.refusals = refusals;
        this.operators = operators;
        this.outcomes = outcomes;
        this.clock = clock;
    }

    /**
     * Answers what it does not let in.
     *
     * @param limit counts every request of this kind
     * @param candidates who may have sent it; empty when the address names nobody
     * @return empty when the request was refused
     * @throws IOException when the sender stopped in the middle of the body
     */
    Optional<Delivery> admit(Context ctx, RequestLimit limit, List<Sender> candidates) throws IOException {
        var address = address(ctx);
        var wait = limit.refuse(address);
        if (wait.isPresent()) {
            answer(ctx, TOO_MANY.retryAfter(wait.get()), address);
            return Optional.empty();
        }
        if (candidates.isEmpty()) {
            return refuse(ctx, UNKNOWN_SITE);
        }
        if (isEncoded(ctx)) {
            return refuse(ctx, ENCODED);
        }
        var body = bodies.read(ctx.req().getInputStream(), ctx.req().getContentLengthLong());
        if (body.isEmpty()) {
            return refuse(ctx, TOO_LARGE);
        }
        var sent = new Sent(name -> headers(ctx, name), ctx.req().getMethod(), target(ctx), body.get());
        var verdict = Verdict.MISSING;
        for (var sender : candidates) {
            verdict = sender.scheme().verify(sent, sender.site().secrets(), clock.instant());
            if (verdict == Verdict.VALID) {
                return delivery(ctx, sender, sent);
            }
        }
        return refuse(ctx, unsigned(verdict, candidates.getLast().scheme(), body.get()));
    }

    /** A dead letter would not do where a header is wrong: it keeps the body alone, and the sender can mend it. */
    private Optional<Delivery> delivery(Context ctx, Sender sender, Sent sent) {
        var form = sender.scheme().form();
        var wrong = form.wrongHeader(sent.headers());
        return wrong.isPresent()
                ? refuse(ctx, Answer.error(400, "malformed", "send the header " + wrong.get() + " once"))
                : Optional.of(Delivery.of(sender, sent.body(), form.said(sent.headers())));
    }

    /** Answers whoever does not run this process. */
    boolean admitOperator(Context ctx) {
        var refused = operators.refuse(ctx.req().getRemoteAddr(), name -> headers(ctx, name));
        refused.ifPresent(why -> {
            var answer = Answer.error(why.status(), why.error(), why.message());
            if (why.status() == 401) {
                ctx.header("WWW-Authenticate", "Bearer realm=\"freshet\"");
            }
            answer(ctx, why.pause().map(answer::retryAfter).orElse(answer), address(ctx));
        });
        return refused.isEmpty();
    }

    /** Counts against the address, which after too many refusals is told to wait instead of what was wrong. */
    Optional<Delivery> refuse(Context ctx, Answer answer) {
        var address = address(ctx);
        answer(ctx, refusals.refuse(address).map(TOO_MANY::retryAfter).orElse(answer), address);
        return Optional.empty();
    }

    /** Some proxies append to the header, others add another one; of all of them the last is the nearest. */
    private String address(Context ctx) {
        return addresses.key(ctx.req().getRemoteAddr(), String.join(",", headers(ctx, "X-Forwarded-For")));
    }

    private static List<String> headers(Context ctx, String name) {
        return Collections.list(ctx.req().getHeaders(name));
    }

    /** As the request line has it: nothing decoded. */
    private static String target(Context ctx) {
        var query = ctx.req().getQueryString();
        return ctx.req().getRequestURI() + (query == null ? "" : "?" + query);
    }

    /** A few bytes can unfold to gigabytes, and what is signed are the bytes as they came. */
    private static boolean isEncoded(Context ctx) {
        return headers(ctx, "Content-Encoding").stream()
                .anyMatch(coding -> !coding.isBlank() && !coding.strip().equalsIgnoreCase("identity"));
    }

    private void answer(Context ctx, Answer answer, String address) {
        outcomes.refusal(answer, ctx.endpoint().path, address);
        answer.send(ctx);
    }

    private static Answer unsigned(Verdict verdict, SignatureScheme scheme, byte[] body) {
        var header = scheme.written().header();
        return switch (verdict) {
            case MISSING ->
                isObject(body)
                        ? unsigned("missing", "sign the body and send the signature in " + header)
                        : Answer.error(400, "malformed", "send a JSON object, signed, with the signature in " + header);
            case WRONG ->
                unsigned(
                        "wrong",
                        header + " does not fit; sign the bytes as sent, with this site's secret, and send it once");
            case EXPIRED ->
                unsigned(
                        "expired",
                        "the signed time is too far from ours; sign anew for each try, by a clock that is right");
            case VALID -> throw new IllegalStateException("a valid request is not refused");
        };
    }

    private static Answer unsigned(String how, String message) {
        return Answer.error(401, "signature_" + how, message);
    }

    private static boolean isObject(byte[] body) {
        return new String(body, 0, Math.min(body.length, 64), UTF_8)
                .stripLeading()
                .startsWith("{");
    }
}
