package dev.freshet.catalog;

import java.time.Duration;
import java.util.List;

/**
 * Who may read a view over HTTP, and who may keep what was answered.
 *
 * @param isOpen whether everybody may read it; else a token is needed
 * @param tokens any of which lets its reader in; none lets nobody in, where the view is not open
 * @param cdn how long shared caches may serve an answer without asking again; zero for not at all
 */
public record Access(boolean isOpen, List<String> tokens, Duration cdn) {
    /** For everybody, and asked for each time. */
    public static final Access OPEN = new Access(true, List.of(), Duration.ZERO);

    /** What to say of a token that is none. */
    public static final String TOKEN_FORM = "use letters, digits and - . _ ~ + /, and = at the end";

    public Access {
        tokens = List.copyOf(tokens);
    }

    /** Whether a text can be sent as a bearer token: RFC 6750, 2.1. */
    public static boolean isToken(String text) {
        return text.matches("[A-Za-z0-9._~+/-]+=*");
    }

    /** Leaves the tokens out. */
    @Override
    public String toString() {
        return isOpen ? "open cdn " + cdn : "tokens " + tokens.size();
    }
}
