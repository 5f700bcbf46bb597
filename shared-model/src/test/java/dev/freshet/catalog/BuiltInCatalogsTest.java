package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.testing.Project;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The catalogs that come with Freshet are data: their folders and the index say what there is, and no code does. */
class BuiltInCatalogsTest {
    private static final List<String> MODULES = List.of("shared-model", "webhook-ingest", "invalidation-worker");

    @Test
    void theIndexNamesEveryFolder() throws IOException {
        try (var folders = Files.list(Project.path("shared-model/src/main/resources/catalogs"))) {
            assertThat(CatalogReader.names())
                    .containsExactlyInAnyOrderElementsOf(folders.filter(Files::isDirectory)
                            .map(folder -> folder.getFileName().toString())
                            .toList());
        }
    }

    @Test
    void noCodeKnowsOneByName() throws IOException {
        var names = String.join("|", CatalogReader.names());
        var known = Pattern.compile("\"(" + names + ")[\"/]|catalogs/(" + names + ")\\b");
        for (var module : MODULES) {
            try (var files = Files.walk(Project.path(module + "/src/main/java"))) {
                assertThat(files.filter(Files::isRegularFile).flatMap(file -> lines(file, known)))
                        .isEmpty();
            }
        }
    }

    private static Stream<String> lines(Path file, Pattern wanted) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> wanted.matcher(line).find())
                    .map(line -> file.getFileName() + ": " + line.strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
