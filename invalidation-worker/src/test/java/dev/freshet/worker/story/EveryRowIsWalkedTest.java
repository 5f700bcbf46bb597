package dev.freshet.worker.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.testing.Project;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a system's page says is there has a test that walks it, and no test walks what the page does not have. */
class EveryRowIsWalkedTest {
    private static final Map<String, List<Class<?>>> STORIES = Map.of(
            "tafta", List.of(TaftaStoryIT.class, TaftaWordsIT.class),
            "scorm", List.of(ScormStoryIT.class),
            "initiative", List.of(InitiativeStoryIT.class),
            "courses", List.of(CoursesStoryIT.class),
            "club", List.of(ClubStoryIT.class));
    private static final String HEAD = "| there | here |";

    static Stream<String> systems() {
        return STORIES.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("systems")
    void everyRowOfThePageIsWalked(String system) throws IOException {
        var walked =
                rowsWalked(system).flatMap(row -> Arrays.stream(row.value())).collect(Collectors.toSet());
        assertThat(walked).containsExactlyInAnyOrderElementsOf(rows(system));
    }

    @ParameterizedTest
    @MethodSource("systems")
    void whatIsWalkedElsewhereIsWalkedThere(String system) {
        assertThat(rowsWalked(system).flatMap(row -> Arrays.stream(row.also())))
                .allSatisfy(test -> assertThat(isTest(test)).as(test).isTrue());
    }

    private static Stream<Row> rowsWalked(String system) {
        return STORIES.getOrDefault(system, List.of()).stream()
                .flatMap(story -> Arrays.stream(story.getDeclaredMethods()))
                .filter(EveryRowIsWalkedTest::isTest)
                .flatMap(method -> Arrays.stream(method.getAnnotationsByType(Row.class)));
    }

    /** @param name such as {@code dev.freshet.redis.SentinelIT#aMasterThatWasDeposedLosesItsSession} */
    private static boolean isTest(String name) throws ClassNotFoundException {
        var parts = name.split("#", 2);
        return Arrays.stream(Class.forName(parts[0]).getDeclaredMethods())
                .anyMatch(method -> method.getName().equals(parts[1]) && isTest(method));
    }

    private static boolean isTest(Method method) {
        return method.isAnnotationPresent(Test.class) || method.isAnnotationPresent(ParameterizedTest.class);
    }

    /** The first column of the page's first table. */
    private static List<String> rows(String system) throws IOException {
        var rows = Files.readAllLines(Project.path("docs/" + system + ".md")).stream()
                .dropWhile(line -> !line.equals(HEAD))
                .skip(2)
                .takeWhile(line -> line.startsWith("| "))
                .map(line -> line.substring(2, line.indexOf(" |")))
                .toList();
        assertThat(rows)
                .as("rows of docs/%s.md under %s", system, HEAD)
                .isNotEmpty()
                .doesNotHaveDuplicates();
        return rows;
    }
}
