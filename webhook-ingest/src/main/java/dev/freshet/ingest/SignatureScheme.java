package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.catalog.Place;
import dev.freshet.catalog.Scheme;
import dev.freshet.catalog.Signing;
import dev.freshet.catalog.Site;
import dev.freshet.model.FreshetSignature;
import dev.freshet.model.Hmac;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * How one kind of sender signs, HMAC-SHA256 over the bytes as they came, and where it says what: described by data, so that
 * another provider is a few more lines. A request is valid if any of the site's secrets made any of its signatures;
 * without a secret nothing is valid.
 *
 * <p>The same work is done whatever was sent: one digest for each secret, and one for a secret that nobody knows where
 * the site has none, compared as bytes and in constant time with each signature, also where there is none.
 *
 * @param content what is signed
 * @param tolerance how far the signed time may be from ours, either way; not used where no time is signed
 */
record SignatureScheme(Scheme scheme, Written written, Content content, Duration tolerance, Form form) {

    /**
     * How signatures stand in their header.
     *
     * @param header looked up without regard to case
     * @param separator between several; empty where there is one
     * @param prefix what stands before each, such as {@code sha256=} or {@code v1=}; may be empty
     */
    record Written(String header, String separator, String prefix, Encoding encoding) {}

    enum Encoding {
        HEX,
        BASE64
    }

    /** What is signed. */
    sealed interface Content {
        record Body() implements Content {}

        /** Seconds, a dot and the body; the seconds are one of the header's values, {@code t=UNIX_SECONDS}. */
        record Stamped() implements Content {}

        /**
         * The same. Where the header holds a {@code v2=}, only these count, and method, address and key are signed too
         * ({@link FreshetSignature.Call}).
         */
        record Call() implements Content {}

        /** The values of these headers and the body, with dots between; the last of them are unix seconds. */
        record Headed(List<String> headers) implements Content {}
    }

    enum Verdict {
        VALID,
        /** No signature came with the request. */
        MISSING,
        /** It fits nothing, cannot be read, or came more than once. */
        WRONG,
        /** Signed with a right secret, but too long ago or too far ahead. */
        EXPIRED
    }

    /**
     * What a signature may be about.
     *
     * @param headers all values of the header of a name
     * @param target path and query as the request line has them
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Sent(Function<String, List<String>> headers, String method, String target, byte[] body) {}

    /**
     * What is signed before the body.
     *
     * @param seconds the time in it; empty where there is none
     * @param prefix of the signatures that count
     * @param legible whether it could be read from the request; if not, nothing is valid
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Start(byte[] bytes, Optional<String> seconds, String prefix, boolean legible) {}

    static final String KEY = "Idempotency-Key";

    private static final Duration FIVE_MINUTES = Duration.ofMinutes(5);
    private static final Place TYPE = Place.field("/type");
    private static final Place GITHUB_EVENT = new Place.Header("X-GitHub-Event");

    static final SignatureScheme THINKIFIC = new SignatureScheme(
            Scheme.THINKIFIC,
            new Written("X-Thinkific-Hmac-Sha256", "", "", Encoding.HEX),
            new Content.Body(),
            Duration.ZERO,
            Form.EVENT);
    static final SignatureScheme FRESHET = new SignatureScheme(
            Scheme.FRESHET,
            new Written(FreshetSignature.HEADER, ",", "v1=", Encoding.HEX),
            new Content.Call(),
            FreshetSignature.WINDOW,
            Form.KEYED);
    /** docs.stripe.com/webhooks#verify-manually */
    static final SignatureScheme STRIPE = new SignatureScheme(
            Scheme.STRIPE,
            new Written("Stripe-Signature", ",", "v1=", Encoding.HEX),
            new Content.Stamped(),
            FIVE_MINUTES,
            Form.of(Optional.of(Place.field("/id")), List.of(List.of(TYPE))));
    /** shopify.dev/docs/apps/build/webhooks/subscribe/https */
    static final SignatureScheme SHOPIFY = new SignatureScheme(
            Scheme.SHOPIFY,
            new Written("X-Shopify-Hmac-SHA256", "", "", Encoding.BASE64),
            new Content.Body(),
            Duration.ZERO,
            Form.of(
                    Optional.of(new Place.Header("X-Shopify-Webhook-Id")),
                    List.of(List.of(new Place.Header("X-Shopify-Topic")))));
    /** docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries */
    static final SignatureScheme GITHUB = new SignatureScheme(
            Scheme.GITHUB,
            new Written("X-Hub-Signature-256", "", "sha256=", Encoding.HEX),
            new Content.Body(),
            Duration.ZERO,
            Form.of(
                    Optional.of(new Place.Header("X-GitHub-Delivery")),
                    List.of(List.of(GITHUB_EVENT, Place.field("/action")), List.of(GITHUB_EVENT))));
    /** github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md */
    static final SignatureScheme STANDARD = new SignatureScheme(
            Scheme.STANDARD,
            new Written("webhook-signature", " ", "v1,", Encoding.BASE64),
            new Content.Headed(List.of("webhook-id", "webhook-timestamp")),
            FIVE_MINUTES,
            Form.of(Optional.of(new Place.Header("webhook-id")), List.of(List.of(TYPE))));

