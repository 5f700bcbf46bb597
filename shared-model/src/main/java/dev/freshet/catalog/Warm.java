package dev.freshet.catalog;

import java.time.Duration;
import java.util.Optional;

/**
 * Values of a view that are loaded before their readers come.
 *
 * @param sql names them: its columns are parameters of the view, as text
 * @param every how often; empty for when a worker starts alone
 */
public record Warm(NamedSql sql, Optional<Duration> every) {
    /** Rows of {@code sql} that are taken. */
    public static final int MOST = 10_000;
}
