package dev.freshet.worker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FreshetTest {
    private static CommandRun run(String... arguments) {
        return CommandRun.of(Map.of(), arguments);
    }

    @Test
    void helpNamesEveryCommandAlsoThoseOfTheLauncher() {
        var help = run("--help");
        assertThat(help.code()).isZero();
        assertThat(help.out())
                .contains(
                        " dev ",
                        " demo ",
                        " dashboard ",
                        " ingest ",
                        " status ",
                        " dlq ",
                        " pause ",
                        " resume ",
                        " check ",
                        " cache ",
                        " audit ")
                .contains(" explain ", " send ", " completion ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "work",
                "serve",
                "dlq",
                "send",
                "check",
                "explain",
                "capture",
                "cache",
                "audit",
                "status",
                "pause",
                "resume",
                "completion",
                "dev"
            })
    void everyCommandKnowsHelp(String command) {
        var help = run(command, "--help");
        assertThat(help.code()).isZero();
        assertThat(help.out()).startsWith("Usage: freshet " + command);
        assertThat(help.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "demo"})
    void whatRunsASystemSaysHowToNameOne(String command) {
        assertThat(run(command, "--help").out())
                .contains("--catalog=NAME|FOLDER", "schema.sql", "sample.sql", "story.yaml")
                .containsIgnoringCase("ports");
    }

    @Test
    void helpExplainsACommand() {
        assertThat(run("help").out()).isEqualTo(run("--help").out());
        assertThat(run("help", "dlq", "replay").out()).startsWith("Usage: freshet dlq replay");
        assertThat(run("help", "chek"))
                .isEqualTo(new CommandRun(2, "", "there is no command chek; did you mean 'check'?\n"));
    }

    @Test
    void versionIsOneLine() {
        assertThat(run("--version").out()).matches("freshet \\S+\\R");
    }

    @Test
    void misuseIsOneLineAndEndsWithTwo() {
        var misused = run("stattus");
        assertThat(misused.code()).isEqualTo(2);
        assertThat(misused.err()).isEqualTo("there is no command stattus; did you mean 'status'?\n");
        assertThat(misused.out()).isEmpty();
        assertThat(run("weather").err()).isEqualTo("there is no command weather; 'freshet --help' says more\n");
        assertThat(run("check", "--jsn").err()).isEqualTo("there is no option --jsn; did you mean '--json'?\n");
    }

    @Test
    void replayWithoutIdsOrAllIsMisuse() {
        var misused = run("dlq", "replay", "--topic", "enrollment.created");
        assertThat(misused.code()).isEqualTo(2);
        assertThat(misused.err()).isEqualTo("name either ids or --all; 'freshet dlq replay --help' says more\n");
    }

    @Test
    void badSettingIsNamedAndEndsWithTwo() {
        var misused = CommandRun.of(Map.of("REDIS_URL", "http://localhost"), "status");
        assertThat(misused.code()).isEqualTo(2);
        assertThat(misused.err())
                .startsWith("REDIS_URL must be such as redis://")
                .hasLineCount(1);
    }

    @Test
    void redisThatIsAwayIsOneLineAndEndsWithOne() {
        var failed = CommandRun.of(Map.of("REDIS_URL", "redis://localhost:1"), "dlq", "list");
        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err())
                .startsWith("redis queue at localhost:1 is away")
                .hasLineCount(1);
    }

    @Test
    void completionIsAScriptForTheShell() {
        var script = run("completion");
        assertThat(script.code()).isZero();
        assertThat(script.out()).contains("complete -F _complete_freshet", "(dlq replay)");
    }
}
