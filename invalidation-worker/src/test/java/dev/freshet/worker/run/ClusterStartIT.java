package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedCluster;
import dev.freshet.worker.WorkerProcess;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A worker whose queue, and what front ends are owed, lie on a cluster. */
class ClusterStartIT {
    private static final Instant T1 = Instant.parse("2026-01-01T00:00:01Z");
    private static final int JOBS = 60;

    private final Club club = new Club(EmbeddedCluster.shared().url());

    @AfterEach
    void close() {
        club.close();
    }

    @Test
    void itWorksOffAllPartitionsAndOwesTheFrontEnds() {
        assertThat(club.queue.partitions()).isEqualTo(6);
        for (int member = 0; member < JOBS; member++) {
            club.saved(member, member % 3, T1);
        }
        assertThat(club.queue.statuses())
                .allSatisfy(one -> assertThat(one.ready()).isPositive());
        club.cache(1);
        try (var worker = WorkerProcess.start(new Settings(club.environment()))) {
            assertThat(worker.port()).isPositive();
            await().atMost(Duration.ofSeconds(60)).until(() -> club.status().count("done") == JOBS);
            assertThat(club.queue.workers()).hasSize(1);
            club.saved(JOBS, 1, T1); // to a worker that waits in all of them
            await().atMost(Duration.ofSeconds(60)).until(() -> club.status().count("done") == JOBS + 1);
            assertThat(club.owed.status())
                    .isNotEmpty()
                    .allSatisfy(instance -> assertThat(instance.owed()).isPositive());
        }
        assertThat(club.members()).hasSize(JOBS + 1);
        assertThat(club.isCached(1)).isFalse();
        assertThat(club.queue.workers()).isEmpty();
    }
}
