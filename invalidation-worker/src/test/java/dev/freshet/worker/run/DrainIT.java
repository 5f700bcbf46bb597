package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DrainIT {
    private static final Instant T1 = Instant.parse("2026-01-01T00:00:01Z");
    /** What ending takes beside the drain, on a busy machine. */
    private static final Duration REST = Duration.ofSeconds(8);

    private final Club club = new Club();

    @AfterEach
    void close() {
        club.close();
    }

    @Test
    void aWorkerThatIsToldToStopFinishesWhatItClaimedAndLeavesTheRest() {
        int jobs = 200;
        var environment = club.environment();
        environment.put("WORKER_BATCH", "5");
        environment.put("WORKER_LANES", "2");
        environment.put("WORKER_DRAIN", "10s");
        environment.put("LOG_LEVEL", "INFO");
        try (var gate = club.gate("new.id >= 20");
                var worker = WorkerJvm.start(environment)) {
            club.queue.pause("so that batches are full");
            for (int member = 0; member < jobs; member++) {
                club.saved(member, 3, T1);
            }
            club.queue.resume();
            await().until(() -> gate.waiting().size() == 2);
            worker.terminate();
            await().until(() -> worker.output().contains("draining claims=2"));
            gate.open();

            assertThat(worker.awaitEnd(Duration.ofSeconds(10).plus(REST))).isZero();
        }
        var status = club.status();
        assertThat(club.members())
                .as("four batches, and the two that were open")
                .hasSize(30);
        assertThat(status.count("done")).isEqualTo(30);
        assertThat(status.ready()).isEqualTo(jobs - 30);
        assertNothingIsHeldOrLost();
        assertThat(status.suspect()).isZero();
        assertThat(club.queue.workers()).as("it said goodbye").isEmpty();
    }

    @Test
    void whatCannotEndInTimeIsGivenBackAndDoneByTheNext() {
        int jobs = 20;
        var environment = club.environment();
        environment.put("WORKER_DRAIN", "500ms");
        try (var gate = club.gate("new.id = 7");
                var worker = WorkerJvm.start(environment)) {
            for (int member = 0; member < jobs; member++) {
                club.saved(member, 3, T1);
            }
            await().until(() -> gate.waiting().size() == 1);
            worker.terminate();

            assertThat(worker.awaitEnd(REST)).isZero();
            assertNothingIsHeldOrLost();
            assertThat(club.status().inFlight()).isPositive();
        }
        var next = club.newWorker();
        await().until(() -> next.runOnce() == 0);
        assertThat(club.members()).hasSize(jobs);
        assertThat(club.status().count("done")).isEqualTo(jobs);
        assertNothingIsHeldOrLost();
    }

    private void assertNothingIsHeldOrLost() {
        var status = club.status();
        assertThat(status.claimed()).isZero();
        assertThat(status.retry()).isZero();
        assertThat(status.dead()).isZero();
        assertThat(status.missing()).isZero();
        assertThat(club.crashes()).isZero();
    }
}