    private static final String TIMESTAMP = "t=";
    private static final String CALL_PREFIX = "v2=";
    /** More than anybody has secrets. */
    private static final int MAX_SIGNATURES = 8;

    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,12}");
    /** A dot in it would leave open where it ends. */
    private static final Pattern SIGNED_VALUE = Pattern.compile("[\\x21-\\x7e&&[^.]]{1,256}");

    private static final byte[] NOTHING = {};
    private static final byte[] NO_SIGNATURE = new byte[32];
    private static final byte[] NOBODYS = UUID.randomUUID().toString().getBytes(UTF_8);

    static SignatureScheme of(Site site) {
        return switch (site.scheme()) {
            case THINKIFIC -> THINKIFIC;
            case FRESHET -> FRESHET;
            case STRIPE -> STRIPE;
            case SHOPIFY -> SHOPIFY;
            case GITHUB -> GITHUB;
            case STANDARD -> STANDARD;
            case HMAC -> of(site.signing().orElseThrow());
        };
    }

    private static SignatureScheme of(Signing signing) {
        return new SignatureScheme(
                Scheme.HMAC,
                new Written(signing.header(), "", signing.prefix(), signing.base64() ? Encoding.BASE64 : Encoding.HEX),
                signing.timestamp()
                        .<Content>map(header -> new Content.Headed(List.of(header)))
                        .orElseGet(Content.Body::new),
                signing.tolerance(),
                Form.of(signing.id(), List.of(List.of(signing.topic()))));
    }

    /** @param secrets that may have signed, usually one, more while they are rotated */
    Verdict verify(Sent sent, List<String> secrets, Instant now) {
        var values = sent.headers().apply(written.header());
        var parts = parts(values.size() == 1 ? values.getFirst() : "");
        var start = start(parts, sent);
        boolean fits = fits(parts, start, secrets, sent.body());
        if (values.stream().allMatch(String::isBlank)) {
            return Verdict.MISSING;
        }
        if (!start.legible() || !fits) {
            return Verdict.WRONG;
        }
        return start.seconds().filter(seconds -> isOff(seconds, now)).isPresent() ? Verdict.EXPIRED : Verdict.VALID;
    }

    private List<String> parts(String value) {
        return written.separator().isEmpty()
                ? List.of(value.strip())
                : Arrays.stream(value.split(written.separator()))
                        .map(String::strip)
                        .toList();
    }

    private Start start(List<String> parts, Sent sent) {
        return switch (content) {
            case Content.Body() -> new Start(NOTHING, Optional.empty(), written.prefix(), true);
            case Content.Stamped() -> stamped(parts);
            case Content.Call() -> call(parts, sent);
            case Content.Headed(var headers) -> headed(headers, sent);
        };
    }

    private Start stamped(List<String> parts) {
        var times = parts.stream()
                .filter(part -> part.startsWith(TIMESTAMP))
                .map(part -> part.substring(TIMESTAMP.length()))
                .toList();
        boolean timed = times.size() == 1 && SECONDS.matcher(times.getFirst()).matches();
        var seconds = timed ? times.getFirst() : "0";
        return new Start((seconds + ".").getBytes(UTF_8), Optional.of(seconds), written.prefix(), timed);
    }

    private Start call(List<String> parts, Sent sent) {
        var start = stamped(parts);
        if (parts.stream().noneMatch(part -> part.startsWith(CALL_PREFIX))) {
            return start;
        }
        var key = String.join(",", sent.headers().apply(KEY));
        var call = new FreshetSignature.Call(sent.method(), sent.target(), key);
        return new Start(call.start(start.seconds().orElseThrow()), start.seconds(), CALL_PREFIX, start.legible());
    }

    private Start headed(List<String> headers, Sent sent) {
        var values = new ArrayList<String>();
        for (var header : headers) {
            var all = sent.headers().apply(header);
            values.add(all.size() == 1 ? all.getFirst().strip() : "");
        }
        boolean legible =
                values.stream().allMatch(value -> SIGNED_VALUE.matcher(value).matches())
                        && SECONDS.matcher(values.getLast()).matches();
        var bytes = (String.join(".", values) + ".").getBytes(UTF_8);
        return new Start(bytes, Optional.of(values.getLast()), written.prefix(), legible);
    }

    private boolean isOff(String seconds, Instant now) {
        var off = Duration.between(Instant.ofEpochSecond(Long.parseLong(seconds)), now);
        return off.abs().compareTo(tolerance) > 0;
    }

    /** Compares every signature with that of every secret, without an early end that a clock could see. */
    private boolean fits(List<String> parts, Start start, List<String> secrets, byte[] body) {
        var signatures = parts.stream()
                .filter(part -> part.startsWith(start.prefix()))
                .map(part -> part.substring(start.prefix().length()))
                .flatMap(text -> decode(text).stream())
                .limit(MAX_SIGNATURES)
                .toList();
        var keys =
                secrets.stream().flatMap(secret -> scheme.key(secret).stream()).toList();
        boolean found = false;
        for (var key : keys.isEmpty() ? List.of(NOBODYS) : keys) {
            var expected = Hmac.sign(key, start.bytes(), body);
            for (var signature : signatures.isEmpty() ? List.of(NO_SIGNATURE) : signatures) {
                found |= MessageDigest.isEqual(expected, signature);
            }
        }
        return found && !keys.isEmpty() && !signatures.isEmpty();
    }

    private Optional<byte[]> decode(String text) {
        try {
            return Optional.of(
                    switch (written.encoding()) {
                        case HEX -> HexFormat.of().parseHex(text);
                        case BASE64 -> Base64.getDecoder().decode(text);
                    });
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
