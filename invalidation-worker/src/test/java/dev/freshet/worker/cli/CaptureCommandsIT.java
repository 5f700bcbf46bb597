package dev.freshet.worker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.testing.TestServices;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureCommandsIT {
    @TempDir
    private Path folder;

    @Test
    void triggersAreInstalledShownAndRemoved() throws Exception {
        var url = TestServices.shared().newDatabase();
        try (var database = new Database(url, DatabaseOptions.DEFAULTS)) {
            database.migrate();
            database.jdbi().useHandle(handle -> handle.execute("create table runs (id int)"));
        }
        assertThat(run(url, "capture", "show")).isEqualTo(shown(1, "missing  no        0        -"));
        assertThat(run(url, "check").out())
                .contains("catalog.yaml:2: warning: changes.runs: its triggers are missing; freshet capture install");
        var script = run(url, "capture", "install", "--print");
        assertThat(script.code()).isZero();
        assertThat(script.out()).contains("create or replace function freshet.capture_", "on public.runs");
        assertThat(run(url, "capture", "show").code()).isEqualTo(1);

        assertThat(run(url, "capture", "install")).isEqualTo(new CommandRun(0, "installed, tables changed: 1\n", ""));
        var shown = run(url, "capture", "show");
        assertThat(shown.code()).isZero();
        assertThat(shown.out()).matches("(?s).*runs   current  no        1        [0-9]+s\n");
        assertThat(run(url, "capture", "show", "--json").out())
                .contains(
                        "\"table\" : \"runs\"",
                        "\"state\" : \"current\"",
                        "\"notifies\" : false",
                        "\"waiting\" : 1",
                        "\"oldestSeconds\" : ");
        assertThat(run(url, "check").out()).doesNotContain("warning");
        assertThat(run(url, "capture", "install")).isEqualTo(new CommandRun(0, "installed, tables changed: 0\n", ""));

        var changed = new CommandRun(0, "installed, tables changed: 1\n", "");
        assertThat(run(url, "capture", "install", "--notify", "--print").out()).contains("perform pg_notify('freshet_");
        assertThat(run(url, "capture", "install", "--notify")).isEqualTo(changed);
        assertThat(run(url, "capture", "show").out()).matches("(?s).*runs   current  yes       1        [0-9]+s\n");
        assertThat(run(url, "capture", "install", "--notify"))
                .isEqualTo(new CommandRun(0, "installed, tables changed: 0\n", ""));
        assertThat(run(url, "capture", "install"))
                .as("who says nothing leaves it as it is")
                .isEqualTo(new CommandRun(0, "installed, tables changed: 0\n", ""));
        assertThat(run(url, "capture", "install", "--print").out()).doesNotContain("create");
        assertThat(run(url, "capture", "install", "--no-notify")).isEqualTo(changed);
        assertThat(run(url, "capture", "show").out()).contains("current  no ");
        assertThat(run(url, "capture", "remove")).isEqualTo(new CommandRun(0, "removed, tables: 1\n", ""));
        assertThat(run(url, "capture", "remove")).isEqualTo(new CommandRun(0, "nothing was captured\n", ""));
    }

    @Test
    void withoutTheTablesOfAWorkerItSaysWhatIsMissing() throws Exception {
        assertThat(run(TestServices.shared().newDatabase(), "capture", "show"))
                .isEqualTo(new CommandRun(
                        1, "", "the database has no outbox yet; the first 'freshet work' of this version makes it\n"));
    }

    private static CommandRun shown(int code, String row) {
        return new CommandRun(code, "TABLE  STATE    NOTIFIES  WAITING  OLDEST\nruns   " + row + "\n", "");
    }

    private CommandRun run(URI url, String... arguments) throws Exception {
        var file = Files.writeString(
                folder.resolve("catalog.yaml"), "application: club\nchanges: { runs: { tags: [ runs ] } }\n");
        return CommandRun.of(Map.of("DATABASE_URL", url.toString(), "CATALOG", file.toString()), arguments);
    }
}
