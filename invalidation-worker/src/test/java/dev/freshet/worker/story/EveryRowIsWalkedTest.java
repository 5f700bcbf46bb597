package dev.freshet.worker.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.testing.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a system's page says is there has a test that walks it, and no test walks what the page does not have. */
class EveryRowIsWalkedTest {
    private static final Map<String, Class<?>> STORIES = Map.of(
            "scorm", ScormStoryIT.class,
            "initiative", InitiativeStoryIT.class,
            "courses", CoursesStoryIT.class,
            "club", ClubStoryIT.class);
    private static final String HEAD = "| there | here |";

    static Stream<String> systems() {
        return STORIES.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("systems")
    void everyRowOfThePageIsWalked(String system) throws IOException {
        var walked = Arrays.stream(STORIES.getOrDefault(system, Object.class).getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .map(method -> method.getAnnotation(Row.class))
                .filter(row -> row != null)
                .flatMap(row -> Arrays.stream(row.value()))
                .toList();
        assertThat(walked).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(rows(system));
    }

    /** The first column of the page's first table. */
    private static List<String> rows(String system) throws IOException {
        var rows = Files.readAllLines(Project.path("docs/" + system + ".md")).stream()
                .dropWhile(line -> !line.equals(HEAD))
                .skip(2)
                .takeWhile(line -> line.startsWith("| "))
                .map(line -> line.substring(2, line.indexOf(" |")))
                .toList();
        assertThat(rows).as("rows of docs/%s.md under %s", system, HEAD).isNotEmpty();
        return rows;
    }
}
