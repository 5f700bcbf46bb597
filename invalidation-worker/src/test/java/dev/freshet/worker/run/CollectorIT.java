package dev.freshet.worker.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.capture.CaptureTriggers;
import dev.freshet.capture.Outbox;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CollectorIT {
    private final Club club = new Club();
    private final Outbox outbox = new Outbox(club.database, club.catalog.application());
    private final Collector collector = new Collector(outbox, club.queue, club.queueServer, new SimpleMeterRegistry());
    private final Worker worker = club.newWorker();

    @BeforeEach
    void install() throws SQLException {
        new CaptureTriggers(club.catalog, club.admin).install(false);
        club.execute("delete from freshet.outbox");
    }

    @AfterEach
    void close() {
        club.close();
    }

    @Test
    void whatOnlySqlWroteIsFresh() {
        assertThat(read(3)).isEqualTo("[]");
        club.execute("insert into members values (1, 3), (2, 3)");
        assertThat(read(3)).isEqualTo("[]");
        work(1);
        assertThat(read(3)).isEqualTo("[{\"id\":1}, \n {\"id\":2}]");
        assertThat(club.number("select count(*) from freshet.outbox")).isZero();
        assertThat(collector.runOnce()).isZero();
    }

    @Test
    void aRowThatMovesLeavesBothFresh() {
        club.execute("insert into members values (1, 3)");
        work(1);
        assertThat(read(3)).isEqualTo("[{\"id\":1}]");
        assertThat(read(4)).isEqualTo("[]");
        club.execute("update members set cohort_id = 4");
        work(1);
        assertThat(read(3)).isEqualTo("[]");
        assertThat(read(4)).isEqualTo("[{\"id\":1}]");
    }

    @Test
    void theScoresOfWhoWasLeftAndOfWhoCameAreFresh() {
        club.execute("insert into members values (1, 3), (2, 3), (3, 4)");
        work(1);
        assertThat(Club.text(club.sizes())).isEqualTo("3=2 4=1");
        club.execute("update members set cohort_id = 4 where id = 1");
        assertThat(Club.text(club.sizes())).isEqualTo("3=2 4=1");
        work(1);
        assertThat(Club.text(club.sizes())).isEqualTo("4=2 3=1");
        club.execute("truncate members");
        work(1);
        assertThat(club.sizes().rows()).isEmpty();
    }

    @Test
    void manyStatementsAreOneJob() {
        for (int i = 0; i < 20; i++) {
            club.execute("insert into members values (" + i + ", " + i + ")");
        }
        work(20);
        assertThat(club.status().inFlight()).isZero();
    }

    @Test
    void ofAChangeWhoseRowsNobodyKnowsEverythingIsFresh() {
        club.execute("insert into members values (1, 3)");
        work(1);
        club.cache(5);
        assertThat(read(3)).isEqualTo("[{\"id\":1}]");
        club.execute("truncate members");
        work(1);
        assertThat(read(3)).isEqualTo("[]");
        assertThat(club.isCached(5)).isFalse();
    }

    @Test
    void whenAJobIsRefusedForGoodEverythingIsFresh() {
        changeTeam("x");
        assertThat(worker.runOnce()).isEqualTo(1);
        assertThat(club.status().dead()).isEqualTo(1);
        assertThat(club.isCached(5)).isFalse();
        assertThat(club.owed()).isPositive();
    }

    @Test
    void ofATableThatTheCatalogDoesNotNameEverythingIsFresh() {
        club.execute(
                "insert into freshet.outbox (application, source, rows) values ('club', 'coaches', '{\"id\": 1}')");
        club.cache(5);
        work(1);
        assertThat(club.isCached(5)).isFalse();
        assertThat(club.owed()).isPositive();
        assertThat(club.status().inFlight()).isZero();
    }

    @Test
    void whenItsRetriesAreUsedUpEverythingIsFresh() {
        changeTeam("later");
        assertThat(worker.runOnce()).isEqualTo(1);
        assertThat(club.isCached(5)).isTrue();
        await().until(() -> {
            club.queue.tick(1);
            worker.runOnce();
            return club.status().dead() == 1;
        });
        assertThat(club.isCached(5)).isFalse();
    }

    @Test
    void whenItKillsItsWorkersEverythingIsFresh() {
        changeTeam("5");
        var invalidator = club.newInvalidator(club.database, tags -> {});
        var ticker = new Ticker(club.queue, Club.LEASE, job -> invalidator.giveUp(List.of(job)), Clock.systemUTC());
        await().until(() -> {
            club.queue.claim(1, Duration.ofMillis(1));
            ticker.runOnce();
            return club.status().dead() == 1;
        });
        assertThat(club.isCached(5)).isFalse();
    }

    @Test
    void whatWaitsAndWhatIsNotCapturedIsMeasured() {
        var metrics = new SimpleMeterRegistry();
        var clock = new TestClock();
        var watch = new CaptureWatch(outbox, new CaptureTriggers(club.catalog, club.database), clock, metrics);
        assertThat(metrics.get("freshet_outbox_rows").gauge().value()).isNaN();
        club.execute("insert into members values (1, 3);"
                + " update freshet.outbox set at = at - interval '1 hour'; insert into teams values ('5')");
        watch.runOnce();
        assertThat(metrics.get("freshet_outbox_rows").gauge().value()).isEqualTo(2);
        assertThat(metrics.get("freshet_outbox_oldest_seconds").gauge().value()).isBetween(3_600.0, 3_900.0);
        assertThat(metrics.get("freshet_capture_missing").gauge().value()).isZero();

        club.execute("alter table teams disable trigger all; delete from freshet.outbox");
        watch.runOnce();
        assertThat(metrics.get("freshet_outbox_oldest_seconds").gauge().value()).isZero();
        assertThat(metrics.get("freshet_capture_missing").gauge().value()).isZero();
        clock.move(Duration.ofMinutes(2));
        watch.runOnce();
        assertThat(metrics.get("freshet_capture_missing").gauge().value()).isEqualTo(1);
    }

    @Test
    void whileTheQueueIsAwayChangesWaitAndThenNoneIsLost() {
        var proxy = CuttingProxy.before(TestServices.shared().queueUrl());
        try (proxy;
                var server = new RedisServer("queue", proxy.url(), Duration.ofSeconds(2))) {
            var queue = new JobQueue(server, QueueOptions.defaults(club.prefix));
            var far = new Collector(outbox, queue, server, new SimpleMeterRegistry());
            club.execute("insert into members values (1, 3)");
            proxy.cut();
            await().until(() -> !server.isConnected());
            assertThat(far.runOnce()).isZero();
            assertThat(club.number("select count(*) from freshet.outbox")).isEqualTo(1);
            proxy.restore();
            await().ignoreExceptions().until(() -> server.isConnected() && far.runOnce() == 1);
            assertThat(worker.runOnce()).isEqualTo(1);
        }
    }

    @Test
    void whatTheQueueHasAndNobodyKnowsOfIsCollectedAgainAndIsADuplicate() {
        var proxy = CuttingProxy.before(TestServices.shared().queueUrl());
        try (proxy;
                var server = new RedisServer("queue", proxy.url(), Duration.ofSeconds(2))) {
            club.execute("insert into members values (1, 3)");
            var queue = new JobQueue(server, QueueOptions.defaults(club.prefix));
            assertThat(queue.status().ready()).isZero();
            var far = new Collector(outbox, queue, server, new SimpleMeterRegistry());
            proxy.loseAnswers();
            assertThatThrownBy(far::runOnce).isInstanceOf(RedisException.class);
            await().until(() -> club.status().ready() == 1);
            assertThat(collector.runOnce()).isEqualTo(1);
            assertThat(club.status().ready()).isEqualTo(1);
            assertThat(club.number("select count(*) from freshet.outbox")).isZero();
        }
    }

    @Test
    void rowsOfARestoredDatabaseAreOthersThoughTheirIdsComeAgain() {
        for (int member = 1; member <= 2; member++) {
            club.execute("alter table freshet.outbox alter column id restart with 1");
            club.execute("insert into members values (" + member + ", 3)");
            work(1);
        }
        assertThat(club.status().count("done")).isEqualTo(2);
    }

    @Test
    void whatIsLookedUpIsLookedUpOnceAndAfterwards() {
        changeTeam("next");
        assertThat(club.number("select last_value from teams_id_seq")).isEqualTo(1);
        assertThat(worker.runOnce()).isEqualTo(1);
        assertThat(club.number("select last_value from teams_id_seq")).isEqualTo(2);
        assertThat(club.isCached(5)).isTrue();
    }

    private void changeTeam(String name) {
        club.execute("insert into teams values ('" + name + "')");
        club.cache(5);
        assertThat(collector.runOnce()).isEqualTo(1);
    }

    @Test
    void whatAQueueThatIsFullTookIsNotCollectedAgain() {
        var options = QueueOptions.defaults(club.prefix);
        var small = new JobQueue(club.queueServer, options.withMaxDepth(1));
        var almost = new Collector(outbox, small, club.queueServer, new SimpleMeterRegistry());
        club.execute("insert into members values (1, 3)");
        club.execute("insert into teams values ('5')");
        assertThat(almost.runOnce()).isEqualTo(1);
        assertThat(club.status().ready()).isEqualTo(1);
        assertThat(collector.runOnce()).isEqualTo(1);
        assertThat(worker.runOnce()).isEqualTo(2);
    }

    @Test
    void whatTheQueueDoesNotTakeStays() throws SQLException {
        club.execute("insert into members values (1, 3)");
        assertThat(outbox.collect(rows -> List.of())).isZero();
        assertThat(outbox.isEmpty()).isFalse();
        work(1);
    }

    @Test
    void whileOneCollectsAnotherTakesNothing() throws SQLException {
        club.execute("insert into members values (1, 3)");
        var others = new AtomicInteger(-1);
        int taken = outbox.collect(rows -> {
            others.set(collector.runOnce());
            return rows;
        });
        assertThat(taken).isEqualTo(1);
        assertThat(others).hasValue(0);
    }

    private void work(int rows) {
        assertThat(collector.runOnce()).isEqualTo(rows);
        assertThat(worker.runOnce()).isEqualTo(1);
    }

    private String read(int cohort) {
        return new String(club.read(cohort), UTF_8);
    }
}
