package dev.freshet.cache;

import java.util.Optional;

/**
 * What a load brought for one key.
 *
 * @param content not compressed, never changed afterwards
 * @param lifetime how long it serves; empty for a value that only its own reader may have
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record Value(byte[] content, Optional<Lifetime> lifetime) {

    /** A value to be stored. */
    public static Value of(byte[] content, Lifetime lifetime) {
        return new Value(content, Optional.of(lifetime));
    }

    /** A value that is answered and not stored. */
    public static Value notKept(byte[] content) {
        return new Value(content, Optional.empty());
    }
}
