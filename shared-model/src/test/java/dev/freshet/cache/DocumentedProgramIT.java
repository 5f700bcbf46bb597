package dev.freshet.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.testing.Project;
import dev.freshet.testing.TestServices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program in docs/cache.md, compiled and run by Java as it stands there. */
class DocumentedProgramIT {
    private static final Pattern PROGRAM = Pattern.compile("```java\\R(import .*?)```", Pattern.DOTALL);

    @Test
    void compilesAndPrintsWhatItSays(@TempDir Path folder) throws IOException, InterruptedException {
        var program = PROGRAM.matcher(Files.readString(Project.path("docs/cache.md")));
        assertThat(program.find()).isTrue();
        var source = Files.writeString(folder.resolve("Example.java"), program.group(1));
        var output = folder.resolve("output").toFile();
        var java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), source.toString())
                .redirectOutput(output)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        java.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        java.environment().put("REDIS_URL", TestServices.shared().cacheUrl().toString());
        java.environment().put("REDIS_KEY_PREFIX", TestServices.shared().newPrefix());
        var process = java.start();
        try {
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(output).content().isEqualToNormalizingNewlines("""
                Course[id=7, title=Rowing]
                Optional[Course[id=7, title=Rowing II]]
                Optional.empty
                """);
    }
}
