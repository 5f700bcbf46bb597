package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.TestServices;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KilledWorkerIT {
    private static final Instant T1 = Instant.parse("2026-01-01T00:00:01Z");
    private static final int JOBS = 300;

    private final Club club = new Club();

    @AfterEach
    void close() {
        club.close();
    }

    @Test
    void theNextWorkerFinishesABatchThatAWorkerWasKilledIn() {
        for (int cohort = 0; cohort < 3; cohort++) {
            club.cache(cohort);
        }
        try (var gate = club.gate("new.id = 150")) {
            for (int member = 0; member < JOBS; member++) {
                club.saved(member, member % 3, T1);
            }
            try (var killed = WorkerJvm.start(club.environment())) {
                await().until(() -> gate.waiting().size() == 1);
                int orphan = gate.waiting().getFirst();
                try (var next = WorkerJvm.start(club.environment())) {
                    killed.kill();
                    await().until(() -> !gate.lives(orphan));
                    assertThat(club.members())
                            .as("nothing of the batch is half done")
                            .isEmpty();
                    assertThat(club.status().claimed()).isEqualTo(JOBS);

                    gate.open();
                    await().until(() -> club.status().count("done") == JOBS);
                    assertThat(next.health().status()).isEqualTo(200);
                }
            }
        }
        assertThat(club.members()).hasSize(JOBS);
        for (int cohort = 0; cohort < 3; cohort++) {
            assertThat(club.isCached(cohort)).isFalse();
        }
        assertNothingIsLeft();
    }

    @Test
    void theNextWorkerInvalidatesWhatAWorkerKilledAfterItsCommitCouldNot() {
        var redis = TestServices.shared().cacheUrl();
        try (var toTheCache = CuttingProxy.before(redis)) {
            var environment = club.environment();
            environment.put("REDIS_CACHE_URL", toTheCache.url().toString());
            try (var killed = WorkerJvm.start(environment)) {
                club.saved(1, 3, T1);
                await().until(() -> club.status().count("done") == 1);
                club.cache(3);
                club.cache(4);

                toTheCache.freeze();
                club.saved(1, 4, T1.plusSeconds(1));
                await().until(() -> club.members().equals(Map.of(1L, 4)));
                try (var next = WorkerJvm.start(club.environment())) {
                    assertThat(club.isCached(3))
                            .as("nobody could invalidate it yet")
                            .isTrue();
                    killed.kill();
                    await().until(() -> club.status().count("done") == 2);
                    assertThat(next.health().status()).isEqualTo(200);
                }
            }
        }
        assertThat(club.isCached(3)).isFalse();
        assertThat(club.isCached(4)).isFalse();
        assertNothingIsLeft();
    }

    private void assertNothingIsLeft() {
        var status = club.status();
        assertThat(status.inFlight()).isZero();
        assertThat(status.dead()).isZero();
        assertThat(status.missing()).isZero();
        assertThat(status.count("done")).isEqualTo(status.count("accepted"));
        assertThat(club.crashes()).isZero();
    }
}
