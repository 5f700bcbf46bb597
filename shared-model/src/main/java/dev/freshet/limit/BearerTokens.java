package dev.freshet.limit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Sha256;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Lets in who sends one of a few tokens as {@code Authorization: Bearer TOKEN} (RFC 6750). */
public final class BearerTokens {
    private static final String SCHEME = "Bearer ";

    private final List<String> tokens;

    /** @param tokens any of which lets in; none lets nobody in */
    public BearerTokens(List<String> tokens) {
        this.tokens = List.copyOf(tokens);
    }

    public boolean isEmpty() {
        return tokens.isEmpty();
    }

    /** What was sent as a token, right or wrong. */
    public static Optional<String> sent(@Nullable String authorization) {
        return Optional.ofNullable(authorization)
                .filter(header -> header.regionMatches(true, 0, SCHEME, 0, SCHEME.length()))
                .map(header -> header.substring(SCHEME.length()).strip())
                .filter(token -> !token.isEmpty());
    }

    /** Takes as long for a wrong token as for a right one, and tells nothing of how long the right ones are. */
    public boolean contain(String token) {
        var sent = digest(token);
        boolean found = false;
        for (var one : tokens) {
            found |= MessageDigest.isEqual(digest(one), sent);
        }
        return found;
    }

    private static byte[] digest(String text) {
        return Sha256.hex(text.getBytes(UTF_8)).getBytes(UTF_8);
    }
}
