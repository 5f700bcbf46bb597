package dev.freshet.catalog;

import java.util.List;
import java.util.Set;

/**
 * Somebody who sends deliveries.
 *
 * @param name as in the address, such as {@code main} in {@code /webhooks/thinkific/main}
 * @param scheme how its deliveries are signed, one of {@link #SCHEMES}
 * @param secrets any of which may have signed; empty means that every request is refused
 */
public record Site(String name, String scheme, List<String> secrets) {
    public static final Set<String> SCHEMES = Set.of("thinkific", "freshet");

    public Site {
        secrets = List.copyOf(secrets);
    }

    /** Whether it is the application itself that signs, with Freshet's own scheme. */
    public boolean isApplication() {
        return scheme.equals("freshet");
    }

    /** Leaves the secrets out. */
    @Override
    public String toString() {
        return "site " + name + " scheme " + scheme + " secrets " + secrets.size();
    }
}
