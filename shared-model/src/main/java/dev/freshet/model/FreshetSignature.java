package dev.freshet.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How Freshet signs what it sends and expects what an application sends it to be signed: {@code
 * t=<unix seconds>,v1=<hex HMAC-SHA256 of t + "." + body>}, with one {@code v1} for each secret. A receiver refuses a time further away than {@link #WINDOW}.
 */
public final class FreshetSignature {
    public static final String HEADER = "X-Freshet-Signature";
    public static final Duration WINDOW = Duration.ofMinutes(5);

    private FreshetSignature() {}

    /**
     * The value of the header {@link #HEADER}: a receiver needs to know one of the secrets, so that either side may learn
     * a new one first.
     *
     * @param secrets at least one, none of them empty
     * @param at when the request is sent; whole seconds count
     */
    public static String header(List<String> secrets, Instant at, byte[] body) {
        return secrets.stream()
                .map(secret -> "v1=" + hex(secret, at, body))
                .collect(Collectors.joining(",", "t=" + at.getEpochSecond() + ",", ""));
    }

    /**
     * The value of the header {@link #HEADER}.
     *
     * @param secret shared with the receiver, not empty
     * @param at when the request is sent; whole seconds count
     */
    public static String header(String secret, Instant at, byte[] body) {
        return header(List.of(secret), at, body);
    }

    /**
     * What of a request to the webhook service is signed beside its body, so that what was read on its way cannot be sent
     * to another address.
     *
     * @param method such as {@code POST}
     * @param target path and query as the request line has them
     * @param key value of {@code Idempotency-Key}; empty where none is sent
     */
    public record Call(String method, String target, String key) {
        /**
         * What stands before the body: {@code v2}, the time, method, target and key, each with a line feed, which none of
         * them can contain. It begins with no digit, so that nothing is ever signed by both forms.
         *
         * @param seconds unix time, as the header says it
         */
        public byte[] start(String seconds) {
            return String.join("\n", "v2", seconds, method, target, key, "").getBytes(UTF_8);
        }
    }

    /**
     * The value of the header {@link #HEADER} of a request to the webhook service: {@code t=<unix seconds>,v2=<hex
     * HMAC-SHA256 of call and body>}.
     *
     * @param secret shared with the receiver, not empty
     * @param at when the request is sent; whole seconds count
     */
    public static String header(String secret, Instant at, Call call, byte[] body) {
        var seconds = String.valueOf(at.getEpochSecond());
        return "t=" + seconds + ",v2=" + Hmac.signHex(secret, call.start(seconds), body);
    }

    private static String hex(String secret, Instant at, byte[] body) {
        return Hmac.signHex(secret, (at.getEpochSecond() + ".").getBytes(UTF_8), body);
    }
}
