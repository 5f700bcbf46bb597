package dev.freshet.redis;

import io.lettuce.core.RedisCommandExecutionException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a node of a cluster sends somebody who asked the wrong one.
 *
 * @param isAsk only for this once, since the slot is on its way; else for good
 */
record Redirect(boolean isAsk, int slot, Node node) {

    /** @param askedHost the host that answered, which may leave its own out */
    static Optional<Redirect> of(Throwable error, String askedHost) {
        var message = refusal(error);
        if (message == null || !(message.startsWith("MOVED ") || message.startsWith("ASK "))) {
            return Optional.empty();
        }
        var words = message.split(" ", 4);
        int colon = words.length < 3 ? -1 : words[2].lastIndexOf(':');
        if (colon < 0) {
            return Optional.empty();
        }
        int port = Integer.parseInt(words[2].substring(colon + 1));
        var node = Node.announced(words[2].substring(0, colon), port, askedHost);
        return Optional.of(new Redirect(message.startsWith("ASK "), Integer.parseInt(words[1]), node));
    }

    /** Whether a slot that is on its way has some of the keys here and some there. */
    static boolean isBetween(Throwable error) {
        var message = refusal(error);
        return message != null && (message.startsWith("ASK ") || message.startsWith("TRYAGAIN"));
    }

    /** What the server said when it refused; null for any other error. */
    static @Nullable String refusal(Throwable error) {
        var cause = Errand.cause(error);
        return cause instanceof RedisCommandExecutionException ? String.valueOf(cause.getMessage()) : null;
    }
}
