package dev.freshet.worker.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PageTagsTest {
    record Example(String path, List<String> tags) {}

    record Spelling(String why, String path, List<String> spellings) {}

    static List<Example> examples() throws IOException {
        return read("page-tags.json", new TypeReference<>() {});
    }

    static List<Spelling> spellings() throws IOException {
        return read("path-spellings.json", new TypeReference<>() {});
    }

    @ParameterizedTest
    @MethodSource("examples")
    void aPageHasTheTagsThatTheKitMarks(Example example) {
        assertThat(PageTags.of(example.path())).containsExactlyInAnyOrderElementsOf(example.tags());
    }

    @ParameterizedTest
    @MethodSource("spellings")
    void aPathHasTheSpellingsThatTheKitKnows(Spelling example) {
        assertThat(PageTags.spellings(example.path()))
                .as(example.why())
                .containsExactlyInAnyOrderElementsOf(example.spellings());
    }

    private static <T> T read(String name, TypeReference<T> type) throws IOException {
        try (var file = PageTagsTest.class.getResourceAsStream(name)) {
            return new ObjectMapper().readValue(file, type);
        }
    }
}
