package dev.freshet.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.crypto.spec.SecretKeySpec;

/**
 * Somebody whose tokens (RFC 7519) say who a reader is.
 *
 * @param keys any of which may have signed, all of the algorithm's kind; empty lets nobody in
 * @param issuer what {@code iss} must be; empty for whatever it is
 * @param audience what {@code aud} must be or hold; empty for whatever it is
 * @param leeway how far its clock may be off
 */
public record TokenIssuer(
        String name,
        Algorithm algorithm,
        List<Key> keys,
        Optional<String> issuer,
        Optional<String> audience,
        Duration leeway) {

    /** Stands in for one that a catalog does not describe, which was reported. */
    static final TokenIssuer UNKNOWN =
            new TokenIssuer("", Algorithm.HS256, List.of(), Optional.empty(), Optional.empty(), Duration.ZERO);

    public TokenIssuer {
        keys = List.copyOf(keys);
    }

    /** How tokens are signed (RFC 7518, 3.1). One issuer has one: what a token says of it must not choose what a key is. */
    public enum Algorithm {
        /** By a secret that both sides have. */
        HS256("secrets of at least 32 bytes, such as from openssl rand -hex 32"),
        /** By a private key, of which the public one is known here. */
        RS256("public keys of RSA with at least 2048 bits as PEM, each beginning -----BEGIN PUBLIC KEY-----");

        private static final int SHORTEST_SECRET = 32;
        private static final int SHORTEST_MODULUS = 2_048;
        private static final Pattern PEM =
                Pattern.compile("-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]+)-----END PUBLIC KEY-----");

        private final String expected;

        Algorithm(String expected) {
            this.expected = expected;
        }

        /** What to say where keys were expected. */
        String expected() {
            return expected;
        }

        /** @return empty when the text is no such key, or one too short to be safe */
        public Optional<Key> key(String text) {
            return switch (this) {
                case HS256 -> secret(text);
                case RS256 -> publicKey(text);
            };
        }

        /** A key that others may know must not become a secret. */
        private static Optional<Key> secret(String text) {
            var bytes = text.getBytes(UTF_8);
            return bytes.length < SHORTEST_SECRET || text.contains("-----BEGIN")
                    ? Optional.empty()
                    : Optional.of(new SecretKeySpec(bytes, "HmacSHA256"));
        }

        /** Its lines may also be separated by {@code \n} in two characters, since some environments take no others. */
        private static Optional<Key> publicKey(String text) {
            var pem = PEM.matcher(text.replace("\\n", "\n").strip());
            if (!pem.matches()) {
                return Optional.empty();
            }
            try {
                var encoded = Base64.getDecoder().decode(pem.group(1).replaceAll("\\s", ""));
                var key = KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(encoded));
                return key instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() >= SHORTEST_MODULUS
                        ? Optional.of(key)
                        : Optional.empty();
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                return Optional.empty();
            }
        }
    }

    /** Leaves the keys out. */
    @Override
    public String toString() {
        return "tokens " + name + " algorithm " + algorithm + " keys " + keys.size();
    }
}
