package dev.freshet.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.capture.Outbox.Depth;
import dev.freshet.capture.Outbox.Row;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.testing.TestServices;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OutboxIT {
    private final Database database =
            new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS.withPoolSize(4));
    private final Outbox outbox = new Outbox(database, "club");

    @BeforeAll
    void migrate() {
        database.migrate();
    }

    @BeforeEach
    void empty() throws SQLException {
        execute("truncate freshet.outbox");
    }

    @AfterAll
    void close() {
        database.close();
    }

    @Test
    void rowsAreTakenInOrderAndAreGone() throws SQLException {
        write("runs", "'{\"id\": 1}' || e'\\n' || '{\"id\": 2}'");
        write("users", "null");
        assertThat(outbox.isEmpty()).isFalse();
        var taken = take();
        assertThat(taken).extracting(Row::source).containsExactly("runs", "users");
        assertThat(taken)
                .extracting(Row::rows)
                .containsExactly(Optional.of(List.of("{\"id\": 1}", "{\"id\": 2}")), Optional.empty());
        assertThat(outbox.isEmpty()).isTrue();
        assertThat(take()).isEmpty();
    }

    @Test
    void aPageHasAnEnd() throws SQLException {
        execute("insert into freshet.outbox (application, source, rows)"
                + " select 'club', 'runs', '{}' from generate_series(1, 700)");
        assertThat(take()).hasSize(Outbox.MAX_PAGE);
        assertThat(take()).hasSize(200);
        execute("insert into freshet.outbox (application, source, rows)"
                + " select 'club', 'runs', repeat('x', 400000) from generate_series(1, 4)");
        assertThat(take()).hasSize(3);
        assertThat(take()).hasSize(1);
    }

    @Test
    void rowsOfAnotherApplicationStay() throws SQLException {
        write("runs", "'{}'");
        var other = new Outbox(database, "other");
        assertThat(other.isEmpty()).isTrue();
        assertThat(other.depths()).isEmpty();
        assertThat(other.collect(rows -> rows)).isZero();
        assertThat(take()).hasSize(1);
    }

    @Test
    void oneCollectsWhileAnotherFindsNothingAndNobodyWaits() throws SQLException {
        write("runs", "'{}'");
        var others = new ArrayList<Row>();
        int taken = outbox.collect(rows -> {
            try {
                assertThat(outbox.collect(found -> {
                            others.addAll(found);
                            return found;
                        }))
                        .isZero();
                write("runs", "'{\"id\": 9}'"); // whoever writes goes on
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
            return rows;
        });
        assertThat(taken).isEqualTo(1);
        assertThat(others).isEmpty();
        assertThat(take()).extracting(Row::rows).containsExactly(Optional.of(List.of("{\"id\": 9}")));
    }

    @Test
    void ofAPageOnlyWhatIsTakenIsGone() throws SQLException {
        write("runs", "'{}'");
        write("users", "'{}'");
        assertThat(outbox.collect(rows -> rows.subList(0, 1))).isEqualTo(1);
        assertThat(take()).extracting(Row::source).containsExactly("users");
    }

    @Test
    void whatIsNotTakenStays() throws SQLException {
        write("runs", "'{}'");
        assertThat(outbox.collect(rows -> List.of())).isZero();
        assertThatThrownBy(() -> outbox.collect(rows -> {
                    throw new IllegalStateException("the queue is away");
                }))
                .hasMessage("the queue is away");
        assertThat(take()).hasSize(1);
    }

    @Test
    void whatIsNotCommittedIsNotThereYetAndIsTakenLaterWhateverItsPlace() throws SQLException {
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("insert into freshet.outbox (application, source) values ('club', 'first')");
            write("second", "null");
            assertThat(take()).extracting(Row::source).containsExactly("second");
            connection.commit();
        }
        assertThat(take()).extracting(Row::source).containsExactly("first");
    }

    @Test
    void afterARestoreIdsComeAgainAndTimesDoNot() throws SQLException {
        execute("alter table freshet.outbox alter column id restart with 1");
        write("runs", "'{}'");
        var before = take().getFirst();
        execute("alter table freshet.outbox alter column id restart with 1");
        write("runs", "'{}'");
        var after = take().getFirst();
        assertThat(after.id()).isEqualTo(before.id());
        assertThat(after).isNotEqualTo(before);
    }

    @Test
    void whatWaitsIsCountedByTable() throws SQLException {
        write("runs", "'{}'");
        write("runs", "null");
        write("users", "'{}'");
        execute("update freshet.outbox set at = at + interval '1 hour' where source = 'users'"); // a clock that was set
        // back
        var depths = outbox.depths();
        assertThat(depths).containsOnlyKeys("runs", "users");
        assertThat(depths.get("runs")).extracting(Depth::rows).isEqualTo(2L);
        assertThat(depths.get("users")).isEqualTo(new Depth(1, Duration.ZERO));
    }

    private List<Row> take() throws SQLException {
        var taken = new ArrayList<Row>();
        outbox.collect(rows -> {
            taken.addAll(rows);
            return rows;
        });
        return taken;
    }

    /** @param rows SQL */
    private void write(String source, String rows) throws SQLException {
        execute("insert into freshet.outbox (application, source, rows) values ('club', '" + source + "', " + rows
                + ")");
    }

    private void execute(String sql) throws SQLException {
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
