package dev.freshet.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.testing.EmbeddedRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/** What the image does while it is built, with the jars that are shipped. */
class RehearsalIT {
    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin");

    @TempDir
    private Path folder;

    @Test
    @EnabledForJreRange(min = JRE.JAVA_25, disabledReason = "caches of classes are made in one step from JDK 25 on")
    void aStartWithTheOptionsOfTheRehearsalFindsItsClassesLoaded() throws IOException, InterruptedException {
        run("bash", "rehearse", "target/app", folder.toString());
        assertThat(folder.resolve("classes.aot")).isNotEmptyFile();
        // as the image starts it, with a mode in which it ends where the cache cannot be used
        run(JAVA.resolve("java").toString(), "@" + folder.resolve("options"), "-XX:AOTMode=on", "-Xmx512m", "-version");
    }

    private void run(String... command) throws IOException, InterruptedException {
        var log = folder.resolve("log");
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        var environment = builder.environment();
        environment.put("PATH", JAVA + ":" + environment.get("PATH"));
        environment.put("INGEST_PORT", Integer.toString(EmbeddedRedis.freePort()));
        var process = builder.start();
        try {
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
