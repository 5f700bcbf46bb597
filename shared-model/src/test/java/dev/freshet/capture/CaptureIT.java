package dev.freshet.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.freshet.capture.CaptureTriggers.Installed;
import dev.freshet.capture.CaptureTriggers.State;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.testing.TestServices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CaptureIT {
    private static final String CATALOG = """
            application: club
            changes:
              users: { with: { user: id }, tags: [ "user:{user}" ] }
              runs:
                columns: [ km, note ]
                with: { user: '"userId"', day: "at::date" }
                tags: [ "runs:{user}", "day:{day}" ]
              Odd table: { columns: [ pages, doc ], with: [ pages ], tags: [ "odd:{pages}" ] }
              parts: { columns: [ v ], with: [ id ], tags: [ "part:{id}" ] }
              plain: { columns: [ v ], with: [ v ], tags: [ "plain:{v}" ] }
            """;

    private static final String TABLES = """
            drop table if exists runs, users, "Odd table", parts, plain;
            create table users (id int primary key, name text);
            create table runs (id int primary key, "userId" int references users on delete cascade on update cascade,
              km numeric, note json, other text, at timestamptz not null default '2026-01-31T12:00:00Z');
            create table "Odd table" (pages text, part int, doc xml, primary key (pages, part));
            create table parts (id int, v int, primary key (id)) partition by range (id);
            create table parts_low partition of parts for values from (0) to (100);
            create table parts_high partition of parts for values from (100) to (200);
            create table plain (v int);
            insert into users values (1, 'a'), (2, 'b');
            insert into runs (id, "userId", km, note) values (1, 1, 5.0, '{}'), (2, 2, 6, null), (3, 2, 7, '{}')
            """;

    private final Database database =
            new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS.withPoolSize(4));

    @TempDir
    private Path directory;

    @BeforeAll
    void migrate() {
        database.migrate();
    }

    @BeforeEach
    void install() throws Exception {
        triggers(CATALOG).remove();
        execute(TABLES);
        triggers(CATALOG).install(false);
        execute("truncate freshet.outbox");
    }

    @AfterAll
    void close() {
        database.close();
    }

    @Test
    void whatIsInsertedUpdatedAndDeletedIsWrittenDown() throws Exception {
        execute("insert into users values (3, 'c'), (4, 'd')");
        assertThat(captured()).containsExactly("users [{\"user\": 3}, {\"user\": 4}]");
        execute("update users set name = 'x' where id > 2");
        assertThat(captured()).containsExactly("users [{\"user\": 3}, {\"user\": 4}]");
        execute("delete from users where id = 4");
        assertThat(captured()).containsExactly("users [{\"user\": 4}]");
        execute("delete from users where id = 4");
        assertThat(captured()).isEmpty();
        execute("""
                insert into users values (3, 'y'), (5, 'e') on conflict (id) do update set name = excluded.name""");
        assertThat(captured()).containsExactlyInAnyOrder("users [{\"user\": 3}]", "users [{\"user\": 5}]");
        execute("""
                merge into users u using (values (3), (6)) n (id) on u.id = n.id
                 when matched then delete when not matched then insert values (n.id, 'm')""");
        assertThat(captured()).containsExactlyInAnyOrder("users [{\"user\": 3}]", "users [{\"user\": 6}]");
    }

    @Test
    void anUpdateThatChangesNothingOfInterestIsNone() throws Exception {
        execute("update runs set other = 'x', km = 5.0 where id = 1");
        assertThat(captured()).isEmpty();
        execute("update runs set km = 5.00 where id = 1"); // equal, and another text on a page
        assertThat(captured()).hasSize(1);
        execute("update runs set note = '{ }' where id = 1");
        assertThat(captured()).hasSize(1);
        execute("update runs set note = null");
        assertThat(captured())
                .containsExactly(
                        "runs [{\"day\": \"2026-01-31\", \"user\": 1}, {\"day\": \"2026-01-31\", \"user\": 2}]");
    }

    @Test
    void aRowThatMovesNamesWhereItWasAndWhereItIs() throws Exception {
        execute("update runs set \"userId\" = 2 where id = 1");
        assertThat(captured())
                .containsExactly(
                        "runs [{\"day\": \"2026-01-31\", \"user\": 1}, {\"day\": \"2026-01-31\", \"user\": 2}]");
        execute("update runs set id = 9 where id = 3");
        assertThat(captured()).containsExactly("runs [{\"day\": \"2026-01-31\", \"user\": 2}]");
    }

    @Test
    void whatADeletedRowTakesAlongIsWrittenDownToo() throws Exception {
        execute("delete from users where id = 2");
        assertThat(captured())
                .containsExactlyInAnyOrder("users [{\"user\": 2}]", "runs [{\"day\": \"2026-01-31\", \"user\": 2}]");
    }

    @Test
    void whatIsRolledBackIsNotWrittenDown() throws Exception {
        execute("begin; insert into users values (7, 'x'); rollback");
        execute("begin; savepoint s; insert into users values (7, 'x'); rollback to s;"
                + " insert into users values (8, 'x'); commit");
        assertThat(captured()).containsExactly("users [{\"user\": 8}]");
    }

    @Test
    void namesThatMustBeQuotedAndTypesWithoutEqualityAreNoObstacle() throws Exception {
        execute("insert into \"Odd table\" values ('a', 1, '<a/>'), ('b', 2, null)");
        assertThat(captured()).containsExactly("Odd table [{\"pages\": \"a\"}, {\"pages\": \"b\"}]");
        execute("update \"Odd table\" set doc = '<b/>' where pages = 'a'");
        assertThat(captured()).containsExactly("Odd table [{\"pages\": \"a\"}]");
        execute("update \"Odd table\" set doc = doc");
        assertThat(captured()).isEmpty();
    }

    @Test
    void aPartitionIsCapturedAsItsTable() throws Exception {
        execute("insert into parts values (1, 1), (101, 1)");
        assertThat(captured()).containsExactly("parts [{\"id\": 1}, {\"id\": 101}]");
        execute("update parts_low set v = 2");
        assertThat(captured()).containsExactly("parts [{\"id\": 1}]");
        execute("update parts set id = 102 where id = 1");
        assertThat(captured()).containsExactly("parts [{\"id\": 1}, {\"id\": 102}]");
    }

    @Test
    void withoutAPrimaryKeyEveryUpdatedRowCounts() throws Exception {
        execute("insert into plain values (1)");
        execute("update plain set v = 1");
        assertThat(captured()).containsExactly("plain [{\"v\": 1}]", "plain [{\"v\": 1}]");
    }

    @Test
    void aStatementOnAnHeirIsOneOnItsParent() throws Exception {
        execute("create table plain_heir () inherits (plain)");
        assertThat(states(triggers(CATALOG))).containsEntry("plain", State.MISSING);
        triggers(CATALOG).install(false);
        assertThat(captured()).containsExactly("plain null");
        execute("insert into plain_heir values (4)");
        assertThat(captured()).containsExactly("plain [{\"v\": 4}]");
        execute("update plain set v = 5");
        assertThat(captured()).containsExactly("plain [{\"v\": 4}, {\"v\": 5}]");
        execute("drop table plain_heir");
    }

    @Test
    void valuesDoNotDependOnSettingsOfWhoWrites() throws Exception {
        execute("begin; set local timezone = 'Pacific/Auckland'; set local datestyle = 'German';"
                + " update runs set km = 1 where id = 1; commit");
        assertThat(captured()).containsExactly("runs [{\"day\": \"2026-01-31\", \"user\": 1}]");

        execute("create table texts (span interval, ratio float8, bytes bytea, price money)");
        var other = triggers("""
                application: texts
                changes:
                  texts:
                    with: { span: "span::text", ratio: "ratio::text", bytes: "bytes::text", price: "price::text" }
                    tags: [ texts ]
                """);
        other.install(false);
        execute(
                "truncate freshet.outbox; begin; set local intervalstyle = 'iso_8601'; set local extra_float_digits = -5;"
                        + " set local bytea_output = 'escape'; insert into texts values ('1 day', 0.1::float8 * 3, 'a', 5); commit");
        assertThat(captured())
                .containsExactly("texts [{\"span\": \"1 day\", \"bytes\": \"\\\\x61\", \"price\": \"$5.00\","
                        + " \"ratio\": \"0.30000000000000004\"}]");
        other.remove();
        execute("drop table texts");
    }

    @Test
    void equalNumbersThatAreWrittenDifferentlyAreDifferentValues() throws Exception {
        execute(
                "create table prices (id int primary key, price numeric, other int); insert into prices values (1, 5.0, 1)");
        var other = triggers("""
                application: prices
                changes: { prices: { columns: [ other ], with: [ price ], tags: [ "price:{price}" ] } }
                """);
        other.install(false);
        execute("truncate freshet.outbox; update prices set price = 5.00");
        assertThat(captured()).containsExactly("prices [{\"price\": 5.0}, {\"price\": 5.00}]");
        other.remove();
        execute("drop table prices");
    }

    @Test
    void valuesThatAreTooManyBytesAreNotWrittenDown() throws Exception {
        execute("insert into \"Odd table\" values (repeat('x', 2000), 1)");
        assertThat(captured()).hasSize(1).doesNotContain("Odd table null");
        execute("insert into \"Odd table\" select n || repeat('x', 2000), 1 from generate_series(1, 1000) n");
        assertThat(captured()).containsExactly("Odd table null");
    }

    @Test
    void newTriggersWaitForWhoeverWritesUnderTheOldOnes() throws Exception {
        var other = triggers("""
                application: club
                changes: { runs: { columns: [ other ], with: [ id ], tags: [ "run:{id}" ] } }
                """);
        try (var connection = database.connection();
                var statement = connection.createStatement();
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            connection.setAutoCommit(false);
            statement.execute("update runs set other = 'x'"); // of no interest to the old ones
            assertThatThrownBy(() -> other.install(false, Duration.ZERO)).hasMessageContaining("could not obtain lock");
            assertThat(states(other)).containsEntry("runs", State.OUTDATED);
            var installed = executor.submit(() -> other.install(false, Duration.ofMinutes(1)));
            assertThat(captured()).isEmpty();
            connection.commit();
            installed.get();
        }
        assertThat(captured()).containsExactly("runs null");
    }

    @Test
    void allLocksAreTakenFirstAndNoneIsWaitedFor() throws Exception {
        triggers(CATALOG).remove();
        var fewer = triggers(CATALOG.replaceFirst("(?s)  Odd table: .*", ""));
        assertThat(fewer.script(false).get(3))
                .contains("  lock table public.runs, public.users in share row exclusive mode nowait;\nexception");
        fewer.install(false);
        assertThat(fewer.script(false)).hasSize(4).noneMatch(statement -> statement.contains("lock table"));
        var other = triggers("""
                application: club
                changes:
                  users: { with: [ name ], tags: [ "name:{name}" ] }
                  parts: { with: [ id ], tags: [ "part:{id}" ] }
                """);
        assertThat(other.script(false).get(3)).contains("""
                  lock table public.runs, public.users in access exclusive mode nowait;
                  lock table public.parts, public.parts_high, public.parts_low, public.users\
                 in share row exclusive mode nowait;
                exception""");
    }

    @Test
    void whatIsPrintedDoesTheSame() throws Exception {
        triggers(CATALOG).remove();
        execute(String.join(";\n", triggers(CATALOG).script(false)));
        assertThat(triggers(CATALOG).show()).extracting(Installed::state).containsOnly(State.CURRENT);
    }

    @Test
    void ofATruncatedTableAnythingMayHaveChanged() throws Exception {
        execute("truncate runs");
        assertThat(captured()).containsExactly("runs null");
    }

    @Test
    void manyRowsOfOneStatementAreFewRowsOfTheOutbox() throws Exception {
        execute("insert into plain select n % 2500 from generate_series(1, 10000) n");
        assertThat(captured()).hasSize(3);
        execute("update plain set v = 7");
        assertThat(captured()).hasSize(3);
        execute("update plain set v = 8");
        assertThat(captured()).containsExactly("plain [{\"v\": 7}, {\"v\": 8}]");
    }

    @Test
    void differentValuesOfOneStatementThatAreTooManyAreNotWrittenDown() throws Exception {
        execute("insert into plain select n from generate_series(1, 100000) n");
        assertThat(number("select count(*) from freshet.outbox where rows is not null"))
                .isEqualTo(100);
        execute("truncate freshet.outbox; update plain set v = -v");
        assertThat(captured()).containsExactly("plain null");
        execute("insert into \"Odd table\" select n || repeat('x', 900), 1 from generate_series(1, 20000) n");
        assertThat(captured()).containsExactly("Odd table null");
    }

    @Test
    void aColumnThatWasRenamedFailsNoWriteAndAnythingMayHaveChanged() throws Exception {
        execute("alter table users rename column id to number");
        execute("insert into users values (20, 'x')");
        assertThat(captured()).containsExactly("users null");
        assertThat(number("select count(*) from users where number = 20")).isEqualTo(1);
    }

    @Test
    void whoWritesNeedsNoRightInFreshetsSchema() throws Exception {
        triggers(CATALOG).install(true);
        execute("drop role if exists club_writer; create role club_writer;"
                + " grant select, insert, update, delete on users to club_writer");
        execute("begin; set local role club_writer; set local datestyle = 'German';"
                + " insert into users values (30, 'x'); commit");
        assertThat(captured()).containsExactly("users [{\"user\": 30}]");
        execute("drop owned by club_writer; drop role club_writer");
    }

    @Test
    void aTransactionNotifiesOnceAndOnlyWhereItIsAskedTo() throws Exception {
        var other = triggers("application: other\nchanges: { runs: { tags: [ r ] } }");
        other.install(true);
        var writes = "begin; insert into users values (60, 'x'); insert into users values (61, 'x');"
                + " update users set name = 'y'; commit";
        assertThat(notified(writes)).isZero();
        triggers(CATALOG).install(true);
        assertThat(notified(writes.replace("6", "7"))).isEqualTo(1);
        assertThat(notified("insert into users values (80, 'x'); insert into users values (81, 'x')"))
                .as("one transaction without saying so")
                .isEqualTo(1);
        assertThat(notified("begin; insert into users values (82, 'x'); rollback"))
                .isZero();
        assertThat(notified("update runs set other = 'x'")).isZero();
        triggers(CATALOG).install(false);
        assertThat(notified(writes.replace("6", "9"))).isZero();
        assertThat(other.show()).containsExactly(new Installed("runs", State.CURRENT, true));
        other.remove();
    }

    @Test
    void whetherTheyNotifyIsShownAndChangedWhileOthersWrite() throws Exception {
        var triggers = triggers(CATALOG);
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("update users set name = 'z'; update runs set km = 9");
            assertThat(triggers.install(true, Duration.ZERO))
                    .extracting(Installed::notifies)
                    .containsOnly(false);
            assertThat(triggers.show())
                    .allMatch(one -> one.state() == State.CURRENT)
                    .allMatch(Installed::notifies);
            assertThat(triggers.script(true)).hasSize(5).noneMatch(sql -> sql.contains("function"));
            assertThat(triggers.install(false, Duration.ZERO))
                    .extracting(Installed::notifies)
                    .containsOnly(true);
            connection.rollback();
        }
        assertThat(triggers.show())
                .allMatch(one -> one.state() == State.CURRENT)
                .noneMatch(Installed::notifies);
        assertThat(captured()).as("the same is written down as before").isEmpty();
    }

    @Test
    void whoChecksIsRemindedOfNotifications() throws Exception {
        var users =
                triggers("application: club\nchanges: { users: { with: { user: id }, tags: [ \"user:{user}\" ] } }");
        users.install(false);
        assertThat(users.check(false)).isEmpty();
        assertThat(users.check(true))
                .extracting(problem -> problem.toString().replaceFirst("^[^:]*", "x"))
                .containsExactly(
                        "x:2: warning: changes.users: CAPTURE_LISTEN_URL is set, and its triggers do not notify;"
                                + " freshet capture install --notify");
        users.install(true);
        assertThat(users.check(true)).isEmpty();
        assertThat(users.check(false)).isEmpty();
        execute("alter table users disable trigger all");
        assertThat(users.check(false))
                .extracting(problem -> problem.toString().replaceFirst("^[^:]*", "x"))
                .containsExactly("x:2: warning: changes.users: its triggers are disabled;"
                        + " freshet capture install --notify");
    }

    @Test
    void whatIsInstalledIsShownAndRenewedAndRemoved() throws Exception {
        var triggers = triggers(CATALOG);
        assertThat(triggers.show()).extracting(Installed::state).containsOnly(State.CURRENT);
        assertThat(triggers.install(false)).hasSize(5);
        assertThat(captured()).isEmpty(); // nothing was to be done

        var other = triggers("""
                application: club
                changes:
                  users: { with: { user: id, name: name }, tags: [ "user:{user}", "name:{name}" ] }
                """);
        assertThat(states(other))
                .containsEntry("users", State.OUTDATED)
                .containsEntry("runs", State.UNUSED)
                .hasSize(5);
        other.install(false);
        assertThat(states(other)).containsExactly(Map.entry("users", State.CURRENT));
        assertThat(captured()).containsExactly("users null");
        execute("insert into users values (40, 'x')");
        assertThat(captured()).containsExactly("users [{\"name\": \"x\", \"user\": 40}]");

        execute("alter table users disable trigger all");
        assertThat(states(other)).containsExactly(Map.entry("users", State.DISABLED));
        other.install(false);
        assertThat(states(other)).containsExactly(Map.entry("users", State.CURRENT));
        assertThat(other.remove()).isEqualTo(1);
        assertThat(states(other)).containsExactly(Map.entry("users", State.MISSING));
        assertThat(captured()).containsExactly("users null");
        execute("insert into users values (41, 'x')");
        assertThat(captured()).isEmpty();
    }

    @Test
    void aTableThatIsNotWhatItWasIsBroken() throws Exception {
        execute("alter table users rename column id to number; drop table parts");
        assertThat(states(triggers(CATALOG)))
                .containsEntry("users", State.BROKEN)
                .containsEntry("parts", State.MISSING)
                .containsEntry("runs", State.CURRENT);
        execute("alter table users rename column number to id");
        assertThat(states(triggers(CATALOG))).containsEntry("users", State.CURRENT);
    }

    @Test
    void whoChecksIsWarned() throws Exception {
        assertThat(triggers(CATALOG).check(false))
                .extracting(problem -> problem.toString().replaceFirst("^[^:]*", "x"))
                .containsExactly(
                        "x:10: note: changes.plain.columns: the table has no primary key, so that every updated"
                                + " row counts");
        execute("alter table runs disable trigger all");
        var fewer = triggers(CATALOG.replaceFirst("  users: .*\n", ""));
        assertThat(fewer.check(false))
                .extracting(problem -> problem.toString().replaceFirst("^[^:]*", "x"))
                .containsExactlyInAnyOrder(
                        "x:3: warning: changes.runs: its triggers are disabled; freshet capture install",
                        "x:9: note: changes.plain.columns: the table has no primary key, so that every updated row counts",
                        "x: warning: changes.users: its triggers are unused; freshet capture install");
    }

    @Test
    void twoApplicationsMayCaptureOneTable() throws Exception {
        var other = triggers("application: other\nchanges: { users: { with: [ id ], tags: [ \"u:{id}\" ] } }");
        other.install(false);
        execute("delete from freshet.outbox; insert into users values (50, 'x')");
        assertThat(captured()).containsExactlyInAnyOrder("users [{\"user\": 50}]", "users [{\"id\": 50}]");
        assertThat(other.remove()).isEqualTo(1);
        assertThat(triggers(CATALOG).show()).extracting(Installed::state).containsOnly(State.CURRENT);
    }

    @Test
    void aColumnThatIsComputedWhenItIsReadIsRefused() throws Exception {
        assumeThat(number("show server_version_num")).isGreaterThanOrEqualTo(180_000);
        execute("create table sums (a int primary key, twice int generated always as (a * 2) virtual,"
                + " thrice int generated always as (a * 3) stored)");
        for (var what : List.of("columns: [ twice ], with: [ a ]", "with: { a: \"abs(sums.twice)\" }")) {
            var other = triggers("application: sums\nchanges: { sums: { %s, tags: [ s ] } }\n".formatted(what));
            assertThatThrownBy(() -> other.install(false))
                    .hasMessage("changes.sums: triggers do not see virtual generated columns: twice");
            assertThat(other.check(false))
                    .extracting(problem -> problem.toString().replaceFirst("^[^:]*", "x"))
                    .contains("x:2: changes.sums: triggers do not see virtual generated columns: twice;"
                            + " name the columns it is computed from");
        }
        var seen = triggers(
                "application: sums\nchanges: { sums: { columns: [ thrice ], with: [ a, thrice ], tags: [ s ] } }");
        seen.install(false);
        execute("truncate freshet.outbox; insert into sums values (1)");
        assertThat(captured()).containsExactly("sums [{\"a\": 1, \"thrice\": 3}]");
        seen.remove();
        execute("drop table sums");
    }

    @Test
    void anExpressionThatTheTriggerCouldNotRunIsRefusedAndNothingIsInstalled() throws Exception {
        var broken = triggers("""
                application: broken
                changes:
                  users: { with: { user: id }, tags: [ "user:{user}" ] }
                  runs: { with: { user: nobody }, tags: [ "runs:{user}" ] }
                """);
        assertThatThrownBy(() -> broken.install(false))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("nobody");
        assertThat(broken.show()).extracting(Installed::state).containsOnly(State.MISSING);
        var absent = triggers("application: broken\nchanges: { nothing: { tags: [ a ] } }");
        assertThatThrownBy(() -> absent.install(false)).hasMessage("there is no table nothing");
    }

    private static Map<String, State> states(CaptureTriggers triggers) throws SQLException {
        return triggers.show().stream().collect(Collectors.toMap(Installed::table, Installed::state));
    }

    private CaptureTriggers triggers(String yaml) throws IOException {
        return new CaptureTriggers(catalog(yaml), database);
    }

    private Catalog catalog(String yaml) throws IOException {
        var file = Files.writeString(Files.createTempFile(directory, "catalog", ".yaml"), yaml);
        return CatalogReader.read(file.toString(), Map.of());
    }

    /** What the outbox holds, which is emptied: each row's values in order. */
    private List<String> captured() throws SQLException {
        var found = new ArrayList<String>();
        try (var connection = database.connection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("""
                        with taken as (delete from freshet.outbox returning id, source, rows)
                        select source || ' ' || coalesce(
                                 (select '[' || string_agg(v, ', ' order by v::jsonb, length(v)) || ']'
                                    from string_to_table(rows, e'\\n') v), 'null')
                          from taken order by id""")) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }

    /** How often it notifies those who listen for the club. */
    private int notified(String sql) throws SQLException {
        try (var listening = database.connection();
                var statement = listening.createStatement()) {
            statement.execute("listen " + Outbox.channel("club"));
            try {
                execute(sql);
                execute("select pg_notify('" + Outbox.channel("club") + "', 'end')"); // committed after, so heard after
                var heard = new ArrayList<String>();
                while (!heard.contains("end")) {
                    for (var one : listening.unwrap(PGConnection.class).getNotifications(30_000)) {
                        heard.add(one.getParameter());
                    }
                    assertThat(heard).isNotEmpty();
                }
                return heard.size() - 1;
            } finally {
                statement.execute("unlisten *");
            }
        }
    }

    private long number(String sql) throws SQLException {
        try (var connection = database.connection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private void execute(String sql) throws SQLException {
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
