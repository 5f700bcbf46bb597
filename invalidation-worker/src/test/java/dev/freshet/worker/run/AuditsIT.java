package dev.freshet.worker.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.capture.CaptureTriggers;
import dev.freshet.capture.Outbox;
import dev.freshet.model.Tag;
import dev.freshet.worker.view.Auditor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AuditsIT {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String MOVE = "update members set cohort_id = 4 where id = 1";

    private final Club club = new Club();
    private final Worker worker = club.newWorker();

    @BeforeEach
    void oneMember() {
        club.saved(1, 3, Instant.now());
        worker.runOnce();
    }

    @AfterEach
    void close() {
        club.close();
    }

    /** The row first, then the event: whoever reads in between gets what was. */
    private void changedByTheApplicationItself() {
        club.execute("insert into members (id, cohort_id) values (2, 3)");
        club.saved(2, 3, Instant.now());
    }

    private Auditor.Report audit(Duration patience) {
        return club.newAuditor(patience).run(100, club.catalog.views().values());
    }

    @Test
    void aCacheThatTheWorkerKeepsFreshAuditsCleanWhileItIsWrittenToAndRead() throws InterruptedException {
        var goesOn = new AtomicBoolean(true);
        var writer = Thread.ofVirtual().start(() -> {
            while (goesOn.get()) {
                var random = ThreadLocalRandom.current();
                club.saved(random.nextInt(50), random.nextInt(5), Instant.now());
                worker.runOnce();
            }
        });
        var reader = Thread.ofVirtual().start(() -> {
            while (goesOn.get()) {
                club.read(ThreadLocalRandom.current().nextInt(5));
            }
        });
        try {
            int compared = 0;
            for (int i = 0; i < 30 || compared < 20; i++) {
                var report = audit(LONG);
                compared += report.compared();
                assertThat(report.stale()).isEmpty();
                assertThat(report.unsettled()).isZero();
            }
        } finally {
            goesOn.set(false);
            writer.join();
            reader.join();
        }
    }

    @Test
    void aRowThatIsChangedBehindFreshetsBackIsFound() {
        club.read(3);
        club.read(4);
        club.read(5);
        club.execute(MOVE);

        var report = audit(LONG);
        assertThat(report.compared()).isEqualTo(3);
        assertThat(report.stale())
                .extracting(one -> one.seen().key().replaceFirst("^\\w+:", ""))
                .containsExactlyInAnyOrder("cohort:3", "cohort:4");
        assertThat(report.stale()).anySatisfy(one -> {
            assertThat(new String(one.seen().entry().content(), UTF_8)).isEqualTo("[{\"id\":1}]");
            assertThat(new String(one.truth(), UTF_8)).isEqualTo("[]");
        });
        club.cache.invalidate(List.of(new Tag("cohort:3"), new Tag("cohort:4")));
        assertThat(audit(LONG).stale()).isEmpty();
    }

    @Test
    void aChangeThatFreshetWasToldOfAndHasNotDealtWithIsNotStaleButNobodyCanSay() {
        club.read(3);
        changedByTheApplicationItself();

        var report = audit(Duration.ZERO);
        assertThat(report.unsettled()).isEqualTo(1);
        assertThat(report.stale()).isEmpty();

        worker.runOnce();
        assertThat(audit(Duration.ZERO).compared()).isZero(); // its event has reached the entry
    }

    @Test
    void anAuditWaitsForAChangeThatIsOnItsWay() {
        club.read(3);
        changedByTheApplicationItself();
        var claimed = Thread.ofVirtual().start(worker::runOnce);

        assertThat(audit(LONG).stale()).isEmpty();
        await().until(() -> !claimed.isAlive());
    }

    @Test
    void aCapturedChangeIsOnItsWayAndOneOfAnotherApplicationIsNot() throws SQLException {
        new CaptureTriggers(club.catalog, club.admin).install(false);
        var collector = new Collector(
                new Outbox(club.database, "club"), club.queue, club.queueServer, new SimpleMeterRegistry());
        collector.runOnce();
        worker.runOnce();
        club.read(3);
        club.execute(MOVE);
        assertThat(audit(Duration.ZERO).unsettled()).isEqualTo(1);
        collector.runOnce();
        worker.runOnce();

        club.read(3);
        club.execute("alter table members disable trigger all; insert into members values (7, 3);"
                + " alter table members enable trigger all; insert into freshet.outbox (application, source)"
                + " values ('retired', 'members')");
        assertThat(audit(Duration.ZERO).stale()).hasSize(1);
    }

    @Test
    void whatADeadWorkerLeftBehindIsOnItsWayToItsOwnTagsOnly() throws SQLException {
        club.read(3);
        club.read(4);
        club.execute(MOVE);
        var effects = new Effects();
        effects.addTags(List.of(new Tag("cohort:3")), Instant.now());
        try (var connection = club.database.connection()) {
            new LeftBehind(club.database, club.catalog.application()).write(connection, effects);
        }
        var report = audit(Duration.ZERO);
        assertThat(report.unsettled()).isEqualTo(1);
        assertThat(report.stale())
                .singleElement()
                .satisfies(one -> assertThat(one.seen().key()).endsWith("cohort:4"));
    }

    @Test
    void aChangeThatWasTakenBackIsNotStale() {
        club.read(3);
        club.execute(MOVE);
        var report = new CompletableFuture<Auditor.Report>();
        club.whileHeld(
                "lock table freshet.left_behind",
                () -> { // it has compared, and asks what is on its way
                    report.completeAsync(() -> audit(LONG));
                    await().until(() -> club.number(
                                    "select count(*) from pg_locks where not granted"
                                            + " and database = (select oid from pg_database where datname = current_database())")
                            == 1);
                    club.execute("update members set cohort_id = 3 where id = 1");
                });
        assertThat(report.join().compared()).isEqualTo(1);
        assertThat(report.join().stale()).isEmpty();
    }

    @Test
    void aViewThatAsksTheClockIsLeftOut() {
        var clock = Objects.requireNonNull(club.catalog.views().get("clock"));
        club.views().get(clock, Map.of());
        assertThat(club.newAuditor(LONG).run(100, List.of(clock)).sampled()).isZero();
        assertThat(audit(LONG).sampled()).isZero();
    }

    @Test
    void whatNobodyCanSayYetIsCountedToo() {
        club.read(3);
        changedByTheApplicationItself();
        var metrics = new SimpleMeterRegistry();
        var auditor = club.newAuditor(Duration.ZERO);
        var audits = new Audits(club.cache, auditor, club.catalog, Duration.ofHours(1), metrics);
        assertThat(audits.runOnce()).isZero();
        assertThat(metrics.counter("freshet_audit_unsettled_total").count()).isEqualTo(1);
    }

    @Test
    void theFleetTakesTurnsAndCountsWhatItFound() {
        club.read(3);
        club.execute(MOVE);
        var metrics = new SimpleMeterRegistry();
        var auditor = club.newAuditor(LONG);
        var first = new Audits(club.cache, auditor, club.catalog, Duration.ofHours(1), metrics);
        var second = new Audits(club.cache, auditor, club.catalog, Duration.ofHours(1), metrics);
        assertThat(metrics.counter("freshet_stale_reads_total").count()).isZero();

        assertThat(first.runOnce()).isEqualTo(1);
        assertThat(second.runOnce()).isZero();
        assertThat(metrics.counter("freshet_stale_reads_total").count()).isEqualTo(1);
        assertThat(metrics.counter("freshet_audited_total").count()).isEqualTo(1);
    }
}
