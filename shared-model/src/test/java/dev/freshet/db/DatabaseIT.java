package dev.freshet.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseIT {
    private static final DatabaseOptions SHORT = new DatabaseOptions(2, Duration.ofSeconds(1), Duration.ofMillis(500));
    private static final DatabaseOptions PATIENT =
            new DatabaseOptions(2, Duration.ofSeconds(1), Duration.ofSeconds(20));
    private static URI url;
    private static Database database;

    @BeforeAll
    static void start() {
        url = TestServices.shared().newDatabase();
        database = new Database(url, PATIENT);
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    @Test
    void migratesTwiceAndFromSeveralProcessesAtOnce() throws Exception {
        var empty = TestServices.shared().newDatabase();
        var options = new DatabaseOptions(4, Duration.ofSeconds(20), Duration.ofSeconds(30));
        try (var first = new Database(empty, options);
                var second = new Database(empty, options);
                var third = new Database(empty, options);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var migrations = Stream.of(first, second, third, first)
                    .map(process -> (Callable<Boolean>) () -> {
                        process.migrate();
                        return true;
                    })
                    .toList();
            for (var migration : threads.invokeAll(migrations)) {
                assertThat(migration.get()).isTrue();
            }
            first.migrate();
            int versions = first.jdbi()
                    .withHandle(handle -> handle.createQuery("select count(*) from freshet.versions")
                            .mapTo(Integer.class)
                            .one());
            assertThat(versions).isZero();
        }
    }

    @Test
    void aRoleThatMayNotCreateItsSchemaIsToldWhatAnAdministratorMustRun() {
        var empty = TestServices.shared().newDatabase();
        try (var administrator = new Database(empty, DatabaseOptions.DEFAULTS);
                var limited = new Database(as(empty, "limited"), DatabaseOptions.DEFAULTS)) {
            administrator.jdbi().useHandle(handle -> handle.execute("create role limited login password 'limited'"));
            var remedy = "create schema if not exists freshet; alter schema freshet owner to limited;";
            assertThatThrownBy(limited::migrate)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("permission denied for database")
                    .hasMessageContaining(remedy)
                    .hasMessageNotContaining("\n");
            administrator.jdbi().useHandle(handle -> handle.execute(remedy));
            limited.migrate();
        }
    }

    @Test
    void aProcessThatStandsStillInATransactionLosesItsLocks() throws Exception {
        try (var still = database.connection();
                var other = new Database(url, new DatabaseOptions(1, Duration.ofSeconds(20), Duration.ofSeconds(30)))) {
            other.jdbi().useHandle(handle -> handle.execute("create table kept (id int)"));
            still.setAutoCommit(false);
            try (var statement = still.createStatement()) {
                statement.execute("lock table kept");
            }
            other.jdbi().useHandle(handle -> handle.execute("insert into kept values (1)"));
            assertThatThrownBy(still::commit).isInstanceOf(SQLException.class);
        }
    }

    private static URI as(URI url, String role) {
        return URI.create(
                "postgresql://" + role + ":" + role + "@" + url.getHost() + ":" + url.getPort() + url.getPath());
    }

    /** The pool learns from its first connection; one that breaks meanwhile must not spoil those that follow. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void itRecoversWhicheverOfTheFirstAnswersIsLost(int nth) {
        try (var proxy = CuttingProxy.before(url)) {
            proxy.cutAnswer(nth);
            try (var starting = new Database(proxy.url(), SHORT)) {
                await().ignoreExceptions().until(() -> starting.ping().isPositive() && proxy.hasCut());
                await().ignoreExceptions().until(() -> starting.ping().isPositive());
            }
        }
    }

    /** Attempts whose pauses grew to seconds would be far fewer. */
    @Test
    void aServerThatIsAwayIsTriedAgainAtASteadyPace() throws Exception {
        try (var listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var attempts = new AtomicInteger();
            Thread.ofVirtual().start(() -> refuse(listener, attempts));
            var away = URI.create("postgresql://nobody@127.0.0.1:" + listener.getLocalPort() + "/none");
            try (var waiting = new Database(away, SHORT)) {
                await().untilAsserted(() ->
                        assertThatThrownBy(waiting::ping).rootCause().isInstanceOf(IOException.class));
                await().atMost(Duration.ofSeconds(40)).until(() -> attempts.get() > 30);
            }
        }
    }

    @Test
    void aServerThatSaysNothingIsNamedSo() throws Exception {
        try (var listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var silent = new Database(
                        URI.create("postgresql://nobody@127.0.0.1:" + listener.getLocalPort() + "/none"), SHORT)) {
            assertThatThrownBy(silent::ping)
                    .satisfiesAnyOf(
                            error -> assertThat(error).hasMessage("no answer within 500 ms"),
                            error -> assertThat(error).hasRootCauseMessage("Connection attempt timed out."));
        }
    }

    private static void refuse(ServerSocket listener, AtomicInteger attempts) {
        while (!listener.isClosed()) {
            try {
                listener.accept().close();
                attempts.incrementAndGet();
            } catch (IOException e) {
                return;
            }
        }
    }

    @Test
    void answersAPing() throws Exception {
        assertThat(database.ping()).isPositive();
    }

    @Test
    void speaksUtcWhateverTheMachineDoes() {
        var zone = database.jdbi()
                .withHandle(handle ->
                        handle.createQuery("show timezone").mapTo(String.class).one());
        assertThat(zone).isEqualTo("UTC");
    }

    @Test
    void theQueryOfTheUrlReachesTheDriver() {
        try (var named = new Database(
                URI.create(url + "?ApplicationName=mine&options=-c%20search_path%3Dpg_catalog"), PATIENT)) {
            var answer = named.jdbi()
                    .withHandle(handle -> handle.createQuery(
                                    "select current_setting('application_name') || ' ' || current_setting('search_path')")
                            .mapTo(String.class)
                            .one());
            assertThat(answer).isEqualTo("mine pg_catalog");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "select pg_sleep(5)|TRANSIENT",
                "do $$ begin raise exception 'x' using errcode = '0A000'; end $$|TRANSIENT",
                "select 1 / 0|PERMANENT",
                "select 'x'::int|PERMANENT",
                "select absent|PERMANENT",
                "select * from absent|PERMANENT",
                "create temp table t (a int primary key); insert into t values (1), (1)|PERMANENT",
                "do $$ begin raise exception 'no'; end $$|PERMANENT",
                "do $$ begin raise exception 'x' using errcode = '40001'; end $$|TRANSIENT",
                "do $$ begin raise exception 'x' using errcode = '40P01'; end $$|TRANSIENT",
                "do $$ begin raise exception 'x' using errcode = '55P03'; end $$|TRANSIENT",
                "do $$ begin raise exception 'x' using errcode = '53300'; end $$|OUTAGE",
                "do $$ begin raise exception 'x' using errcode = '53100'; end $$|OUTAGE",
                "do $$ begin raise exception 'x' using errcode = '57P03'; end $$|OUTAGE",
                "set transaction read only; create table x (a int)|OUTAGE",
                "select pg_terminate_backend(pg_backend_pid())|OUTAGE",
            })
    void anErrorIsJudgedByWhatItMeansForTheJob(String sql, Failure failure) {
        assertThat(Database.classify(failureOf(database, sql))).isEqualTo(failure);
    }

    @Test
    void aServerThatIsAwayIsAnOutageAtTheFirstUseAndNotAtTheStart() {
        try (var absent =
                new Database(URI.create("postgresql://a:b@127.0.0.1:" + EmbeddedRedis.freePort() + "/x"), SHORT)) {
            assertThatThrownBy(absent::ping)
                    .satisfies(e -> assertThat(Database.classify(e)).isEqualTo(Failure.OUTAGE));
        }
    }

    @Test
    void aWrongPasswordAndAMissingDatabaseAreOutages() {
        try (var absent = new Database(url.resolve("/absent"), SHORT)) {
            assertThatThrownBy(absent::ping)
                    .satisfies(e -> assertThat(Database.classify(e)).isEqualTo(Failure.OUTAGE));
        }
    }

    @Test
    void aPoolThatIsEmptyForTooLongIsAnOutage() throws Exception {
        try (var one = database.connection();
                var two = database.connection()) {
            assertThat(one).isNotEqualTo(two);
            assertThatThrownBy(database::ping)
                    .satisfies(e -> assertThat(Database.classify(e)).isEqualTo(Failure.OUTAGE));
        }
    }

    @Test
    void whatIsNoErrorOfTheDatabaseMayBeTriedAgain() {
        assertThat(Database.classify(new IllegalStateException("bug"))).isEqualTo(Failure.TRANSIENT);
        assertThat(Database.classify(new RuntimeException(new SQLException("x", "23505"))))
                .isEqualTo(Failure.PERMANENT);
    }

    private static Throwable failureOf(Database database, String sql) {
        try (var connection = database.connection()) {
            connection.setAutoCommit(false);
            try (var statement = connection.createStatement()) {
                statement.execute(sql);
            } catch (SQLException e) {
                return e;
            } finally {
                if (!connection.isClosed()) {
                    connection.rollback();
                }
            }
        } catch (SQLException e) {
            return e;
        }
        throw new AssertionError("did not fail: " + sql);
    }
}
