package dev.freshet.catalog;

import java.time.Duration;
import java.util.List;

/**
 * How sessions of users are kept, and who may keep them.
 *
 * @param ttl how long one lives after it was created or extended
 * @param longest how long one lives at most
 * @param secrets the first of which signs its token; any may have signed. Empty refuses everything
 * @param tokens of the application's servers, any of which lets in; empty lets nobody in
 * @param maxBytes the most that its data may have
 */
public record SessionRules(Duration ttl, Duration longest, List<String> secrets, List<String> tokens, int maxBytes) {
    public SessionRules {
        secrets = List.copyOf(secrets);
        tokens = List.copyOf(tokens);
    }

    /** Leaves secrets and tokens out. */
    @Override
    public String toString() {
        return "sessions ttl " + ttl + " longest " + longest + " secrets " + secrets.size() + " tokens "
                + tokens.size();
    }
}
