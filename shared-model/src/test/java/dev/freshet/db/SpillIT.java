package dev.freshet.db;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.db.Spill.Depth;
import dev.freshet.db.Spill.Page;
import dev.freshet.db.Spill.Row;
import dev.freshet.model.Job;
import dev.freshet.queue.JobCodec;
import dev.freshet.testing.TestServices;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SpillIT {
    private final Database database =
            new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS.withPoolSize(4));
    private final Spill spill = new Spill(database);

    @BeforeAll
    void migrate() {
        database.migrate();
    }

    @BeforeEach
    void empty() {
        execute("truncate freshet.deliveries");
    }

    @AfterAll
    void close() {
        database.close();
    }

    @Test
    void whatIsStoredIsDrainedOnceAndInTheOrderInWhichItCame() throws SQLException {
        assertThat(spill.isEmpty()).isTrue();
        assertThat(spill.store(List.of(job("b"), job("a")))).containsExactlyInAnyOrder("b", "a");
        assertThat(spill.store(List.of(job("c")))).containsExactly("c");
        assertThat(spill.isEmpty()).isFalse();

        var drained = new ArrayList<Job>();
        var page = spill.drain(0, rows -> decoded(rows, drained)).orElseThrow();
        assertThat(drained).containsExactly(job("b"), job("a"), job("c"));
        assertThat(page.rows()).isEqualTo(3);
        assertThat(page.queued()).isEqualTo(3);
        assertThat(states()).containsOnly("queued");
        assertThat(spill.depth()).isEqualTo(new Depth(0, 0));
        assertThat(spill.drain(0, rows -> rows)).contains(new Page(0, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"spilled", "queued", "retry", "done", "dead", "discarded"})
    void anIdIsOneDeliveryForGoodWhateverBecameOfIt(String state) throws SQLException {
        spill.store(List.of(job("a")));
        execute("update freshet.deliveries set state = '" + state + "'");
        assertThat(spill.store(List.of(job("a"), job("new")))).containsExactly("new");
        assertThat(states()).containsExactly(state, "spilled");
    }

    @ParameterizedTest
    @ValueSource(strings = {"queued", "retry", "dead"})
    void whatWasTriedAndIsNotDoneIsOfferedToTheQueueOnceMore(String state) throws SQLException {
        spill.store(List.of(job("a")));
        execute("update freshet.deliveries set job = null, state = '" + state + "'");
        assertThat(spill.store(List.of(job("a")))).isEmpty();
        assertThat(states()).containsExactly(state);
        var offered = new ArrayList<String>();
        spill.drain(0, rows -> {
            rows.forEach(row -> offered.add(row.id()));
            return rows;
        });
        assertThat(offered).containsExactly("a");
        assertThat(states()).containsExactly(state);
        assertThat(spill.isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"done", "discarded"})
    void whatIsDoneOrGivenUpIsNotOfferedAgain(String state) throws SQLException {
        spill.store(List.of(job("a")));
        execute("update freshet.deliveries set job = null, state = '" + state + "'");
        assertThat(spill.store(List.of(job("a")))).isEmpty();
        assertThat(spill.isEmpty()).isTrue();
    }

    @Test
    void twiceInOneStatementIsStoredOnce() throws SQLException {
        assertThat(spill.store(List.of(job("a"), job("a")))).containsExactly("a");
        assertThat(spill.depth()).isEqualTo(new Depth(1, JobCodec.encode(job("a")).length));
    }

    @Test
    void whatTheQueueDoesNotTakeStaysAndHoldsUpNoneBehindIt() throws SQLException {
        spill.store(List.of(job("a"), job("b"), job("c")));
        var first = spill.drain(
                        0,
                        rows -> rows.stream()
                                .filter(row -> !row.id().equals("a"))
                                .toList())
                .orElseThrow();
        assertThat(first.queued()).isEqualTo(2);
        assertThat(spill.drain(first.last(), rows -> rows)).contains(new Page(first.last(), 0, 0));
        assertThat(spill.drain(0, rows -> rows).orElseThrow().queued()).isEqualTo(1);
    }

    @Test
    void aPageEndsAfterEnoughBytesAndHasARowAtLeast() throws SQLException {
        var large = IntStream.range(0, 3)
                .mapToObj(i -> Job.first("large" + i, "main", "t", Instant.EPOCH, false, "", new byte[10 << 20]))
                .toList();
        spill.store(large);
        var page = spill.drain(0, rows -> rows).orElseThrow();
        assertThat(page.rows()).isEqualTo(2);
        assertThat(spill.drain(page.last(), rows -> rows).orElseThrow().rows()).isEqualTo(1);
    }

    @Test
    void oneDrainsAtATime() throws SQLException {
        spill.store(List.of(job("a")));
        var other = new ArrayList<Optional<Page>>();
        spill.drain(0, rows -> {
            other.add(drain());
            return rows;
        });
        assertThat(other).containsExactly(Optional.empty());
        assertThat(states()).containsExactly("queued");
    }

    @Test
    void aDrainThatFailsLeavesTheRows() throws SQLException {
        spill.store(List.of(job("a")));
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> spill.drain(0, rows -> {
                    throw new IllegalStateException("killed");
                })))
                .hasMessage("killed");
        assertThat(states()).containsExactly("spilled");
        assertThat(drain().orElseThrow().queued()).isEqualTo(1);
    }

    @Test
    void whatAWorkerHasSettledBeforeTheDrainerNotesItStaysSettled() throws SQLException {
        spill.store(List.of(job("a"), job("b")));
        spill.drain(0, rows -> {
            execute("update freshet.deliveries set state = 'done', job = null where id = 'a'");
            return rows;
        });
        assertThat(states()).containsExactlyInAnyOrder("done", "queued");
    }

    @Test
    void whatWasTriedAndIsNotSafeInTheQueueWaitsOnAndKeepsItsState() throws SQLException {
        spill.store(List.of(job("a")));
        execute("update freshet.deliveries set state = 'retry'");
        assertThat(spill.drain(0, rows -> List.of()).orElseThrow().rows()).isEqualTo(1);
        assertThat(spill.depth().deliveries()).isEqualTo(1);
        assertThat(drain().orElseThrow().queued()).isEqualTo(1);
        assertThat(spill.isEmpty()).isTrue();
        assertThat(states()).containsExactly("retry");
    }

    private Optional<Page> drain() {
        try {
            return spill.drain(0, rows -> rows);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static List<Row> decoded(List<Row> rows, List<Job> to) {
        rows.forEach(row -> to.add(JobCodec.decode(row.job())));
        return rows;
    }

    private List<String> states() {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("select state from freshet.deliveries order by place")
                        .mapTo(String.class)
                        .list());
    }

    private void execute(String sql) {
        database.jdbi().useHandle(handle -> handle.execute(sql));
    }

    private static Job job(String id) {
        return Job.first(id, "main", "enrollment.created", Instant.EPOCH, false, "trace", id.getBytes(UTF_8));
    }
}
