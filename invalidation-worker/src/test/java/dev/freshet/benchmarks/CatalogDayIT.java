package dev.freshet.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.Story;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.dev.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code benchmarks/run day --catalog NAME} in some seconds. */
class CatalogDayIT {
    /** Slow enough for a machine that does other things too: what waits too long fails. */
    private static final int FASTER = 5;

    private static final JsonMapper JSON = new JsonMapper();

    static List<String> catalogs() {
        return CatalogReader.names();
    }

    /** Both with tokens; the first with sessions and a leaderboard, the other one with payments. */
    @ParameterizedTest
    @ValueSource(strings = {"initiative", "courses"})
    void eachTargetIsMeasuredAndNothingFailsOrIsLost(String name) throws Exception {
        var day = CatalogDay.of(name, Duration.ofSeconds(8), FASTER);
        try (var school = day.school(Stage.ofTests(name, 1, day.settings()))) {
            var ours = day.ours(school);
            assertThat(ours.failed()).isZero();
            assertThat(CatalogDay.lost(school, ours)).isZero();
            assertThat(ours.fresh.getTotalCount()).isPositive();
            assertThat(ours.reads.hitRate()).isBetween(0.01, 1.0);
            assertThat(day.verdicts(ours))
                    .isNotEmpty()
                    .allMatch(verdict -> verdict.isMet().isPresent());
        }
    }

    @Test
    void whatItIsComparedWithIsByItself() throws Exception {
        var day = CatalogDay.of("initiative", Duration.ofSeconds(8), FASTER);
        try (var school = day.school(Stage.ofTests("initiative", 1, day.settings()))) {
            var plain = day.plain(school);
            assertThat(plain.failed()).isZero();
            assertThat(plain.fresh.getTotalCount()).isPositive();
            assertThat(plain.reads.hitRate()).isBetween(0.01, 1.0);
            assertThat(school.number("select count(*) from freshet.outbox"))
                    .as("captured")
                    .isZero();
            assertThatThrownBy(() -> school.metric("freshet_jobs_total", "outcome"))
                    .as("no worker answers")
                    .isNotNull();
        }
    }

    /** Many of its runners have run as far as others. */
    @Test
    void whatItIsComparedWithHasTheSamePlacesOnALeaderboard() throws Exception {
        var day = CatalogDay.of("club", Duration.ofSeconds(8), FASTER);
        try (var school = day.school(Stage.ofTests("club", 1, day.settings()));
                var dashboard = day.dashboard(school)) {
            var read = school.read("leaderboard", "");
            var ours = JSON.readTree(school.get(read).body()).path("members").findValuesAsText("member");
            var plain = JSON.readTree(
                    school.get(dashboard.at(read.uri()), read.token()).body());
            assertThat(plain.findValuesAsText("user_id")).hasSize(10).isEqualTo(ours);
        }
    }

    @ParameterizedTest
    @MethodSource("catalogs")
    void whatADayDoesBySqlItsTablesTake(String name) throws Exception {
        var day = DayFile.read(name);
        var story = Story.read(name);
        try (var database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
                var connection = database.connection();
                var statement = connection.createStatement()) {
            for (var script : List.of(story.schema(), story.sample(), day.setup())) {
                statement.execute(script);
            }
            int change = 1_000;
            for (var writer : day.writers()) {
                var known = Map.of("change", Integer.toString(++change), "id", "day-" + change);
                statement.execute(DayFile.filled(writer.sql(), DayFile.drawn(writer.draw(), new Random(1), known)));
                assertThat(statement.getUpdateCount()).as(writer.sql()).isOne();
            }
        }
    }
}
