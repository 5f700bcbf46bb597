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
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of sender signs: HMAC-SHA256 over the bytes as they came, described by data, so that another provider is
 * one more line in {@link #ALL}. A request is valid if any of the site's secrets made any of its signatures; without a
 * secret nothing is valid.
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
        /** The header is a list {@code t=UNIX_SECONDS,PREFIXsignature,…}; signed are the seconds, a dot and the body. */
        TIMESTAMP_DOT_BODY
    }

    enum Verdict {
        VALID,
        /** No signature came with the request. */
        MISSING,
        WRONG,
        /** Correctly formed, but signed too long ago or too far ahead. */
        EXPIRED
    }

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
    private static final int MAX_TIMESTAMP_DIGITS = 12;

    /** The reader of the catalog has refused schemes that are none. */
    static SignatureScheme of(Site site) {
        return Objects.requireNonNull(ALL.get(site.scheme()), site.scheme());
    }

    /**
     * @param value of the header, null when it was not sent
     * @param secrets that may have signed, usually one, more while they are rotated
     */
    Verdict verify(@Nullable String value, byte[] body, List<String> secrets, Instant now) {
        if (value == null || value.isBlank()) {
            return Verdict.MISSING;
        }
        return switch (content) {
            case BODY -> matches(Stream.of(value.strip()), secrets, secret -> Hmac.sign(secret, body));
            case TIMESTAMP_DOT_BODY -> verifyTimed(value, body, secrets, now);
        };
    }

    private Verdict verifyTimed(String value, byte[] body, List<String> secrets, Instant now) {
        var parts = Arrays.stream(value.split(",")).map(String::strip).toList();
        var timestamp = parts.stream()
                .filter(part -> part.startsWith(TIMESTAMP))
                .map(part -> part.substring(TIMESTAMP.length()))
                .findFirst();
        if (timestamp.isEmpty() || !isSeconds(timestamp.get())) {
            return Verdict.WRONG;
        }
        var signedAt = Instant.ofEpochSecond(Long.parseLong(timestamp.get()));
        if (Duration.between(signedAt, now).abs().compareTo(tolerance) > 0) {
            return Verdict.EXPIRED;
        }
        var start = (timestamp.get() + ".").getBytes(UTF_8);
        return matches(parts.stream(), secrets, secret -> Hmac.sign(secret, start, body));
    }

    /** Compares every signature with that of every secret, without an early end that a clock could see. */
    private Verdict matches(Stream<String> values, List<String> secrets, Function<String, byte[]> sign) {
        var signatures = values.filter(part -> part.startsWith(prefix))
                .map(part -> part.substring(prefix.length()))
                .flatMap(text -> decode(text).stream())
                .toList();
        boolean valid = false;
        for (var secret : secrets) {
            if (secret.isEmpty()) {
                continue;
            }
            var expected = sign.apply(secret);
            for (var signature : signatures) {
                valid |= MessageDigest.isEqual(expected, signature);
            }
        }
        return valid ? Verdict.VALID : Verdict.WRONG;
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
