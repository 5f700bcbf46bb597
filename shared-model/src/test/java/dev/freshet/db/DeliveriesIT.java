package dev.freshet.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.db.Deliveries.Filter;
import dev.freshet.db.Deliveries.Words;
import dev.freshet.db.Delivery.State;
import dev.freshet.testing.TestServices;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeliveriesIT {
    private static final Instant T = Instant.parse("2026-03-04T05:06:07.123456Z");
    private static Database database;
    private static Deliveries deliveries;

    @BeforeAll
    static void start() {
        database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
        database.migrate();
        deliveries = new Deliveries(database);
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    @BeforeEach
    void empty() {
        execute("delete from freshet.deliveries");
    }

    private static void execute(String sql) {
        database.jdbi().useHandle(handle -> handle.execute(sql));
    }

    private static Delivery row(String id, State state, int attempts) {
        boolean done = state == State.DONE;
        return new Delivery(
                id,
                "main",
                "a.b",
                state,
                done ? "applied" : "it failed",
                attempts,
                T,
                done ? Optional.of(T.plusSeconds(1)) : Optional.empty(),
                done ? Optional.of(T.plusSeconds(2)) : Optional.empty());
    }

    private static State after(Delivery... accounts) throws SQLException {
        for (var account : accounts) {
            deliveries.record(List.of(account));
        }
        return deliveries.find(accounts[0].id()).orElseThrow().state();
    }

    @Test
    void whatIsRecordedIsFound() throws SQLException {
        var done = row("1", State.DONE, 1);
        var retry = row("2", State.RETRY, 3);
        deliveries.record(List.of(done, retry));
        assertThat(deliveries.find("1")).contains(done);
        assertThat(deliveries.find("2")).contains(retry);
        assertThat(deliveries.find("3")).isEmpty();
    }

    @Test
    void aLaterTryReplacesAnEarlierOne() throws SQLException {
        assertThat(after(row("1", State.RETRY, 1), row("1", State.DEAD, 2))).isEqualTo(State.DEAD);
        assertThat(after(row("1", State.RETRY, 3))).as("after a replay").isEqualTo(State.RETRY);
        assertThat(after(row("1", State.DONE, 4))).isEqualTo(State.DONE);
    }

    @Test
    void aLateWorkerTurnsNothingBack() throws SQLException {
        assertThat(after(row("1", State.DONE, 1), row("1", State.RETRY, 1))).isEqualTo(State.DONE);
        assertThat(after(row("2", State.DONE, 2), row("2", State.RETRY, 1))).isEqualTo(State.DONE);
        assertThat(after(row("3", State.DONE, 1), row("3", State.DEAD, 1))).isEqualTo(State.DONE);
        assertThat(after(row("4", State.DEAD, 1), row("4", State.RETRY, 1))).isEqualTo(State.DEAD);
    }

    @Test
    void whatIsReceivedAgainIsAnotherDelivery() throws SQLException {
        var again = new Delivery(
                "1", "main", "a.b", State.RETRY, "boom", 1, T.plusSeconds(90), Optional.empty(), Optional.empty());
        deliveries.record(List.of(row("1", State.DONE, 5)));
        deliveries.record(List.of(again));
        assertThat(deliveries.find("1")).contains(again);
    }

    @Test
    void theSpilledCopyStaysUntilTheDeliveryIsDone() throws SQLException {
        execute("""
                insert into freshet.deliveries (id, site, topic, state, received, job)
                values ('1', 'main', 'a.b', 'spilled', '2026-03-04T05:06:09Z', 'body')""");
        assertThat(after(row("1", State.RETRY, 1))).isEqualTo(State.RETRY);
        assertThat(after(row("1", State.DEAD, 2))).isEqualTo(State.DEAD);
        assertThat(spilled()).containsExactly("1");
        assertThat(after(row("1", State.DONE, 3))).isEqualTo(State.DONE);
        assertThat(spilled()).isEmpty();
    }

    private static List<String> spilled() {
        var ids = new ArrayList<String>();
        deliveries.eachSpilled((id, body) -> ids.add(id));
        return ids;
    }

    @Test
    void aLetterThatIsGivenUpIsDiscardedWhateverTheLedgerSaidUnlessItIsDone() throws SQLException {
        deliveries.record(List.of(row("1", State.DEAD, 1), row("2", State.RETRY, 1), row("3", State.DONE, 1)));
        spill(1);
        var letters = Stream.of("1", "2", "3", "s1", "unknown").map(id -> row(id, State.DISCARDED, 1));
        deliveries.givenUp(letters.toList());
        assertThat(deliveries.find("1").orElseThrow().state()).isEqualTo(State.DISCARDED);
        assertThat(deliveries.find("2").orElseThrow().state()).isEqualTo(State.DISCARDED);
        assertThat(deliveries.find("3").orElseThrow().state()).isEqualTo(State.DONE);
        assertThat(deliveries.find("unknown")).contains(row("unknown", State.DISCARDED, 1));
        assertThat(spilled()).isEmpty();
    }

    @Test
    void aLetterThatIsReplayedIsQueuedUnlessTheLedgerKnowsMore() throws SQLException {
        deliveries.record(List.of(row("1", State.DEAD, 1), row("2", State.DONE, 2)));
        var letters = Stream.of("1", "2", "unknown").map(id -> row(id, State.QUEUED, 1));
        deliveries.replayed(letters.toList());
        assertThat(deliveries.find("1").orElseThrow().state()).isEqualTo(State.QUEUED);
        assertThat(deliveries.find("2").orElseThrow().state()).isEqualTo(State.DONE);
        assertThat(deliveries.find("unknown")).contains(row("unknown", State.QUEUED, 1));
    }

    @Test
    void aDeadlockWithSomebodyElsesStatementLosesNoRecord() throws Exception {
        deliveries.record(List.of(row("1", State.RETRY, 1), row("2", State.RETRY, 1)));
        try (var executor = Executors.newVirtualThreadPerTaskExecutor();
                var other = database.connection();
                var statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("select from freshet.deliveries where id = '2' for update");
            var recording = executor.submit(() -> {
                deliveries.record(List.of(row("1", State.DONE, 1), row("2", State.DONE, 1)));
                return true;
            });
            await().until(() -> isAnybodyWaiting());
            try {
                statement.execute("select from freshet.deliveries where id = '1' for update");
            } catch (SQLException deadlock) {
                assertThat(deadlock.getSQLState()).isEqualTo("40P01"); // it may as well be us who give way
            }
            other.rollback();
            assertThat(recording.get()).isTrue();
        }
        assertThat(deliveries.list(Filter.all(), 0, 10))
                .extracting(Delivery::state)
                .containsOnly(State.DONE);
    }

    private static boolean isAnybodyWaiting() {
        return database.jdbi()
                .withHandle(
                        handle -> handle.createQuery("select exists (select from pg_locks where not granted and pid in"
                                        + " (select pid from pg_stat_activity where datname = current_database()))")
                                .mapTo(Boolean.class)
                                .one());
    }

    @Test
    void oneBatchMayNameADeliveryTwiceAndHoldWhatPostgresCannot() throws SQLException {
        var odd = new Delivery(
                "ö\\\"{},'",
                "ma\0in",
                "\ud800",
                State.DEAD,
                "x".repeat(5_000),
                1,
                T,
                Optional.empty(),
                Optional.empty());
        deliveries.record(List.of(row("1", State.RETRY, 1), row("1", State.DONE, 2), odd));
        assertThat(deliveries.find("1").orElseThrow().attempts()).isEqualTo(2);
        assertThat(deliveries.find(odd.id()).orElseThrow().outcome()).hasSize(1_001);
        assertThat(deliveries.find(odd.id()).orElseThrow().site()).isEqualTo("ma\ufffdin");
    }

    @Test
    void workersThatRecordTheSameDeliveriesAtOnceDoNotBlockEachOther() {
        var rows = IntStream.range(0, 500)
                .mapToObj(i -> row(String.valueOf(i), State.DONE, 1))
                .toList();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = IntStream.range(0, 8)
                    .mapToObj(i -> executor.submit(() -> {
                        var shuffled = new ArrayList<>(rows);
                        Collections.shuffle(shuffled, new java.util.Random(i));
                        deliveries.record(shuffled);
                        return true;
                    }))
                    .toList();
            assertThat(all).allSatisfy(future -> assertThat(future.get()).isTrue());
        }
        assertThat(deliveries.list(Filter.all(), 0, 1_000)).hasSize(500);
    }

    @Test
    void theListIsFilteredAndTheLastReceivedComesFirst() throws SQLException {
        deliveries.record(List.of(
                new Delivery("1", "main", "a.b", State.DONE, "applied", 1, T, Optional.empty(), Optional.empty()),
                new Delivery(
                        "2",
                        "main",
                        "c.d",
                        State.DEAD,
                        "boom",
                        1,
                        T.plusSeconds(1),
                        Optional.empty(),
                        Optional.empty()),
                new Delivery(
                        "3",
                        "other",
                        "a.b",
                        State.DONE,
                        "ignored",
                        1,
                        T.plusSeconds(2),
                        Optional.empty(),
                        Optional.empty())));
        var no = Optional.<String>empty();
        var any = Optional.<Instant>empty();
        assertThat(ids(Filter.all())).containsExactly("3", "2", "1");
        assertThat(ids(new Filter(no, Optional.of("main"), no, Optional.empty(), no, any, any)))
                .containsExactly("2", "1");
        assertThat(ids(new Filter(no, no, Optional.of("a.b"), Optional.empty(), no, any, any)))
                .containsExactly("3", "1");
        assertThat(ids(new Filter(no, no, no, Optional.of(State.DEAD), no, any, any)))
                .containsExactly("2");
        assertThat(ids(new Filter(no, no, no, Optional.empty(), Optional.of("nor"), any, any)))
                .containsExactly("3");
        assertThat(ids(new Filter(no, no, no, Optional.empty(), no, Optional.of(T.plusSeconds(1)), any)))
                .containsExactly("3", "2");
        assertThat(ids(new Filter(no, no, no, Optional.empty(), no, any, Optional.of(T.plusSeconds(1)))))
                .containsExactly("1");
        assertThat(ids(new Filter(Optional.of("2"), no, no, Optional.empty(), no, any, any)))
                .containsExactly("2");
        assertThat(deliveries.list(Filter.all(), 1, 1)).extracting(Delivery::id).containsExactly("2");
    }

    private static List<String> ids(Filter filter) {
        return deliveries.list(filter, 0, 10).stream().map(Delivery::id).toList();
    }

    @Test
    void onlyWhatIsOldIsPrunedAndNothingThatIsSpilled() {
        execute("""
                insert into freshet.deliveries (id, site, topic, state, received, changed, job)
                select state || age, 'main', 'a.b', state, now(), now() - age::interval,
                       case state when 'spilled' then 'body'::bytea end
                  from unnest('{spilled,queued,retry,done,dead,discarded}'::text[]) state,
                       unnest('{1 day,3 days}'::text[]) age""");
        assertThat(deliveries.prune(Duration.ofDays(2))).isEqualTo(5);
        assertThat(deliveries.prune(Duration.ofDays(2))).isZero();
        assertThat(deliveries.list(Filter.all(), 0, 100)).hasSize(7);
    }

    @Test
    void pruningGoesOnInPiecesHoweverManyDoIt() {
        execute("""
                insert into freshet.deliveries (id, site, topic, state, received, changed)
                select i::text, 'main', 'a.b', 'done', now(), now() - interval '3 days' from generate_series(1, 12000) i""");
        assertThat(deliveries.prune(Duration.ofDays(2))).isEqualTo(Deliveries.PRUNED_AT_ONCE);
        assertThat(deliveries.prune(Duration.ofDays(2))).isEqualTo(Deliveries.PRUNED_AT_ONCE);
        assertThat(deliveries.prune(Duration.ofDays(2))).isEqualTo(2_000);
    }

    private static void spill(int count) {
        execute("insert into freshet.deliveries (id, site, topic, state, received, job)"
                + " select 's' || i, 'main', 'a.b', 'spilled', now(), 'body' from generate_series(1, " + count + ") i");
    }

    @Test
    void whatIsSpilledIsGivenUpByName() {
        spill(250);
        var ids = new ArrayList<String>();
        deliveries.eachSpilled((id, body) -> {
            assertThat(body).asString().isEqualTo("body");
            ids.add(id);
        });
        assertThat(ids).hasSize(250).doesNotHaveDuplicates();
        assertThat(deliveries.discard(List.of("s1", "s2", "none"))).isEqualTo(2);
        assertThat(deliveries.discard(List.of("s1"))).isZero();
        assertThat(deliveries.find("s1").orElseThrow().state()).isEqualTo(State.DISCARDED);
    }

    @Test
    void whatNamesSomebodyIsTakenOutOfTheLedgerButNeverADelivery() throws SQLException {
        deliveries.record(List.of(
                new Delivery("1", "main", "a.b", State.DEAD, "no: ADA@x.org", 1, T, Optional.empty(), Optional.empty()),
                row("main:a.b:ada@x.org", State.DONE, 1),
                row("2", State.RETRY, 1)));
        execute("insert into freshet.deliveries (id, site, topic, state, received, job)"
                + " values ('ada@x.org', 'main', 'a.b', 'spilled', now(), 'body')");
        var named = deliveries.naming("Ada@X.org").stream().map(Words::id).toList();
        assertThat(named).containsExactlyInAnyOrder("1", "main:a.b:ada@x.org", "ada@x.org");
        deliveries.forget(named, List.of("main:a.b:ada@x.org", "ada@x.org"));
        assertThat(deliveries.find("1").orElseThrow().outcome()).isEmpty();
        assertThat(deliveries.find("2").orElseThrow().outcome()).isEqualTo("it failed");
        assertThat(deliveries.find("main:a.b:ada@x.org")).isEmpty();
        assertThat(deliveries.find("ada@x.org")).isPresent();
    }
}
