package dev.freshet.worker.view;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Hmac;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;

/** Makes tokens as RFC 7519 has them, by hand: what is tried must not be what it is tried with. */
final class Tokens {
    static final String HS256 = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    static final String RS256 = "{\"typ\":\"JWT\",\"alg\":\"RS256\"}";

    private Tokens() {}

    /** Good for an hour. */
    static String of(String secret, String claims) {
        var exp = Clock.systemUTC().instant().plus(Duration.ofHours(1)).getEpochSecond();
        return hs256(secret, HS256, "{\"exp\":" + exp + "," + claims + "}");
    }

    static String hs256(String secret, String header, String payload) {
        return hs256(secret.getBytes(UTF_8), header, payload);
    }

    static String hs256(byte[] key, String header, String payload) {
        var signed = encode(header) + "." + encode(payload);
        return signed + "." + encode(Hmac.sign(key, signed.getBytes(UTF_8)));
    }

    static String rs256(PrivateKey key, String header, String payload) throws GeneralSecurityException {
        var signed = encode(header) + "." + encode(payload);
        var signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key);
        signature.update(signed.getBytes(UTF_8));
        return signed + "." + encode(signature.sign());
    }

    static String encode(String text) {
        return encode(text.getBytes(UTF_8));
    }

    static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
