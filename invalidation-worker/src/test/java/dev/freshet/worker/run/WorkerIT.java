package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.freshet.db.Delivery;
import dev.freshet.db.Delivery.State;
import dev.freshet.model.Attempt;
import dev.freshet.queue.Claim;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkerIT {
    private static final Instant T1 = Instant.parse("2026-01-01T00:00:01Z");
    private static final Instant T2 = T1.plusSeconds(1);
    private static final Instant T3 = T1.plusSeconds(2);

    private final Club club = new Club();
    private final Worker worker = club.newWorker();

    @AfterEach
    void close() {
        club.close();
    }

    @Test
    void aMoveLeavesBothCohortsFreshAndNoOther() {
        club.saved(1, 3, T1);
        worker.runOnce();
        club.cache(3);
        club.cache(4);
        club.cache(5);

        club.saved(1, 4, T2);
        worker.runOnce();

        assertThat(club.members()).isEqualTo(Map.of(1L, 4));
        assertThat(club.isCached(3)).isFalse();
        assertThat(club.isCached(4)).isFalse();
        assertThat(club.isCached(5)).isTrue();
        assertThat(club.status().count("applied")).isEqualTo(2);
        assertThat(club.status().missing()).isZero();
    }

    @Test
    void anOldEventAfterADeleteBringsNothingBackButIsInvalidated() {
        club.saved(1, 3, T1);
        club.deleted(1, T3);
        worker.runOnce();
        club.saved(1, 3, T2);
        worker.runOnce();

        assertThat(club.members()).isEmpty();
        assertThat(club.status().count("overtaken")).isEqualTo(1);
        assertThat(club.status().count("done")).isEqualTo(3);
    }

    @Test
    void eventsOfOneIdentityInOneBatchApplyInTheOrderOfTheirVersions() {
        club.saved(1, 5, T3);
        club.saved(1, 3, T1);
        club.deleted(1, T2);
        assertThat(worker.runOnce()).isEqualTo(3);

        assertThat(club.members()).isEqualTo(Map.of(1L, 5));
        assertThat(club.status().count("applied")).isEqualTo(3);
    }

    @Test
    void aRowThatPostgresRefusesFailsAlone() {
        for (int i = 0; i < 40; i++) {
            club.deliver("member.saved", i, i == 17 ? "\"three\"" : "3", T1);
        }
        worker.runOnce();

        assertThat(club.members()).hasSize(39);
        assertThat(club.status().count("done")).isEqualTo(39);
        assertThat(club.dead()).singleElement().satisfies(letter -> {
            assertThat(letter.job().attempts()).singleElement().satisfies(attempt -> {
                assertThat(attempt.step()).isEqualTo("apply");
                assertThat(attempt.worker()).isEqualTo("w0");
                assertThat(attempt.error())
                        .isEqualTo("PSQLException: 22P02 invalid input syntax for type integer: \"three\"");
            });
        });
        assertThat(club.status().missing()).isZero();
    }

    @Test
    void aBatchFullOfRefusedRowsStillAppliesTheOthers() {
        for (int i = 0; i < 60; i++) {
            club.deliver("member.saved", i, i % 2 == 0 ? "99999999999" : "3", T1);
        }
        worker.runOnce();

        assertThat(club.members()).hasSize(30);
        assertThat(club.status().dead()).isEqualTo(30);
        assertThat(club.status().count("done")).isEqualTo(30);
        assertThat(club.status().missing()).isZero();
    }

    @Test
    void aTopicThatTheCatalogDoesNotNameIsDoneAsIgnored() {
        club.enqueue("coupon.created", "{}");
        worker.runOnce();

        assertThat(club.status().count("ignored")).isEqualTo(1);
        assertThat(club.status().count("done")).isEqualTo(1);
        assertThat(club.status().dead()).isZero();
    }

    @Test
    void aBodyThatCannotBeUnderstoodIsBuriedWithTheReason() {
        club.enqueue("member.saved", "{\"created_at\":\"2026-01-01T00:00:00Z\",\"payload\":{\"cohort\":3}}");
        worker.runOnce();

        assertThat(club.dead())
                .singleElement()
                .satisfies(letter -> assertThat(letter.job().attempts())
                        .extracting(Attempt::step, Attempt::error)
                        .containsExactly(tuple("decode", "member.saved: /payload/id is missing")));
    }

    @Test
    void whatFrontEndsOweIsRecordedBeforeTheJobIsDone() {
        club.saved(1, 3, T1);
        worker.runOnce();
        assertThat(club.owed()).as("members, cohort:3, /cohort/3").isEqualTo(3);
    }

    @Test
    void aWorkerThatDiedAfterItsCommitLeavesTheOldCohortToTheNextOne() {
        club.saved(1, 3, T1);
        worker.runOnce();
        club.cache(3);
        club.cache(4);

        club.saved(1, 4, T2);
        var claim = (Claim) club.queue.claim(500, Club.LEASE);
        var changes = Batch.of(club.catalog, claim.jobs(), "dead", T3).changes();
        club.newApplier().apply(changes); // committed, and then killed
        assertThat(club.isCached(3)).as("nobody could invalidate it yet").isTrue();

        await().until(() -> !club.queue.tick(1).expired().isEmpty());
        club.queue.tick(1).expired().forEach(expired -> club.queue.reap(expired, job -> {}));
        assertThat(worker.runOnce()).isEqualTo(1);

        assertThat(club.isCached(3)).isFalse();
        assertThat(club.isCached(4)).isFalse();
        assertThat(club.members()).isEqualTo(Map.of(1L, 4));
        assertThat(club.status().missing()).isZero();
    }

    @Test
    void everyDeliveryHasARowThatSaysWhatBecameOfIt() {
        club.saved(1, 3, T2);
        club.saved(1, 4, T1);
        club.enqueue("coupon.created", "{}");
        club.enqueue("member.saved", "{\"created_at\":\"2026-01-01T00:00:00Z\",\"payload\":{\"cohort\":3}}");
        club.deliver("member.saved", 2, "\"three\"", T1);
        var before = Instant.now();
        worker.runOnce();
        club.saved(1, 4, T1);
        worker.runOnce();

        assertThat(club.ledger())
                .extracting(Delivery::state, Delivery::outcome, Delivery::attempts)
                .containsExactlyInAnyOrder(
                        tuple(State.DONE, "applied", 1),
                        tuple(State.DONE, "applied", 1),
                        tuple(State.DONE, "overtaken", 1),
                        tuple(State.DONE, "ignored", 1),
                        tuple(State.DEAD, "member.saved: /payload/id is missing", 1),
                        tuple(State.DEAD, "PSQLException: 22P02 invalid input syntax for type integer: \"three\"", 1));
        assertThat(club.ledger()).allSatisfy(row -> {
            assertThat(row.site()).isEqualTo("main");
            assertThat(row.received()).isBefore(Instant.now());
            assertThat(row.fresh().isPresent()).isEqualTo(row.state() == State.DONE);
            assertThat(row.applied().isPresent()).isEqualTo(row.outcome().equals("applied"));
            row.applied()
                    .ifPresent(at -> assertThat(at)
                            .isBetween(before.minusMillis(1), row.fresh().orElseThrow()));
        });
    }

    @Test
    void aFailureThatMayPassIsInTheLedgerUntilItIsDone() {
        club.execute("""
                create table busy (); create function busy() returns trigger language plpgsql as $$
                begin raise exception 'not now' using errcode = '55P03'; end $$;
                create trigger busy before insert on members for each row execute function busy()""");
        club.saved(1, 3, T1);
        worker.runOnce();
        assertThat(club.ledger()).singleElement().satisfies(row -> {
            assertThat(row.state()).isEqualTo(State.RETRY);
            assertThat(row.outcome()).isEqualTo("PSQLException: 55P03 not now");
            assertThat(row.attempts()).isEqualTo(1);
        });

        club.execute("drop trigger busy on members");
        await().until(() -> club.queue.tick(10).retries() == 1);
        worker.runOnce();
        assertThat(club.ledger()).singleElement().satisfies(row -> {
            assertThat(row.state()).isEqualTo(State.DONE);
            assertThat(row.outcome()).isEqualTo("applied");
            assertThat(row.attempts()).isEqualTo(2);
        });
    }

    @Test
    void whatIsDoneAgainKeepsItsFirstRow() {
        club.saved(1, 3, T1);
        var claim = (Claim) club.queue.claim(500, Club.LEASE);
        var first = Batch.of(club.catalog, claim.jobs(), "dead", T3);
        club.newApplier().apply(first.changes());
        var page = club.newLedger().newPage();
        page.done(claim.jobs(), "applied", Optional.of(T2), T3);
        page.write(); // and then killed, before it could settle
        var row = club.ledger();

        await().until(() -> !club.queue.tick(1).expired().isEmpty());
        club.queue.tick(1).expired().forEach(expired -> club.queue.reap(expired, job -> {}));
        assertThat(worker.runOnce()).isEqualTo(1);

        assertThat(club.ledger()).isEqualTo(row);
        assertThat(club.status().count("done")).isEqualTo(1);
        assertThat(club.status().missing()).isZero();
    }

    @Test
    void aLedgerThatRefusesDoesNotHoldUpTheWork() {
        club.execute("drop table freshet.deliveries");
        club.saved(1, 3, T1);
        worker.runOnce();
        assertThat(club.members()).isEqualTo(Map.of(1L, 3));
        assertThat(club.status().count("done")).isEqualTo(1);
    }
}
