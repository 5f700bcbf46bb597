package dev.freshet.catalog;

import java.util.List;
import java.util.Optional;

/**
 * Somebody who sends deliveries.
 *
 * @param name as in the address, such as {@code payments} in {@code /webhooks/payments}
 * @param scheme how its deliveries are signed
 * @param secrets any of which may have signed; empty means that every request is refused
 * @param signing there for {@link Scheme#HMAC} and no other scheme
 */
public record Site(String name, Scheme scheme, List<String> secrets, Optional<Signing> signing) {

    /** @throws IllegalArgumentException when scheme and {@code signing} do not go together */
    public Site {
        secrets = List.copyOf(secrets);
        if (signing.isPresent() != (scheme == Scheme.HMAC)) {
            throw new IllegalArgumentException("site " + name + " of scheme " + scheme
                    + (signing.isPresent() ? " is" : " is not") + " described by the catalog");
        }
    }

    /** One whose scheme needs no description. */
    public Site(String name, Scheme scheme, List<String> secrets) {
        this(name, scheme, secrets, Optional.empty());
    }

    /** Whether it is the application itself that signs, with Freshet's own scheme. */
    public boolean isApplication() {
        return scheme == Scheme.FRESHET;
    }

    /** Leaves the secrets out. */
    @Override
    public String toString() {
        return "site " + name + " scheme " + scheme + " secrets " + secrets.size();
    }
}
