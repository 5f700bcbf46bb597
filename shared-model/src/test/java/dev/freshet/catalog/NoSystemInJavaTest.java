package dev.freshet.catalog;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.testing.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a system is stands in its catalog; the code knows the name of none. */
class NoSystemInJavaTest {
    private static final List<String> MODULES = List.of("shared-model", "webhook-ingest", "invalidation-worker");

    @Test
    void noLineOfTheCodeKnowsASystemsName() throws IOException {
        var names = CatalogReader.names().stream().map(Pattern::quote).collect(joining("|"));
        var literal = Pattern.compile("\"(/?catalogs/)?(" + names + ")[/\"]");
        var lines = new ArrayList<String>();
        int files = 0;
        for (var module : MODULES) {
            var sources = Project.path(module + "/src/main/java");
            try (var all = Files.walk(sources)) {
                for (var file :
                        all.filter(path -> path.toString().endsWith(".java")).toList()) {
                    files++;
                    Files.readAllLines(file).stream()
                            .filter(line -> literal.matcher(line).find())
                            .forEach(line -> lines.add(name(sources, file) + ": " + line.strip()));
                }
            }
        }
        assertThat(files).isGreaterThan(100);
        assertThat(lines).isEmpty();
    }

    private static String name(Path sources, Path file) {
        return sources.relativize(file).toString();
    }
}
