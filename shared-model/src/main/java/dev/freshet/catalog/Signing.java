package dev.freshet.catalog;

import java.time.Duration;
import java.util.Optional;

/**
 * How a sender of {@link Scheme#HMAC} signs, in the words of whoever wrote the catalog. The key is the secret's text.
 *
 * @param header carries the signature
 * @param prefix stands before it, such as {@code sha256=}; may be empty
 * @param base64 whether the signature is written so, not in hexadecimal digits
 * @param timestamp the header with the unix seconds that are signed before the body, with a dot between; empty where the
 *     body alone is signed
 * @param tolerance how far that time may be from ours, either way
 * @param id where a delivery says which one it is; empty: it is known by its bytes
 * @param topic where it says what happened
 */
public record Signing(
        String header,
        String prefix,
        boolean base64,
        Optional<String> timestamp,
        Duration tolerance,
        Optional<Place> id,
        Place topic) {
    static final Duration TOLERANCE = Duration.ofMinutes(5);
    static final Duration MAX_TOLERANCE = Duration.ofHours(1);
}
