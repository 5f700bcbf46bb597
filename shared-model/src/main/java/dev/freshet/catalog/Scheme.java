package dev.freshet.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** How a site's deliveries are signed. What a request must look like to be let in, the service knows. */
public enum Scheme {
    THINKIFIC,
    /** The application itself. */
    FRESHET,
    STRIPE,
    SHOPIFY,
    GITHUB,
    /** As <a href="https://www.standardwebhooks.com">Standard Webhooks</a> describes it. */
    STANDARD,
    /** As the catalog describes it: {@link Signing}. */
    HMAC;

    private static final String ENCODED = "whsec_";

    /** As it stands in a catalog; empty when there is no such scheme. */
    public static Optional<Scheme> named(String text) {
        return Arrays.stream(values())
                .filter(scheme -> scheme.toString().equals(text))
                .findFirst();
    }

    static String names() {
        return Arrays.stream(values()).map(Scheme::toString).sorted().collect(Collectors.joining(", "));
    }

    /**
     * The key that a secret stands for: its UTF-8 bytes, or with Standard Webhooks what its base64 says, with or without
     * {@code whsec_} before it.
     *
     * @return empty when it stands for none
     */
    public Optional<byte[]> key(String secret) {
        if (this != STANDARD) {
            return Optional.of(secret.getBytes(UTF_8)).filter(key -> key.length > 0);
        }
        try {
            var text = secret.startsWith(ENCODED) ? secret.substring(ENCODED.length()) : secret;
            return Optional.of(Base64.getDecoder().decode(text)).filter(key -> key.length > 0);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** As it stands in a catalog. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
