package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.catalog.Site;
import dev.freshet.model.FreshetSignature;
import dev.freshet.model.Hmac;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How one kind of sender signs: HMAC-SHA256 over the bytes as they came, described by data, so that another provider is
 * one more line in {@link #ALL}. A request is valid if any of the site's secrets made any of its signatures; without a
 * secret nothing is valid.
 *
 * <p>The same work is done whatever was sent: one digest for each secret, and one for a secret that nobody knows where
 * the site has none, compared as bytes and in constant time with each signature, also where there is none.
 *
 * @param name as the catalog's {@code scheme} and the path {@code /webhooks/NAME} say it
 * @param header carries the signature; looked up without regard to case
 * @param encoding of the signature in the header
 * @param prefix what stands before each signature, such as {@code sha256=} or {@code v1=}; may be empty
 * @param content what is signed
 * @param tolerance how far the signed time may be from ours, either way; not used where no time is signed
 * @param idHeader the header that names the delivery; empty where the body does
 */
record SignatureScheme(
        String name,
        String header,
        Encoding encoding,
        String prefix,
        Content content,
        Duration tolerance,
        Optional<String> idHeader) {

    enum Encoding {
        HEX,
        BASE64
    }

    enum Content {
        BODY,
        /**
         * The header is a list {@code t=UNIX_SECONDS,PREFIXsignature,…}; signed are the seconds, a dot and the body. Where
         * it holds a {@code v2=}, only these count, and method, address and key are signed too ({@link
         * FreshetSignature.Call}).
         */
        TIMESTAMP_DOT_BODY
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
     * @param signatures each value of the header; a request should have one
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Sent(List<String> signatures, FreshetSignature.Call call, byte[] body) {}

    static final SignatureScheme THINKIFIC = new SignatureScheme(
            "thinkific", "X-Thinkific-Hmac-Sha256", Encoding.HEX, "", Content.BODY, Duration.ZERO, Optional.empty());
    static final SignatureScheme FRESHET = new SignatureScheme(
            "freshet",
            FreshetSignature.HEADER,
            Encoding.HEX,
            "v1=",
            Content.TIMESTAMP_DOT_BODY,
            FreshetSignature.WINDOW,
            Optional.of("Idempotency-Key"));
    static final Map<String, SignatureScheme> ALL = Stream.of(THINKIFIC, FRESHET)
            .collect(Collectors.toUnmodifiableMap(SignatureScheme::name, scheme -> scheme));

    private static final String TIMESTAMP = "t=";
    private static final String CALL_PREFIX = "v2=";
    private static final int MAX_TIMESTAMP_DIGITS = 12;
    /** More than anybody has secrets. */
    private static final int MAX_SIGNATURES = 8;

    private static final byte[] NOTHING = {};
    private static final byte[] NO_SIGNATURE = new byte[32];
    private static final String NOBODYS = UUID.randomUUID().toString();

    /** The reader of the catalog has refused schemes that are none. */
    static SignatureScheme of(Site site) {
        return Objects.requireNonNull(ALL.get(site.scheme()), site.scheme());
    }

    /** @param secrets that may have signed, usually one, more while they are rotated */
    Verdict verify(Sent sent, List<String> secrets, Instant now) {
        var value = sent.signatures().size() == 1 ? sent.signatures().getFirst().strip() : "";
        var verdict = switch (content) {
            case BODY -> fits(List.of(value), prefix, secrets, NOTHING, sent.body()) ? Verdict.VALID : Verdict.WRONG;
            case TIMESTAMP_DOT_BODY -> verifyTimed(value, sent, secrets, now);
        };
        return sent.signatures().stream().allMatch(String::isBlank) ? Verdict.MISSING : verdict;
    }

    private Verdict verifyTimed(String value, Sent sent, List<String> secrets, Instant now) {
        var parts = Arrays.stream(value.split(",")).map(String::strip).toList();
        var times = parts.stream()
                .filter(part -> part.startsWith(TIMESTAMP))
                .map(part -> part.substring(TIMESTAMP.length()))
                .toList();
        boolean timed = times.size() == 1 && isSeconds(times.getFirst());
        var seconds = timed ? times.getFirst() : "0";
        boolean ofCall = parts.stream().anyMatch(part -> part.startsWith(CALL_PREFIX));
        var start = ofCall ? sent.call().start(seconds) : (seconds + ".").getBytes(UTF_8);
        boolean fits = fits(parts, ofCall ? CALL_PREFIX : prefix, secrets, start, sent.body());
        if (!timed || !fits) {
            return Verdict.WRONG;
        }
        var off = Duration.between(Instant.ofEpochSecond(Long.parseLong(seconds)), now);
        return off.abs().compareTo(tolerance) > 0 ? Verdict.EXPIRED : Verdict.VALID;
    }

    /** Compares every signature with that of every secret, without an early end that a clock could see. */
    private boolean fits(List<String> values, String marked, List<String> secrets, byte[] start, byte[] body) {
        var signatures = values.stream()
                .filter(part -> part.startsWith(marked))
                .map(part -> part.substring(marked.length()))
                .flatMap(text -> decode(text).stream())
                .limit(MAX_SIGNATURES)
                .toList();
        var keys = secrets.stream().filter(secret -> !secret.isEmpty()).toList();
        boolean found = false;
        for (var key : keys.isEmpty() ? List.of(NOBODYS) : keys) {
            var expected = Hmac.sign(key, start, body);
            for (var signature : signatures.isEmpty() ? List.of(NO_SIGNATURE) : signatures) {
                found |= MessageDigest.isEqual(expected, signature);
            }
        }
        return found && !keys.isEmpty() && !signatures.isEmpty();
    }

    private Optional<byte[]> decode(String text) {
        try {
            return Optional.of(
                    switch (encoding) {
                        case HEX -> HexFormat.of().parseHex(text);
                        case BASE64 -> Base64.getDecoder().decode(text);
                    });
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean isSeconds(String text) {
        return !text.isEmpty()
                && text.length() <= MAX_TIMESTAMP_DIGITS
                && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
