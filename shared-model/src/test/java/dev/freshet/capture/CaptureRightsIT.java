package dev.freshet.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.freshet.capture.CaptureTriggers.Installed;
import dev.freshet.capture.CaptureTriggers.State;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.testing.TestServices;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the login that a worker has, which owns none of the tables. */
class CaptureRightsIT {
    private final URI adminUrl = TestServices.shared().newDatabase();
    private final URI workUrl = TestServices.shared().workUrl(adminUrl);

    @TempDir
    private Path folder;

    @Test
    void theRightOfTheHandbookIsNeededAndIsEnough() throws Exception {
        assumeThat(workUrl).isNotEqualTo(adminUrl);
        try (var admin = new Database(adminUrl, DatabaseOptions.DEFAULTS);
                var work = new Database(workUrl, DatabaseOptions.DEFAULTS)) {
            work.migrate();
            execute(admin, "create table runs (id int primary key, km int)");
            var triggers = triggers(work, "columns: [ km ], with: [ id ]");
            assertThatThrownBy(() -> triggers.install(false))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("permission denied for table runs");
            assertThat(triggers.show()).containsExactly(new Installed("runs", State.MISSING, false));

            TestServices.shared().letCaptureRuns(adminUrl);
            triggers.install(true);
            assertThat(triggers.show()).containsExactly(new Installed("runs", State.CURRENT, true));
            execute(admin, "insert into runs values (1, 5)");
            assertThat(captured(work)).containsExactly("null", "{\"id\": 1}");

            execute(admin, "alter table runs disable trigger all");
            assertThat(triggers.show()).containsExactly(new Installed("runs", State.DISABLED, true));
            var other = triggers(work, "with: [ km ]");
            other.install(false);
            execute(admin, "update runs set km = 6");
            assertThat(captured(work)).containsExactly("null", "{\"km\": 5}", "{\"km\": 6}");
            assertThat(other.remove()).isEqualTo(1);
        }
    }

    private CaptureTriggers triggers(Database database, String meaning) throws Exception {
        var file = Files.writeString(
                folder.resolve("catalog.yaml"),
                "application: club\nchanges: { runs: { %s, tags: [ runs ] } }\n".formatted(meaning));
        return new CaptureTriggers(CatalogReader.read(file.toString(), Map.of()), database);
    }

    /** Each value, as the worker takes it. */
    private static List<String> captured(Database database) throws SQLException {
        var values = new ArrayList<String>();
        new Outbox(database, "club").collect(rows -> {
            rows.forEach(row -> values.addAll(
                    row.rows().map(sets -> sets.stream().sorted().toList()).orElse(List.of("null"))));
            return rows;
        });
        return values;
    }

    private static void execute(Database database, String sql) throws SQLException {
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
