package dev.freshet.worker.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.QueueOptions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Dead letters that come back, through a worker, the database and the cache. */
class ReplayIT {
    private static final Instant T1 = Instant.parse("2026-01-01T00:00:01Z");
    private static final Instant T2 = T1.plusSeconds(1);

    private final Club club = new Club();
    private final Worker worker = club.newWorker();
    private final DeadLetters letters = new DeadLetters(club.queueServer, QueueOptions.defaults(club.prefix));

    @AfterEach
    void close() {
        club.close();
    }

    @Test
    void anOldReplayRestoresNeitherRowsNorValues() {
        forbidCohort3();
        club.saved(1, 3, T1);
        worker.runOnce();
        assertThat(club.dead()).hasSize(1);
        club.saved(1, 4, T2);
        worker.runOnce();
        allowCohort3();
        assertThat(read(3)).isEqualTo("[]");
        assertThat(read(4)).contains("1");

        assertThat(letters.replayAll(DeadFilter.all(), 100)).isEqualTo(1);
        club.queue.tick(10);
        assertThat(worker.runOnce()).isEqualTo(1);

        assertThat(club.members()).isEqualTo(Map.of(1L, 4));
        assertThat(read(3)).isEqualTo("[]");
        assertThat(read(4)).contains("1");
        assertThat(club.status().count("overtaken")).isEqualTo(1);
        assertThat(club.status().missing()).isZero();
    }

    @Test
    void aReplayMakesFreshWhatItsDeathLeftOld() {
        forbidCohort3();
        club.saved(1, 3, T1);
        worker.runOnce();
        assertThat(read(3)).isEqualTo("[]");
        allowCohort3();

        letters.replayAll(DeadFilter.all(), 100);
        club.queue.tick(10);
        worker.runOnce();
        assertThat(club.members()).isEqualTo(Map.of(1L, 3));
        assertThat(read(3)).contains("1");
    }

    @Test
    void theSameLetterMayBeReplayedTwiceAndMayDieAgain() {
        forbidCohort3();
        club.saved(1, 3, T1);
        worker.runOnce();
        var id = club.dead().getFirst().job().id();

        assertThat(letters.replay(List.of(id), 100)).isEqualTo(1);
        assertThat(letters.replay(List.of(id), 100)).as("it is on its way").isZero();
        club.queue.tick(10);
        worker.runOnce();
        assertThat(club.dead()).singleElement().satisfies(letter -> {
            assertThat(letter.job().id()).isEqualTo(id);
            assertThat(letter.job().attempts()).as("a try, a replay, a try").hasSize(3);
        });
        assertThat(club.status().missing()).isZero();

        allowCohort3();
        assertThat(letters.replay(List.of(id), 100)).isEqualTo(1);
        club.queue.tick(10);
        worker.runOnce();
        assertThat(letters.replay(List.of(id), 100)).as("it is done").isZero();
        assertThat(club.members()).isEqualTo(Map.of(1L, 3));
        assertThat(club.status().count("done")).isEqualTo(1);
        assertThat(club.status().dead()).isZero();
        assertThat(club.status().missing()).isZero();
    }

    @Test
    void manyReplaysHoldUpNoLiveTraffic() {
        forbidCohort3();
        for (int member = 0; member < 60; member++) {
            club.saved(member, 3, T1);
        }
        while (club.status().dead() < 60) {
            worker.runOnce();
        }
        allowCohort3();
        assertThat(letters.replayAll(DeadFilter.all(), 10)).isEqualTo(60);

        club.saved(100, 5, T1);
        assertThat(club.queue.tick(500).replays()).isEqualTo(10);
        worker.runOnce();
        assertThat(club.members()).as("the live one was not behind them").containsEntry(100L, 5);
        assertThat(club.status().replay()).isEqualTo(50);
        assertThat(club.status().missing()).isZero();
    }

    private String read(int cohort) {
        return new String(club.read(cohort), UTF_8);
    }

    private void forbidCohort3() {
        club.execute("alter table members add constraint none_in_3 check (cohort_id <> 3)");
    }

    private void allowCohort3() {
        club.execute("alter table members drop constraint none_in_3");
    }
}
