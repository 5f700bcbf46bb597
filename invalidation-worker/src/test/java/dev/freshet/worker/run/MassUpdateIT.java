package dev.freshet.worker.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.capture.CaptureTriggers;
import dev.freshet.capture.Outbox;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One statement changes very many rows: what that costs is bounded, and afterwards no value is old. */
class MassUpdateIT {
    private static final int ROWS = 100_000;
    private static final int COHORTS = 1_000;

    private final Club club = new Club();
    private final Collector collector = new Collector(
            new Outbox(club.database, club.catalog.application()),
            club.queue,
            club.queueServer,
            new SimpleMeterRegistry());
    private final Worker worker = club.newWorker();

    @BeforeEach
    void install() throws SQLException {
        club.execute("insert into members select n, n %% %d from generate_series(1, %d) n".formatted(COHORTS, ROWS));
        club.execute("create index on members (cohort_id)");
        new CaptureTriggers(club.catalog, club.admin).install(false);
        club.execute("delete from freshet.outbox");
        assertThat(values()).hasSize(COHORTS).doesNotContain("[]");
    }

    @AfterEach
    void close() {
        club.close();
    }

    @Test
    void rowsOfFewDifferentValuesAreOneRowOfTheOutbox() {
        club.execute("update members set cohort_id = 7");
        assertThat(outbox()).isEqualTo(1);
        assertThat(work()).isLessThanOrEqualTo(2);
        assertThat(values())
                .hasSize(COHORTS)
                .filteredOn(value -> !value.equals("[]"))
                .hasSize(1);
    }

    @Test
    void rowsOfAsManyDifferentValuesAreAThousandthOfThem() {
        club.execute("alter table members disable trigger all");
        club.execute("update members set cohort_id = 7"); // nothing tells of it
        club.execute("insert into teams select n from generate_series(0, %d) n".formatted(ROWS - 1));
        assertThat(outbox()).isLessThanOrEqualTo(ROWS / 1_000);
        assertThat(work()).isLessThanOrEqualTo(ROWS / 500);
        assertThat(values())
                .hasSize(COHORTS)
                .filteredOn(value -> !value.equals("[]"))
                .hasSize(1);
    }

    private long outbox() {
        return club.number("select count(*) from freshet.outbox");
    }

    /** @return how many jobs there were */
    private long work() {
        long rows = outbox();
        assertThat(collector.runOnce()).isEqualTo((int) rows);
        assertThat(outbox()).isZero();
        long jobs = 0;
        for (int done = worker.runOnce(); done > 0; done = worker.runOnce()) {
            jobs += done;
        }
        assertThat(club.status().count("done")).isEqualTo(jobs);
        assertThat(club.status().inFlight()).isZero();
        return jobs;
    }

    /** Of all cohorts, as readers get them. */
    private List<String> values() {
        return IntStream.range(0, COHORTS)
                .mapToObj(cohort -> new String(club.read(cohort), UTF_8))
                .toList();
    }
}
