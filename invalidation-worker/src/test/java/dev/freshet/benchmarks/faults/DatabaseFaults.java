package dev.freshet.benchmarks.faults;

import dev.freshet.benchmarks.faults.Kind.Scene;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** What befalls PostgreSQL. */
final class DatabaseFaults {
    private static final List<String> DATABASE = List.of("postgresql");
    private static final Duration LOCK = Duration.ofMinutes(1);

    private DatabaseFaults() {}

    static List<Kind> all() {
        return List.of(
                new Kind("db-kill", DATABASE, DatabaseFaults::kill),
                new Kind("db-restart", DATABASE, DatabaseFaults::restart),
                new Kind("db-connections", DATABASE, DatabaseFaults::useUpConnections),
                new Kind("db-statement-timeout", DATABASE, DatabaseFaults::timeOut),
                new Kind("db-lock", List.of("row"), DatabaseFaults::lock),
                new Kind("db-constraint", List.of("constraint"), DatabaseFaults::violate));
    }

    private static String kill(Scene scene) throws InterruptedException {
        scene.stack().database.kill();
        scene.rest(200, 3_000);
        scene.stack().database.restart();
        return "killed and restarted";
    }

    private static String restart(Scene scene) throws InterruptedException {
        scene.stack().database.stop();
        scene.rest(200, 3_000);
        scene.stack().database.restart();
        return "stopped and started";
    }

    /** None is left for Freshet, and those that it has are ended. */
    private static String useUpConnections(Scene scene) throws SQLException, InterruptedException {
        try (var connection = scene.stack().connectToDatabase()) {
            execute(connection, "alter role freshet_app connection limit 0");
            try {
                execute(
                        connection,
                        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'freshet_app'");
                scene.rest(1_500, 4_000);
            } finally {
                execute(connection, "alter role freshet_app connection limit -1");
            }
            return "had no connections left";
        }
    }

    /** Whatever a worker sends waits for a lock, and is cancelled after a second with the timeout's own SQLSTATE. */
    private static String timeOut(Scene scene) throws SQLException, InterruptedException {
        int cancelled = 0;
        try (var connection = scene.stack().connectToDatabase();
                var locking = scene.stack().connectToDatabase()) {
            locking.setAutoCommit(false);
            execute(locking, "lock table enrollments in share row exclusive mode");
            for (int i = 0; i < 40 && cancelled < 3; i++) {
                Thread.sleep(250);
                cancelled += count(connection, """
                        select count(pg_cancel_backend(pid)) from pg_stat_activity
                         where usename = 'freshet_app' and wait_event_type = 'Lock' and now() - query_start > '1 s'""");
            }
            locking.rollback();
        }
        return "cancelled " + cancelled + " statements that took longer than a second";
    }

    /** The statements that wait for it meet the worker's own timeout of 20 s. */
    private static String lock(Scene scene) throws SQLException, InterruptedException {
        int enrollment = scene.random().nextInt(Senders.ENROLLMENTS);
        try (var locking = scene.stack().connectToDatabase()) {
            locking.setAutoCommit(false);
            execute(locking, "select from enrollments where id = " + enrollment + " for update");
            Thread.sleep(LOCK);
            locking.rollback();
            return "enrollment " + enrollment + " was locked for a minute";
        } catch (SQLException e) {
            return "enrollment " + enrollment + " was locked until the server went";
        }
    }

    private static String violate(Scene scene) {
        for (int i = 0; i < 3; i++) {
            scene.senders().deliver(scene.senders().refused(i == 0));
        }
        return "3 rows that violate a constraint";
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static int count(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var answer = statement.executeQuery(sql)) {
            answer.next();
            return answer.getInt(1);
        }
    }
}
