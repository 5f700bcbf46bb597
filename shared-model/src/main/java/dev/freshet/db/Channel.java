package dev.freshet.db;

import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Hears what PostgreSQL notifies on one channel, over a connection of its own that is no pool's: who listens is the session.
 * A pooler that lends sessions for one transaction takes the request to listen and passes nothing on.
 */
public final class Channel implements AutoCloseable {
    /** In {@code pg_stat_activity}. */
    private static final String APPLICATION = "freshet listener";

    private static final Duration ANSWER = Duration.ofSeconds(5);
    /** SQLSTATE connection_failure. */
    private static final String BROKEN = "08006";

    private final String url;
    private final Properties properties;
    private final String name;
    private final String address;
    private volatile @Nullable Connection connection;
    private volatile boolean closed;

    /**
     * Does not connect.
     *
     * @param url as of a {@link Database}, and directly to the server
     * @param setting that the URL is of
     */
    public Channel(URI url, String setting, String name) {
        this.url = Database.jdbcUrl(url);
        this.properties = Database.properties(url, DatabaseOptions.DEFAULTS);
        properties.setProperty("ApplicationName", APPLICATION);
        this.name = name;
        this.address = Database.address(url);
        Database.warnUnlessVerified(url, setting);
    }

    /** Where it connects to, for people. */
    public String address() {
        return address;
    }

    public boolean isOpen() {
        return connection != null;
    }

    /**
     * Connects and listens: what is committed from now on is heard.
     *
     * @throws SQLException when the server is away or refuses
     */
    public void open() throws SQLException {
        var opened = DriverManager.getConnection(url, properties);
        try (var statement = opened.createStatement()) {
            statement.execute("listen \"" + name + "\"");
        } catch (SQLException e) {
            abandon(opened);
            throw e;
        }
        connection = opened;
        if (closed) {
            abandon(opened);
        }
    }

    /**
     * Waits for a notification; after a wait in vain, for proof that the server is still there.
     *
     * @param most over zero
     * @return whether there were any
     * @throws SQLException when the connection is not open any more
     */
    public boolean await(Duration most) throws SQLException {
        var current = connection;
        if (current == null) {
            throw new SQLException("not connected", BROKEN);
        }
        try {
            if (current.unwrap(PGConnection.class).getNotifications((int) most.toMillis()).length > 0) {
                return true;
            }
            if (!current.isValid((int) ANSWER.toSeconds())) {
                throw new SQLException("no answer within " + ANSWER.toSeconds() + " s", BROKEN);
            }
            return false;
        } catch (SQLException e) {
            abandon(current);
            throw e;
        }
    }

    /** For good, also while another thread waits: it fails. */
    @Override
    public void close() {
        closed = true;
        var current = connection;
        if (current != null) {
            abandon(current);
        }
    }

    /** Without a word to the server, which may be silent, and without waiting for who waits. */
    private void abandon(Connection broken) {
        connection = null;
        try {
            broken.abort(Runnable::run);
        } catch (SQLException e) {
            // then it is closed already
        }
    }
}
