package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Job;
import dev.freshet.queue.Claim;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LongOutageIT {
    private static final Instant T1 = Instant.parse("2026-01-01T00:00:01Z");
    private static final int JOBS = 100;

    private final TestClock clock = new TestClock();
    private final Club club = new Club();

    @AfterEach
    void close() {
        club.close();
    }

    /** The worst kind: what was the primary answers every probe, and refuses every batch. */
    @Test
    void anHourOfAnOutageCountsNoAttemptAndKeepsTheOrder() {
        for (int member = 0; member < JOBS; member++) {
            club.saved(member, 3, T1);
        }
        var before = waiting();
        var demoted =
                URI.create(club.environment().get("DATABASE_URL") + "?options=-c%20default_transaction_read_only%3Don");
        try (var database = new Database(demoted, DatabaseOptions.DEFAULTS)) {
            var dependencies = new Dependencies(database, club.cacheServer, club.queueServer, clock);
            var worker = club.newWorker(database, dependencies, clock);
            int tries = 0;
            for (var end = clock.instant().plus(Duration.ofHours(1));
                    clock.instant().isBefore(end);
                    tries++) {
                dependencies.probe();
                assertThat(dependencies.away())
                        .as("asked again within a second")
                        .isEmpty();
                assertThat(worker.runOnce()).isEqualTo(JOBS);
                assertThat(dependencies.away()).contains("postgresql");
                clock.move(Duration.ofSeconds(10));
            }
            assertThat(tries).isEqualTo(360);
        }
        assertThat(waiting()).isEqualTo(before).allMatch(job -> job.attempts().isEmpty());
        var status = club.status();
        assertThat(status.ready()).isEqualTo(JOBS);
        assertThat(status.inFlight()).isEqualTo(JOBS);
        assertThat(status.dead()).isZero();
        assertThat(club.crashes()).isZero();

        assertThat(club.newWorker().runOnce()).isEqualTo(JOBS);
        assertThat(club.status().count("done")).isEqualTo(JOBS);
        assertThat(club.members()).hasSize(JOBS);
    }

    /** All jobs in the order in which workers get them; they stay where they are. */
    private List<Job> waiting() {
        var claim = (Claim) club.queue.claim(500, Duration.ofMinutes(1));
        var jobs = claim.jobs();
        club.queue.unclaim(claim);
        return jobs;
    }
}
