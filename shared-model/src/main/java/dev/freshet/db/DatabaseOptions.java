package dev.freshet.db;

import java.time.Duration;

/**
 * @param poolSize most connections open at a time
 * @param statementTimeout longest statement; must be shorter than the lease of whoever waits for it
 * @param connectTimeout longest wait for a connection
 */
public record DatabaseOptions(int poolSize, Duration statementTimeout, Duration connectTimeout) {
    public static final DatabaseOptions DEFAULTS =
            new DatabaseOptions(8, Duration.ofSeconds(20), Duration.ofSeconds(5));

    /** The same with another number of connections. */
    public DatabaseOptions withPoolSize(int connections) {
        return new DatabaseOptions(connections, statementTimeout, connectTimeout);
    }
}
