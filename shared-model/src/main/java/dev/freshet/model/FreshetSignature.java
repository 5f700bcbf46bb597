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

    private static String hex(String secret, Instant at, byte[] body) {
        return Hmac.signHex(secret, (at.getEpochSecond() + ".").getBytes(UTF_8), body);
    }
}
