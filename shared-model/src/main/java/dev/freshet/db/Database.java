package dev.freshet.db;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The application's PostgreSQL. Starts also while it is away: the first use fails then, not the start. */
public final class Database implements AutoCloseable {
    private static final int DEFAULT_PORT = 5432;
    /** SQLSTATE insufficient_privilege. */
    private static final String NO_RIGHT = "42501";

    /** What the server may take longer than {@code statement_timeout} before its silence counts as death. */
    private static final Duration SILENCE = Duration.ofSeconds(10);

    /**
     * A process that was killed in the middle of a statement must not keep its locks until the statement ends. Known to
     * PostgreSQL 14 and later, and not on every platform.
     */
    private static final String NOTICE_THE_DEAD = """
            do $$ begin set client_connection_check_interval = '1s'; exception when others then null; end $$""";

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Logger log = LoggerFactory.getLogger(Database.class);

    private final Reconnecting server;
    private final HikariDataSource pool;
    private final String address;
    private @Nullable Jdbi jdbi;

    /**
     * @param url {@code postgresql://user:password@host:port/name?sslmode=require}; the parameters of the query are those
     *     of the PostgreSQL JDBC driver
     */
    public Database(URI url, DatabaseOptions options) {
        server = new Reconnecting(jdbcUrl(url), properties(url, options));
        pool = pool(server, options);
        address = address(url);
        warnUnlessVerified(url, "DATABASE_URL");
    }

    static String address(URI url) {
        return url.getHost() + ":" + (url.getPort() < 0 ? DEFAULT_PORT : url.getPort());
    }

    static void warnUnlessVerified(URI url, String setting) {
        if (!String.valueOf(url.getRawQuery()).contains("sslmode=") && !LOOPBACK.contains(url.getHost())) {
            log.warn("postgresql not verified address={} remedy=sslmode=verify-full in {}", address(url), setting);
        }
    }

    /** What is done within one transaction. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /**
     * Commits what the work has done, or nothing of it when it throws.
     *
     * @throws SQLException of the work; of the commit, when nobody knows whether it took place
     */
    public <T> T inTransaction(Work<T> work) throws SQLException {
        try (var connection = connection()) {
            connection.setAutoCommit(false);
            try {
                var result = work.run(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                try {
                    connection.rollback();
                } catch (SQLException broken) {
                    e.addSuppressed(broken);
                }
                throw e;
            }
        }
    }

    /**
     * A connection of the pool, to be closed by the caller.
     *
     * @throws SQLException when there was none in time, with the reason as its cause
     */
    public Connection connection() throws SQLException {
        try {
            return pool.getConnection();
        } catch (SQLTransientConnectionException e) {
            var reason = server.failure().orElse(null);
            if (reason != null) {
                throw new SQLTransientConnectionException(e.getMessage(), reason.getSQLState(), reason);
            }
            boolean isSilent =
                    e.getCause() == null && pool.getHikariPoolMXBean().getTotalConnections() == 0;
            throw isSilent
                    ? new SQLTransientConnectionException("no answer within " + pool.getConnectionTimeout() + " ms")
                    : e;
        }
    }

    /** Always the same one, made for the first who asks: loading it takes long, and ingest does without. */
    public synchronized Jdbi jdbi() {
        if (jdbi == null) {
            jdbi = Jdbi.create(this::connection);
        }
        return jdbi;
    }

    /**
     * Brings the schema {@code freshet} up to date. Several processes may do so at once.
     *
     * @throws IllegalStateException when the database does not answer, or does not let this role do so
     */
    public void migrate() {
        try {
            ping();
        } catch (SQLException e) {
            throw away(e);
        }
        try {
            Flyway.configure()
                    .dataSource(pool)
                    .schemas("freshet")
                    .locations("classpath:db/migration/freshet")
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw cannotMigrate(e);
        }
    }

    /** What to say when the database does not answer: where it is, and the cause without the words of the pool. */
    public IllegalStateException away(SQLException error) {
        var reason = rootCause(error) instanceof GeneralSecurityException
                ? "its certificate is signed by nobody that sslrootcert names: " + rootMessage(error)
                : rootMessage(error);
        return new IllegalStateException("postgresql at " + address + " is away: " + reason, error);
    }

    private RuntimeException cannotMigrate(FlywayException error) {
        if (!(rootCause(error) instanceof SQLException refused) || !NO_RIGHT.equals(refused.getSQLState())) {
            return error;
        }
        var sql = jdbi().withHandle(
                        handle -> handle.createQuery("""
                        select format('create schema if not exists freshet; alter schema freshet owner to %I;', current_user)""").mapTo(String.class).one());
        return new IllegalStateException(
                "postgresql at " + address + " does not let Freshet keep its tables in the schema freshet ("
                        + firstLine(refused) + "); let an administrator of the database run: " + sql
                        + " (see docs/operations.md, Rights)",
                error);
    }

    /**
     * @return how long the database took to answer
     * @throws SQLException when it did not
     */
    public Duration ping() throws SQLException {
        long start = System.nanoTime();
        try (var connection = connection();
                var statement = connection.createStatement()) {
            statement.execute("select 1");
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @Override
    public void close() {
        server.close();
        pool.close();
    }

    /**
     * Judges by SQLSTATE (PostgreSQL, appendix A). What is no error of the database at all is {@link Failure#TRANSIENT}:
     * its cause is unknown and a retry has a budget.
     */
    public static Failure classify(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException) {
                return Failure.OUTAGE; // the pool had no connection in time
            }
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                return classify(sql.getSQLState());
            }
        }
        return Failure.TRANSIENT;
    }

