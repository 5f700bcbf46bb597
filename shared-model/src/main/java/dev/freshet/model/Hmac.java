package dev.freshet.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HMAC-SHA256 (RFC 2104) as every signed request of Freshet uses it. */
public final class Hmac {
    private static final String ALGORITHM = "HmacSHA256";

    private Hmac() {}

    /**
     * The digest of all parts, one after the other.
     *
     * @param secret not empty; its UTF-8 bytes are the key
     * @return 32 bytes
     * @throws IllegalArgumentException when the secret is empty
     */
    public static byte[] sign(String secret, byte[]... parts) {
        return sign(secret.getBytes(UTF_8), parts);
    }

    /**
     * The digest of all parts, one after the other.
     *
     * @param key not empty
     * @return 32 bytes
     * @throws IllegalArgumentException when the key is empty
     */
    public static byte[] sign(byte[] key, byte[]... parts) {
        var mac = newMac(); // under a microsecond; one per thread would not outlive a virtual thread
        try {
            mac.init(new SecretKeySpec(key, ALGORITHM));
        } catch (InvalidKeyException e) {
            throw new IllegalArgumentException("the secret cannot be used as a key", e);
        }
        for (var part : parts) {
            mac.update(part);
        }
        return mac.doFinal();
    }

    /** The digest of {@link #sign} in lower-case hexadecimal digits. */
    public static String signHex(String secret, byte[]... parts) {
        return HexFormat.of().formatHex(sign(secret, parts));
    }

    private static Mac newMac() {
        try {
            return Mac.getInstance(ALGORITHM);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
