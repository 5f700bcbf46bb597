package dev.freshet.benchmarks.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** {@code benchmarks/run faults} in a minute: one fault of each of the main kinds. */
class FaultsIT {
    private static final List<String> MAIN = List.of(
            "worker-kill-claimed",
            "worker-kill-committed",
            "worker-kill-settling",
            "worker-stop",
            "queue-kill",
            "queue-failover",
            "queue-cut-answer",
            "cache-old-snapshot",
            "db-kill",
            "db-constraint",
            "capture-kill-enqueued",
            "capture-cut",
            "site-reset",
            "ingest-kill",
            "net-half-open");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path folder = Path.of("");

    @Test
    void nothingIsLostOrStaleOrAstrayWhateverBreaks() throws Exception {
        var kinds =
                Kinds.all().stream().filter(kind -> MAIN.contains(kind.name())).toList();
        var said = new ByteArrayOutputStream();
        var out = new PrintStream(said, true, StandardCharsets.UTF_8);
        var outcome = new Run(1, Kinds.plan(kinds, MAIN.size(), 1), 40, folder.resolve("logs"), out).play();
        assertThat(outcome.isGood()).as(said.toString(StandardCharsets.UTF_8)).isTrue();
        assertThat(outcome.kinds()).isEqualTo(MAIN.size());
    }
}
