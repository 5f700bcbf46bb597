package dev.freshet.session;

import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** The table of sessions. Calls throw {@link SessionException} when the database does not do it. */
final class SessionRows {
    /** The oldest of an owner's go: who forgets to sign out must not fill the table. */
    private static final int MOST_OF_AN_OWNER = 100;

    private final Database database;
    private final String application;

    SessionRows(Database database, String application) {
        this.database = database;
        this.application = application;
    }

    /** @return digests of those that had to go for it */
    List<String> insert(String digest, Session session) {
        return write(connection -> {
            try (var insert = connection.prepareStatement("""
                    insert into freshet.sessions (application, digest, owner, data, created, expires, ends)
                    values (?, ?, ?, ?, ?, ?, ?)""")) {
                identify(insert, digest);
                insert.setString(3, session.owner());
                insert.setBytes(4, session.data());
                insert.setObject(5, time(session.created()));
                insert.setObject(6, time(session.expires()));
                insert.setObject(7, time(session.ends()));
                insert.executeUpdate();
            }
            return session.owner().isEmpty() ? List.of() : trim(connection, session.owner());
        });
    }

    private List<String> trim(Connection connection, String owner) throws SQLException {
        try (var delete = connection.prepareStatement("""
                delete from freshet.sessions where application = ? and digest in (
                  select digest from freshet.sessions where application = ? and owner = ?
                   order by created desc, digest offset ?) returning digest""")) {
            delete.setString(1, application);
            delete.setString(2, application);
            delete.setString(3, owner);
            delete.setInt(4, MOST_OF_AN_OWNER);
            return digests(delete);
        }
    }

    /** @return also one that has expired and was not pruned yet */
    Optional<Session> find(String digest) {
        return run(connection -> {
            try (var select = connection.prepareStatement("""
                    select owner, data, created, expires, ends from freshet.sessions
                     where application = ? and digest = ?""")) {
                identify(select, digest);
                try (var rows = select.executeQuery()) {
                    return rows.next() ? Optional.of(session(rows)) : Optional.empty();
                }
            }
        });
    }

    /** @return whether it was there and alive */
    boolean update(String digest, byte[] data, Instant now) {
        return write(connection -> {
            try (var update = connection.prepareStatement(
                    "update freshet.sessions set data = ? where application = ? and digest = ? and expires > ?")) {
                update.setBytes(1, data);
                update.setString(2, application);
                update.setBytes(3, bytes(digest));
                update.setObject(4, time(now));
                return update.executeUpdate() > 0;
            }
        });
    }

    /** @return the session with its new end; empty when it was not there or not alive */
    Optional<Session> extend(String digest, Instant until, Instant now) {
        return write(connection -> {
            try (var update = connection.prepareStatement("""
                    update freshet.sessions set expires = greatest(expires, least(?, ends))
                     where application = ? and digest = ? and expires > ?
                    returning owner, data, created, expires, ends""")) {
                update.setObject(1, time(until));
                update.setString(2, application);
                update.setBytes(3, bytes(digest));
                update.setObject(4, time(now));
                try (var rows = update.executeQuery()) {
                    return rows.next() ? Optional.of(session(rows)) : Optional.empty();
                }
            }
        });
    }

    boolean delete(String digest) {
        return write(connection -> {
            try (var delete =
                    connection.prepareStatement("delete from freshet.sessions where application = ? and digest = ?")) {
                identify(delete, digest);
                return delete.executeUpdate() > 0;
            }
        });
    }

    /** @return the digests of what there was */
    List<String> deleteAll(String owner) {
        return write(connection -> {
            try (var delete = connection.prepareStatement(
                    "delete from freshet.sessions where application = ? and owner = ? returning digest")) {
                delete.setString(1, application);
                delete.setString(2, owner);
                return digests(delete);
            }
        });
    }

    int count(String owner) {
        return run(connection -> {
            try (var select = connection.prepareStatement(
                    "select count(*) from freshet.sessions where application = ? and owner = ?")) {
                select.setString(1, application);
                select.setString(2, owner);
                try (var rows = select.executeQuery()) {
                    rows.next();
                    return rows.getInt(1);
                }
            }
        });
    }

    /** Deletes some that are over. @return how many */
    int prune(Instant now, int most) {
        return write(connection -> {
            try (var delete = connection.prepareStatement("""
                    delete from freshet.sessions where application = ? and digest in (
                      select digest from freshet.sessions where application = ? and expires <= ?
                       order by expires limit ? for update skip locked)""")) {
                delete.setString(1, application);
                delete.setString(2, application);
                delete.setObject(3, time(now));
                delete.setInt(4, most);
                return delete.executeUpdate();
            }
        });
    }

    private void identify(PreparedStatement statement, String digest) throws SQLException {
        statement.setString(1, application);
        statement.setBytes(2, bytes(digest));
    }

    private static List<String> digests(PreparedStatement returning) throws SQLException {
        var digests = new ArrayList<String>();
        try (var rows = returning.executeQuery()) {
            while (rows.next()) {
                digests.add(HexFormat.of().formatHex(rows.getBytes(1)));
            }
        }
        return digests;
    }

    private static Session session(ResultSet row) throws SQLException {
        return new Session(row.getString(1), row.getBytes(2), instant(row, 3), instant(row, 4), instant(row, 5));
    }

    private static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    private static byte[] bytes(String digest) {
        return HexFormat.of().parseHex(digest);
    }

    private interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /** In a transaction that may write, also for the role of serve, whose transactions only read unless they say so. */
    private <T> T write(Work<T> work) {
        return run(connection -> {
            connection.setAutoCommit(false);
            try {
                try (var begin = connection.createStatement()) {
                    begin.execute("set transaction read write");
                }
                var result = work.run(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                rollback(connection, e);
                throw e;
            }
        });
    }

    private static void rollback(Connection connection, Exception why) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    private <T> T run(Work<T> work) {
        try (var connection = database.connection()) {
            return work.run(connection);
        } catch (SQLException e) {
            throw new SessionException(
                    "cannot reach sessions: " + e.getMessage(), Database.classify(e) != Failure.PERMANENT, e);
        }
    }
}
