package dev.freshet.session;

import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The table of sessions. Calls throw {@link SessionException} when the database does not do it. The row of one that was
 * ended with all of its owner's stays until it is pruned, with {@code ends} at {@code created}: so it is over by anybody's
 * clock, and whoever ends them again finds its digest.
 */
final class SessionRows {
    /** The oldest of an owner's go: who forgets to sign out must not fill the table. */
    private static final int MOST_OF_AN_OWNER = 100;

    /** How long a call waits for its turn. */
    private static final Duration TURN = Duration.ofSeconds(3);

    /** After an outage was seen, for how long calls fail at once instead of each waiting for a connection in turn. */
    private static final Duration REST = Duration.ofSeconds(1);

    private final Database database;
    private final String application;
    private final Semaphore turns;
    private volatile long seenAway = System.nanoTime() - REST.toNanos();

    /** @param connections how many it uses at a time */
    SessionRows(Database database, String application, int connections) {
        this.database = database;
        this.application = application;
        this.turns = new Semaphore(connections, true);
    }

    /** @param gone hears, before the commit, the digests of those that have to go for it */
    void insert(String digest, Session session, Consumer<List<String>> gone) {
        write(connection -> {
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
            if (!session.owner().isEmpty()) {
                gone.accept(trim(connection, session.owner()));
            }
            return true;
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
        return read(connection -> {
            try (var select = connection.prepareStatement("""
                    select owner, data, created, expires, ends from freshet.sessions
                     where application = ? and digest = ? and ends > created""")) {
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
            try (var update = connection.prepareStatement("""
                    update freshet.sessions set data = ?
                     where application = ? and digest = ? and expires > ? and ends > created""")) {
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
                     where application = ? and digest = ? and expires > ? and ends > created
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

    /**
     * @param sessions that were alive
     * @param digests also of those that had ended before and were not pruned yet
     */
    record Ended(int sessions, List<String> digests) {}

    /** Ends an owner's sessions, and keeps nothing of what was in them. */
    Ended endAll(String owner, Instant now) {
        return write(connection -> new Ended(end(connection, owner, now), digests(connection, owner)));
    }

    private int end(Connection connection, String owner, Instant now) throws SQLException {
        try (var update = connection.prepareStatement("""
                update freshet.sessions set expires = least(expires, ?), ends = created, data = ''
                 where application = ? and owner = ? and ends > created
                returning expires >= ?""")) {
            update.setObject(1, time(now));
            update.setString(2, application);
            update.setString(3, owner);
            update.setObject(4, time(now));
            int alive = 0;
            try (var rows = update.executeQuery()) {
                while (rows.next()) {
                    alive += rows.getBoolean(1) ? 1 : 0;
                }
            }
            return alive;
        }
    }

    private List<String> digests(Connection connection, String owner) throws SQLException {
        try (var select = connection.prepareStatement(
                "select digest from freshet.sessions where application = ? and owner = ?")) {
            select.setString(1, application);
            select.setString(2, owner);
            return digests(select);
        }
    }

    /** How many are alive. */
    int count(String owner, Instant now) {
        return read(connection -> {
            try (var select = connection.prepareStatement("""
                    select count(*) from freshet.sessions
                     where application = ? and owner = ? and expires > ? and ends > created""")) {
                select.setString(1, application);
                select.setString(2, owner);
                select.setObject(3, time(now));
                try (var rows = select.executeQuery()) {
                    rows.next();
                    return rows.getInt(1);
                }
            }
        });
    }

    /** Deletes some that have been over for so long, by this clock and the database's. @return how many */
    int prune(Instant now, Duration over, int most) {
        return write(connection -> {
            try (var delete = connection.prepareStatement("""
                    delete from freshet.sessions where application = ? and digest in (
                      select digest from freshet.sessions where application = ? and expires <= least(?, now()) - ? * interval '1 second'
                       order by expires limit ? for update skip locked)""")) {
                delete.setString(1, application);
                delete.setString(2, application);
                delete.setObject(3, time(now));
                delete.setLong(4, over.toSeconds());
                delete.setInt(5, most);
                return delete.executeUpdate();
            }
        });
    }

    private void identify(PreparedStatement statement, String digest) throws SQLException {
        statement.setString(1, application);
        statement.setBytes(2, bytes(digest));
    }

    private static List<String> digests(PreparedStatement query) throws SQLException {
        var digests = new ArrayList<String>();
        try (var rows = query.executeQuery()) {
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
        var committing = new AtomicBoolean();
        return run(committing, connection -> {
            connection.setAutoCommit(false);
            try {
                try (var begin = connection.createStatement()) {
                    begin.execute("set transaction read write");
                }
                var result = work.run(connection);
                committing.set(true);
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

    private <T> T read(Work<T> work) {
        return run(new AtomicBoolean(), work);
    }

    /** @param committing whether a commit was sent, so that nobody knows what became of it */
    private <T> T run(AtomicBoolean committing, Work<T> work) {
        takeTurn();
        try (var connection = database.connection()) {
            return work.run(connection);
        } catch (SQLException e) {
            var failure = Database.classify(e);
            if (failure == Failure.OUTAGE) {
                seenAway = System.nanoTime();
            }
            throw new SessionException(
                    "cannot reach sessions: " + e.getMessage(), failure != Failure.PERMANENT, !committing.get(), e);
        } finally {
            turns.release();
        }
    }

    private void takeTurn() {
        if (System.nanoTime() - seenAway < REST.toNanos()) {
            throw overloaded("the database was away a moment ago");
        }
        try {
            if (!turns.tryAcquire(TURN.toMillis(), TimeUnit.MILLISECONDS)) {
                throw overloaded("too many calls wait for the database");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SessionException("cannot reach sessions: interrupted", true, true, e);
        }
    }

    private static SessionException overloaded(String reason) {
        return new SessionException("cannot reach sessions: " + reason, true, true, new TimeoutException(reason));
    }
}
