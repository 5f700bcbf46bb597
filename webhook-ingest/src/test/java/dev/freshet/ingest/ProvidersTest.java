package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.Place;
import dev.freshet.catalog.Scheme;
import dev.freshet.catalog.Signatures;
import dev.freshet.catalog.Signing;
import dev.freshet.catalog.Site;
import dev.freshet.ingest.SignatureScheme.Sent;
import dev.freshet.ingest.SignatureScheme.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What each provider's signature lets in, and all that must not be: by vectors, of which GitHub's and Standard Webhooks' are published. */
class ProvidersTest {
    private static final Instant STRIPE_TIME = Instant.ofEpochSecond(1_700_000_000);
    private static final Instant STANDARD_TIME = Instant.ofEpochSecond(1_614_265_330);
    private static final String STRIPE_V1 = "520b24d63d605aaa49d413940cd01dc267917b5c5ddbbc39e9993f7ff62d89de";
    private static final String STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String STANDARD_V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private static final Vector GITHUB = new Vector(
            new Site("code", Scheme.GITHUB, List.of("It's a Secret to Everybody")),
            "Hello, World!",
            STRIPE_TIME,
            Map.of(
                    "X-GitHub-Event",
                    "push",
                    "X-Hub-Signature-256",
                    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"));
    private static final Vector STANDARD = new Vector(
            new Site("crm", Scheme.STANDARD, List.of(STANDARD_SECRET)),
            "{\"test\": 2432232314}",
            STANDARD_TIME,
            Map.of(
                    "webhook-id",
                    "msg_p5jXN8AQM9LWM0D4loKWxJek",
                    "webhook-timestamp",
                    "1614265330",
                    "webhook-signature",
                    STANDARD_V1));
    private static final Vector STRIPE = new Vector(
            new Site("payments", Scheme.STRIPE, List.of("whsec_sample_signing_secret")),
            "{\"id\":\"evt_sample_1\",\"type\":\"payment_intent.succeeded\"}",
            STRIPE_TIME,
            Map.of("Stripe-Signature", "t=1700000000,v1=" + STRIPE_V1));
    private static final Vector SHOPIFY = new Vector(
            new Site("shop", Scheme.SHOPIFY, List.of("hush")),
            "{\"id\":820982911946154508}",
            STRIPE_TIME,
            Map.of(
                    "X-Shopify-Topic",
                    "orders/create",
                    "X-Shopify-Hmac-SHA256",
                    "qBvrsZF7RfB1iS6BX6IHqJTp5L911P7intnPeTPsH0I="));
    /** The same key and bytes as Stripe's. */
    private static final Vector TIMED = new Vector(
            hmac("X-Signature", "sha256=", false, Optional.of("X-Time")),
            STRIPE.body(),
            STRIPE_TIME,
            Map.of("X-Time", "1700000000", "X-Signature", "sha256=" + STRIPE_V1));
    /** The same key and bytes as Shopify's. */
    private static final Vector PLAIN = new Vector(
            hmac("X-Mac", "", true, Optional.empty()),
            SHOPIFY.body(),
            STRIPE_TIME,
            Map.of("X-Mac", "qBvrsZF7RfB1iS6BX6IHqJTp5L911P7intnPeTPsH0I="));

    /** A request that its provider has signed. */
    record Vector(Site site, String body, Instant at, Map<String, String> headers) {
        String header() {
            return SignatureScheme.of(site).written().header();
        }

        Verdict verify() {
            return verify(site.secrets(), at, headers, body);
        }

        Verdict with(String header, String value) {
            var changed = new LinkedHashMap<>(headers);
            changed.put(header, value);
            return verify(site.secrets(), at, changed, body);
        }

        Verdict without(String header) {
            var changed = new LinkedHashMap<>(headers);
            changed.remove(header);
            return verify(site.secrets(), at, changed, body);
        }

        Verdict signed(String value) {
            return with(header(), value);
        }

        Verdict at(Instant now) {
            return verify(site.secrets(), now, headers, body);
        }

        Verdict by(String... secrets) {
            return verify(List.of(secrets), at, headers, body);
        }

        /** With one header more. */
        Verdict doubled(String header, String more) {
            return verify(
                    site.secrets(),
                    at,
                    name -> {
                        var values = values(headers, name);
                        if (name.equals(header)) {
                            values.add(more);
                        }
                        return values;
                    },
                    body);
        }

        private Verdict verify(List<String> secrets, Instant now, Map<String, String> headers, String body) {
            return verify(secrets, now, name -> values(headers, name), body);
        }

        private Verdict verify(List<String> secrets, Instant now, Function<String, List<String>> headers, String body) {
            var sent = new Sent(headers, "POST", "/webhooks/" + site.name(), body.getBytes(UTF_8));
            return SignatureScheme.of(site).verify(sent, secrets, now);
        }

        private static List<String> values(Map<String, String> headers, String name) {
            return new ArrayList<>(Stream.ofNullable(headers.get(name)).toList());
        }

        @Override
        public String toString() {
            return site.name();
        }
    }

    private static Site hmac(String header, String prefix, boolean base64, Optional<String> timestamp) {
        var secret = timestamp.isPresent() ? "whsec_sample_signing_secret" : "hush";
        return new Site(
                timestamp.isPresent() ? "timed" : "plain",
                Scheme.HMAC,
                List.of(secret),
                Optional.of(new Signing(
                        header,
                        prefix,
                        base64,
                        timestamp,
                        Duration.ofMinutes(2),
                        Optional.empty(),
                        Place.field("/type"))));
    }

    private static Stream<Vector> all() {
        return Stream.of(GITHUB, STANDARD, STRIPE, SHOPIFY, TIMED, PLAIN);
    }

    private static Stream<Vector> timed() {
        return Stream.of(STANDARD, STRIPE, TIMED);
    }

    @ParameterizedTest
    @MethodSource("all")
    void theKnownVectorIsValid(Vector vector) {
        assertThat(vector.verify()).isEqualTo(Verdict.VALID);
        var value = vector.headers().get(vector.header());
        assertThat(vector.signed("  " + value + " ")).isEqualTo(Verdict.VALID);
    }

    @ParameterizedTest
    @MethodSource("all")
    void whatIsSignedForSendingIsValid(Vector vector) {
        var now = Instant.parse("2026-01-01T00:00:00Z");
        var body = vector.body().getBytes(UTF_8);
        var headers = Signatures.headers(vector.site(), "a.b", "msg_1", now, body);
        assertThat(vector.verify(vector.site().secrets(), now, headers, vector.body()))
                .isEqualTo(Verdict.VALID);
        assertThat(headers.lastEntry().getKey()).isEqualTo(vector.header());
    }

    @ParameterizedTest
    @MethodSource("all")
    void anotherBodyIsWrong(Vector vector) {
        var other = vector.body().replace('l', 'L').replace('t', 'T').replace('i', 'I');
        assertThat(vector.verify(vector.site().secrets(), vector.at(), vector.headers(), other))
                .isEqualTo(Verdict.WRONG);
        assertThat(vector.verify(vector.site().secrets(), vector.at(), vector.headers(), vector.body() + " "))
                .isEqualTo(Verdict.WRONG);
        assertThat(vector.verify(vector.site().secrets(), vector.at(), vector.headers(), ""))
                .isEqualTo(Verdict.WRONG);
    }

    @ParameterizedTest
    @MethodSource("all")
    void whileSecretsAreRotatedEachOfThemIsTried(Vector vector) {
        var right = vector.site().secrets().getFirst();
        var other = "whsec_" + Base64.getEncoder().encodeToString("another secret of some length".getBytes(UTF_8));
        assertThat(vector.by(other, right)).isEqualTo(Verdict.VALID);
        assertThat(vector.by(right, other)).isEqualTo(Verdict.VALID);
        assertThat(vector.by(other)).isEqualTo(Verdict.WRONG);
        assertThat(vector.by(other, "not base64!")).isEqualTo(Verdict.WRONG);
        assertThat(vector.by("")).isEqualTo(Verdict.WRONG);
        assertThat(vector.by("whsec_")).isEqualTo(Verdict.WRONG);
        assertThat(vector.by()).isEqualTo(Verdict.WRONG);
    }

    @ParameterizedTest
    @MethodSource("all")
    void aSignatureThatIsNotThereIsMissingAndOneTooManyIsWrong(Vector vector) {
        assertThat(vector.without(vector.header())).isEqualTo(Verdict.MISSING);
        assertThat(vector.signed(" ")).isEqualTo(Verdict.MISSING);
        var value = vector.headers().getOrDefault(vector.header(), "");
        for (var more : List.of(value, "", "x")) {
            assertThat(vector.doubled(vector.header(), more)).isEqualTo(Verdict.WRONG);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void aSignatureInAnotherFormIsWrong(Vector vector) {
        var scheme = SignatureScheme.of(vector.site());
        var value = vector.headers().getOrDefault(vector.header(), "");
        var prefix = scheme.written().prefix();
        int at = prefix.isEmpty() ? 0 : value.indexOf(prefix) + prefix.length();
        var start = value.substring(0, at);
        var text = value.substring(at);
        boolean isHex = scheme.written().encoding() == SignatureScheme.Encoding.HEX;
        var bytes = isHex ? HexFormat.of().parseHex(text) : Base64.getDecoder().decode(text);
        var otherEncoding = isHex
                ? Base64.getEncoder().encodeToString(bytes)
                : HexFormat.of().formatHex(bytes);
        for (var wrong : List.of(
                start + otherEncoding,
                start + text.substring(2),
                start + text.substring(0, text.length() - 2),
                start + text + "00",
                start + "00".repeat(32),
                start + "A".repeat(43) + "=",
                start + "\u0661" + text,
                start + "=",
                "v2" + value,
                value + "," + value,
                value.replace("v1", "v0"),
                "=,")) {
            boolean isTheSame = wrong.equals(value); // no v1 in it
            if (!isTheSame) {
                assertThat(vector.signed(wrong)).as(wrong).isEqualTo(Verdict.WRONG);
            }
        }
        if (!prefix.isEmpty()) {
            assertThat(vector.signed(value.replace(prefix, ""))).isEqualTo(Verdict.WRONG);
        }
    }

    @ParameterizedTest
    @MethodSource("timed")
    void itHoldsForItsTimeOnly(Vector vector) {
        var tolerance = SignatureScheme.of(vector.site()).tolerance();
        var at = vector.at();
        assertThat(Signatures.tolerance(vector.site())).isEqualTo(tolerance);
        assertThat(vector.at(at.plus(tolerance))).isEqualTo(Verdict.VALID);
        assertThat(vector.at(at.minus(tolerance))).isEqualTo(Verdict.VALID);
        assertThat(vector.at(at.plus(tolerance).plusMillis(1))).isEqualTo(Verdict.EXPIRED);
        assertThat(vector.at(at.minus(tolerance).minusMillis(1))).isEqualTo(Verdict.EXPIRED);
    }

    @ParameterizedTest
    @MethodSource("timed")
    void thatItIsOldHearsOnlyWhoKnowsASecret(Vector vector) {
        var late = vector.at().plus(Duration.ofDays(1));
        assertThat(vector.verify(List.of("guess"), late, vector.headers(), vector.body()))
                .isEqualTo(Verdict.WRONG);
    }

    @Test
    void ofStripesListOnlyV1AndOneTimeCount() {
        var v1 = "v1=" + STRIPE_V1;
        assertThat(STRIPE.signed("t=1700000000, v0=00, v1=00," + v1 + ",v2=11,x"))
                .isEqualTo(Verdict.VALID);
        assertThat(STRIPE.signed(v1 + ",t=1700000000")).isEqualTo(Verdict.VALID);
        assertThat(STRIPE.signed("t=1700000000,v0=" + STRIPE_V1)).isEqualTo(Verdict.WRONG);
        assertThat(STRIPE.signed("t=1700000000,v2=" + STRIPE_V1)).isEqualTo(Verdict.WRONG);
        for (var time : List.of("", "t=", "t=1700000001", "t=01700000000", "t=1700000000,t=1700000000", "t=x")) {
            assertThat(STRIPE.signed(time + "," + v1)).as(time).isEqualTo(Verdict.WRONG);
        }
    }

    @Test
    void manySignaturesCostNoMoreThanAFew() {
        assertThat(STRIPE.signed("t=1700000000" + (",v1=" + "00".repeat(32)).repeat(7) + ",v1=" + STRIPE_V1))
                .isEqualTo(Verdict.VALID);
        assertThat(STRIPE.signed("t=1700000000" + (",v1=" + "00".repeat(32)).repeat(8) + ",v1=" + STRIPE_V1))
                .isEqualTo(Verdict.WRONG);
    }

    @Test
    void ofAStandardListOnlyV1Counts() {
        assertThat(STANDARD.signed("v1a,aaaa v1,AAAA " + STANDARD_V1)).isEqualTo(Verdict.VALID);
        assertThat(STANDARD.signed(STANDARD_V1.replace("v1,", "v1a,"))).isEqualTo(Verdict.WRONG);
        assertThat(STANDARD.by(STANDARD_SECRET.substring("whsec_".length()))).isEqualTo(Verdict.VALID);
    }

    @Test
    void aStandardIdIsSignedAndComesOnce() {
        var id = STANDARD.headers().getOrDefault("webhook-id", "");
        for (var other : List.of("msg_2", "", id + "x", "\u00e4", id + ".1614265330", "x".repeat(257))) {
            assertThat(STANDARD.with("webhook-id", other)).as(other).isEqualTo(Verdict.WRONG);
        }
        assertThat(STANDARD.without("webhook-id")).isEqualTo(Verdict.WRONG);
        assertThat(STANDARD.doubled("webhook-id", id)).isEqualTo(Verdict.WRONG);
    }

    /** What was signed for one id must not be good for a longer one and a body that is cut. */
    @Test
    void aDotInAnIdIsRefusedSinceItCouldEndElsewhere() {
        var site = STANDARD.site();
        var body = "1614265330.{}";
        var honest = Signatures.headers(site, "", "msg", STANDARD_TIME, body.getBytes(UTF_8));
        assertThat(STANDARD.verify(site.secrets(), STANDARD_TIME, honest, body)).isEqualTo(Verdict.VALID);
        var shifted = new LinkedHashMap<>(honest);
        shifted.put("webhook-id", "msg.1614265330");
        assertThat(STANDARD.verify(site.secrets(), STANDARD_TIME, shifted, "{}"))
                .isEqualTo(Verdict.WRONG);
    }

    @ParameterizedTest
    @MethodSource("headed")
    void aTimeInAHeaderIsSignedAndComesOnce(Vector vector, String header) {
        for (var other : List.of("1614265331", "1700000001", "", "-1", "1e9", "9".repeat(20), "1700000000.0")) {
            assertThat(vector.with(header, other)).as(other).isEqualTo(Verdict.WRONG);
        }
        assertThat(vector.without(header)).isEqualTo(Verdict.WRONG);
        assertThat(vector.doubled(header, vector.headers().getOrDefault(header, "")))
                .isEqualTo(Verdict.WRONG);
    }

    private static Stream<Arguments> headed() {
        return Stream.of(Arguments.of(STANDARD, "webhook-timestamp"), Arguments.of(TIMED, "X-Time"));
    }

    @Test
    void eachSchemeOfTheCatalogIsVerifiedAsItself() {
        for (var scheme : Scheme.values()) {
            var site = scheme == Scheme.HMAC ? TIMED.site() : new Site("x", scheme, List.of("s"));
            assertThat(SignatureScheme.of(site).scheme()).isEqualTo(scheme);
        }
    }
}