    private static Failure classify(String state) {
        // 57P0x shutdown and failover; 25006 a server that turned read-only is a demoted primary; 3D000 no such
        // database
        if (state.startsWith("57P") || state.equals("25006") || state.equals("3D000")) {
            return Failure.OUTAGE;
        }
        return switch (state.substring(0, Math.min(2, state.length()))) {
            case "08", "28", "53", "58" -> Failure.OUTAGE;
            case "21", "22", "23", "42", "44", "54", "P0" -> Failure.PERMANENT;
            default -> Failure.TRANSIENT;
        };
    }

    /** The pool takes 0A000 for a broken connection; PostgreSQL says it of statements, such as a plan that went stale. */
    private static final class KeepConnection implements SQLExceptionOverride {
        @java.lang.Override // the interface has a type of that name
        public SQLExceptionOverride.Override adjudicate(SQLException error) {
            return "0A000".equals(error.getSQLState())
                    ? SQLExceptionOverride.Override.DO_NOT_EVICT
                    : SQLExceptionOverride.Override.CONTINUE_EVICT;
        }
    }

    private static String rootMessage(Throwable error) {
        return String.valueOf(rootCause(error).getMessage());
    }

    private static String firstLine(SQLException error) {
        return rootMessage(error).lines().findFirst().orElse("");
    }

    private static Throwable rootCause(Throwable error) {
        var root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /** Opens its first connections when it is asked for one. */
    private static HikariDataSource pool(Reconnecting server, DatabaseOptions options) {
        var config = new HikariDataSource();
        config.setPoolName("freshet");
        config.setDataSource(server);
        config.setMaximumPoolSize(options.poolSize());
        config.setMinimumIdle(Math.min(2, options.poolSize()));
        config.setConnectionTimeout(options.connectTimeout().toMillis());
        config.setInitializationFailTimeout(-1);
        // else the pool asks its first connection, and refuses every later one should that one break meanwhile
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        config.setExceptionOverride(new KeepConnection());
        long most = options.statementTimeout().toMillis();
        // a host that is gone, or a process that stands still, in the middle of a transaction must not keep its locks
        config.setConnectionInitSql("set time zone 'UTC'; set statement_timeout = " + most
                + "; set idle_in_transaction_session_timeout = " + most + ";" + NOTICE_THE_DEAD);
        return config;
    }

    static String jdbcUrl(URI url) {
        var port = url.getPort() < 0 ? "" : ":" + url.getPort();
        var query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
        return "jdbc:postgresql://" + url.getHost() + port + url.getRawPath() + query;
    }

    static Properties properties(URI url, DatabaseOptions options) {
        var properties = new Properties();
        properties.setProperty("ApplicationName", "freshet");
        properties.setProperty("tcpKeepAlive", "true");
        // else errors quote the refused row, and a batch's its values, which end in logs
        properties.setProperty("logServerErrorDetail", "false");
        var connectSeconds = String.valueOf(Math.max(1, options.connectTimeout().toSeconds()));
        properties.setProperty("connectTimeout", connectSeconds);
        properties.setProperty("loginTimeout", connectSeconds); // the other is over once somebody accepts
        properties.setProperty(
                "socketTimeout",
                String.valueOf(options.statementTimeout().plus(SILENCE).toSeconds()));
        if (url.getRawUserInfo() != null) {
            var login = url.getRawUserInfo().split(":", 2);
            properties.setProperty("user", decode(login[0]));
            if (login.length == 2) {
                properties.setProperty("password", decode(login[1]));
            }
        }
        return properties;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
