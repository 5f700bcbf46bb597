package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.Cached.Outcome;
import dev.freshet.queue.Claim;
import dev.freshet.worker.run.Warmer.Board;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A board of cohorts by how many members they have, and the events that say whose number changed. */
class ScoresIT {
    private static final Instant T1 = Instant.parse("2026-01-01T00:00:01Z");
    private static final Instant T2 = T1.plusSeconds(1);

    private final Club club = new Club();
    private final Worker worker = club.newWorker();

    @AfterEach
    void close() {
        club.close();
    }

    @Test
    void aMoveChangesTheScoresOfBothCohortsAndOfNoOther() {
        club.execute("insert into members values (1, 3), (2, 3), (3, 4), (9, 5)");
        assertThat(sizes()).isEqualTo("3=2 5=1 4=1");
        club.execute("insert into members values (8, 5), (7, 5)"); // of which nobody is told

        club.saved(1, 4, T1);
        worker.runOnce();

        assertThat(sizes()).isEqualTo("4=2 5=1 3=1");
        assertThat(club.sizes().outcome()).isEqualTo(Outcome.HIT);
        assertThat(club.status().count("applied")).isEqualTo(1);
        assertThat(club.number("select count(*) from freshet.left_behind where scores::text like '%sizes%'"))
                .isEqualTo(1);
    }

    @Test
    void aBatchMarksEachMemberOnce() {
        club.execute("insert into members values (1, 3)");
        sizes();
        for (int i = 0; i < 20; i++) {
            club.saved(10 + i, 3 + i % 2, T1);
        }
        worker.runOnce();
        var sets =
                club.cacheServer.await(club.cacheServer.session().commands().zcard(club.prefix + ":{c:0}:m:" + key()));
        assertThat(sets).as("the name of the marks, and two").isEqualTo(3);
        assertThat(sizes()).isEqualTo("3=11 4=10");
    }

    @Test
    void whatADeadWorkerLeftUnmarkedIsMarkedByTheNextOne() {
        club.execute("insert into members values (1, 3), (2, 3), (3, 4)");
        sizes();
        club.saved(1, 4, T1);
        var claim = (Claim) club.queue.claim(10, Club.LEASE);
        var batch = Batch.of(club.catalog, claim.jobs(), "dead", Instant.now());
        club.newApplier().apply(batch.changes());
        club.queue.unclaimAsSuspects(claim);
        assertThat(sizes()).as("committed, and not marked").isEqualTo("3=2 4=1");

        worker.runOnce();

        assertThat(sizes()).isEqualTo("4=2 3=1");
    }

    @Test
    void aBoardThatIsReadIsPatchedAheadOfItsReaders() {
        club.execute("insert into members values (1, 3)");
        sizes();
        var views = club.views();
        var metrics = new SimpleMeterRegistry();
        var warmer = new Warmer(club.cache, views, Clock.systemUTC(), metrics);
        club.saved(2, 3, T2);
        worker.runOnce();

        warmer.marked(List.of(new Board("sizes", Map.of()), new Board("nothing", Map.of())));
        warmer.runOnce();

        assertThat(metrics.counter("freshet_boards_patched_total").count()).isEqualTo(1);
        var read = club.sizes();
        assertThat(read.outcome()).isEqualTo(Outcome.HIT);
        assertThat(Club.text(read)).isEqualTo("3=2");
    }

    private String sizes() {
        return Club.text(club.sizes());
    }

    private String key() {
        return Objects.requireNonNull(club.catalog.views().get("sizes")).key(Map.of());
    }
}
