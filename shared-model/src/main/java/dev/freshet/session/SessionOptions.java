package dev.freshet.session;

import dev.freshet.catalog.SessionRules;
import java.time.Duration;
import java.util.List;

/**
 * How sessions are kept.
 *
 * @param application whose they are; several may share a database
 * @param ttl how long a session lives after it was created or extended
 * @param longest how long it lives at most
 * @param secrets the first of which signs; any may have signed. Without one there are no sessions
 * @param maxBytes the most that a session's data may have
 */
public record SessionOptions(String application, Duration ttl, Duration longest, List<String> secrets, int maxBytes) {
    public SessionOptions {
        secrets = List.copyOf(secrets);
    }

    public static SessionOptions of(String application, SessionRules rules) {
        return new SessionOptions(application, rules.ttl(), rules.longest(), rules.secrets(), rules.maxBytes());
    }

    /** Leaves the secrets out. */
    @Override
    public String toString() {
        return "sessions ttl " + ttl + " longest " + longest + " secrets " + secrets.size();
    }
}
