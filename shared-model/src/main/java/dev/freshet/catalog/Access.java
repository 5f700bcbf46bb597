package dev.freshet.catalog;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who may read a view over HTTP, and who may keep what was answered.
 *
 * @param cdn how long shared caches may serve an answer without asking again; zero for not at all
 */
public record Access(Who who, Duration cdn) {
    /** For everybody, and asked for each time. */
    public static final Access OPEN = new Access(new Who.Everybody(), Duration.ZERO);

    /** What to say of a token that is none. */
    public static final String TOKEN_FORM = "use letters, digits and - . _ ~ + /, and = at the end";

    /** Those who are let in. */
    public sealed interface Who {

        /** Also who sends nothing. */
        record Everybody() implements Who {}

        /**
         * Whoever sends one of these tokens.
         *
         * @param tokens empty lets nobody in
         */
        record Holders(List<String> tokens) implements Who {
            public Holders {
                tokens = List.copyOf(tokens);
            }

            /** Leaves the tokens out. */
            @Override
            public String toString() {
                return "tokens " + tokens.size();
            }
        }

        /**
         * Whoever sends a token that this issuer signed.
         *
         * @param require by claim what it must be, or hold one of
         */
        record Users(TokenIssuer issuer, Map<String, Set<String>> require) implements Who {
            public Users {
                require = Map.copyOf(require);
            }
        }
    }

    /** Only for whoever sends one of these tokens. */
    public static Access of(List<String> tokens) {
        return new Access(new Who.Holders(tokens), Duration.ZERO);
    }

    /** Whether everybody may read it. */
    public boolean isOpen() {
        return who instanceof Who.Everybody;
    }

    /** Whether a text can be sent as a bearer token: RFC 6750, 2.1. */
    public static boolean isToken(String text) {
        return text.matches("[A-Za-z0-9._~+/-]+=*");
    }
}
