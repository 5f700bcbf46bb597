package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.queue.Claim;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PoisonIT {
    private static final Instant T1 = Instant.parse("2026-01-01T00:00:01Z");
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int JOBS = 10;
    private static final int POISON = 5;

    private final Club club = new Club();

    @AfterEach
    void close() {
        club.close();
    }

    /** Whoever takes the poison in hand is killed: as a job does that fills the memory of its process. */
    @Test
    void aJobThatKillsItsWorkerAgainAndAgainIsBuriedAndItsNeighboursFinish() {
        var environment = club.environment();
        environment.put("REDIS_TIMEOUT", "30s"); // four processes start one after the other
        int deaths = 0;
        try (var gate = club.gate("new.id = " + POISON)) {
            for (int member = 1; member <= JOBS; member++) {
                club.saved(member, 3, T1);
            }
            while (club.status().dead() == 0) {
                try (var worker = WorkerJvm.start(environment)) {
                    await().atMost(LONG)
                            .until(() ->
                                    !gate.waiting().isEmpty() || club.status().dead() > 0);
                    if (!gate.waiting().isEmpty()) {
                        int orphan = gate.waiting().getFirst();
                        deaths++;
                        worker.kill();
                        await().atMost(LONG).until(() -> !gate.lives(orphan));
                    }
                }
                assertThat(deaths).as("one death in company, two alone").isLessThanOrEqualTo(3);
            }
        }
        assertThat(deaths).isEqualTo(3);
        try (var survivor = WorkerJvm.start(environment)) {
            await().atMost(LONG).until(() -> club.status().count("done") == JOBS - 1);
            assertThat(survivor.health().status()).isEqualTo(200);
        }
        assertThat(club.members()).hasSize(JOBS - 1).doesNotContainKey((long) POISON);
        var letter = club.dead().getFirst();
        assertThat(letter.last().step()).isEqualTo("crash");
        assertThat(letter.last().error()).isEqualTo("3 claims died while they held this job");
        var status = club.status();
        assertThat(status.dead()).isEqualTo(1);
        assertThat(status.inFlight()).isZero();
        assertThat(status.missing()).isZero();
        assertThat(club.crashes()).isZero();
    }

    /** Else what dies with the poison, in another lane of its worker, would be taken for poison too. */
    @Test
    void aSuspectHasItsWorkerToItself() {
        try (var gate = club.gate("new.id = 1");
                var worker = club.newWorker()) {
            club.saved(1, 3, T1);
            club.saved(2, 3, T1);
            assertThat(club.queue.claim(2, Club.LEASE))
                    .isInstanceOfSatisfying(
                            Claim.class,
                            claim -> assertThat(club.queue.unclaimAsSuspects(claim))
                                    .isTrue());
            worker.start();
            await().until(() -> !gate.waiting().isEmpty());
            await().during(Duration.ofSeconds(1)).until(() -> club.status().suspect() == 1);
            gate.open();
            await().until(() -> club.status().count("done") == 2);
        }
    }
}
