package dev.freshet.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;

/**
 * How Freshet signs what it sends and expects what an application sends it to be signed: {@code
 * t=<unix seconds>,v1=<hex HMAC-SHA256 of t + "." + body>}. A receiver refuses a time further away than {@link #WINDOW}.
 */
public final class FreshetSignature {
    public static final String HEADER = "X-Freshet-Signature";
    public static final Duration WINDOW = Duration.ofMinutes(5);

    private FreshetSignature() {}

    /**
     * The value of the header {@link #HEADER}.
     *
     * @param secret shared with the receiver, not empty
     * @param at when the request is sent; whole seconds count
     */
    public static String header(String secret, Instant at, byte[] body) {
        long seconds = at.getEpochSecond();
        return "t=" + seconds + ",v1=" + Hmac.signHex(secret, (seconds + ".").getBytes(UTF_8), body);
    }
}
