package dev.freshet.db;

import java.io.IOException;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ThreadLocalRandom;
import java.util.logging.Logger;
import javax.net.ssl.SSLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Opens the connections of the pool. While the server is away it tries again until it is back, at a steady pace: the
 * pool's own pauses grow to five seconds, and work would resume that much later. Whoever waits for a connection gives up
 * after the pool's patience, and learns here why.
 */
final class Reconnecting implements DataSource, AutoCloseable {
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(400);

    private final String url;
    private final Properties properties;
    private volatile @Nullable SQLException failure;
    private volatile boolean closed;

    Reconnecting(String url, Properties properties) {
        this.url = url;
        this.properties = properties;
    }

    /** Why the last try failed; empty when it did not. */
    Optional<SQLException> failure() {
        return Optional.ofNullable(failure);
    }

    /** Returns when the server is there, and fails for what does not pass by itself. */
    @Override
    public Connection getConnection() throws SQLException {
        while (true) {
            try {
                var connection = DriverManager.getConnection(url, properties);
                if (closed) {
                    connection.close();
                    throw new SQLException("the pool is closed");
                }
                failure = null;
                return connection;
            } catch (SQLException e) {
                failure = e;
                if (closed || !passes(e)) {
                    throw e;
                }
                pause(e);
            }
        }
    }

    /** Whoever tries to connect stops, with the error of the last try. */
    @Override
    public void close() {
        closed = true;
    }

    /**
     * Nobody answers (08001), the connection breaks, or the server starts, stops (57P) or has no connection left (53). A
     * wrong password or certificate is tried no more often than the pool thinks fit.
     */
    private static boolean passes(SQLException error) {
        if (error.getCause() instanceof SSLException) {
            return false;
        }
        var state = String.valueOf(error.getSQLState());
        return error.getCause() instanceof IOException
                || state.equals("08001")
                || state.startsWith("57P")
                || state.startsWith("53");
    }

    private static void pause(SQLException failure) throws SQLException {
        try {
            long most = LONGEST_PAUSE.toMillis();
            Thread.sleep(ThreadLocalRandom.current().nextLong(most / 4, most));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure;
        }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("the login stands in the URL");
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(PrintWriter writer) {
        // the driver logs by itself
    }

    /** The driver has its own limit, among the properties. */
    @Override
    public void setLoginTimeout(int seconds) {}

    /** So long the pool waits at its end for whoever connects. */
    @Override
    public int getLoginTimeout() {
        return 1;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLException("wraps no " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
