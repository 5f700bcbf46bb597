package dev.freshet.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Hmac;
import dev.freshet.model.Sha256;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Makes tokens of sessions, and knows its own again before anybody is asked: {@code s1.ID.SIGNATURE}, where the id is 32
 * random bytes and the signature HMAC-SHA256 of it for this application. What is stored is the id's digest, so that nobody who reads a table
 * or a key can act as a user.
 */
final class SessionTokens {
    private static final Pattern FORM = Pattern.compile("s1\\.([A-Za-z0-9_-]{43})\\.([A-Za-z0-9_-]{43})");
    private static final String PURPOSE = "freshet-session";
    private static final int ID_BYTES = 32;

    private final SecureRandom random = new SecureRandom();
    private final String application;
    private final List<String> secrets;

    /**
     * @param application another one with the same secrets has other tokens
     * @param secrets the first of which signs
     */
    SessionTokens(String application, List<String> secrets) {
        this.application = application;
        this.secrets = List.copyOf(secrets);
    }

    /** @throws IllegalStateException when there is no secret */
    String create() {
        if (secrets.isEmpty()) {
            throw new IllegalStateException("sessions have no secret to sign with");
        }
        var bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        var id = encode(bytes);
        return "s1." + id + "." + signature(secrets.getFirst(), id);
    }

    /**
     * What the session of a token is stored under, in hexadecimal digits.
     *
     * @param token as somebody sent it
     * @return empty for one that nobody here has signed
     */
    Optional<String> digest(String token) {
        var parts = FORM.matcher(token);
        if (!parts.matches()) {
            return Optional.empty();
        }
        var id = parts.group(1);
        var sent =
                parts.group(2).getBytes(US_ASCII); // as text: the last digit of base64 has several ways to be written
        boolean found = false;
        for (var secret : secrets) {
            found |= MessageDigest.isEqual(signature(secret, id).getBytes(US_ASCII), sent);
        }
        return found ? Optional.of(Sha256.hex(id.getBytes(US_ASCII))) : Optional.empty();
    }

    private String signature(String secret, String id) {
        return encode(
                Hmac.sign(secret, String.join("\n", PURPOSE, application, id).getBytes(UTF_8)));
    }

    private static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
