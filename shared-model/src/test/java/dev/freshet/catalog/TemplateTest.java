package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TemplateTest {
    /**
     * The JavaScript of front ends is tested with the same.
     *
     * @param rendered null when a placeholder has no value
     */
    record Example(
            String why,
            String template,
            Map<String, String> values,
            @Nullable String rendered) {
        @Override
        public String toString() {
            return why;
        }
    }

    static List<Example> examples() throws IOException {
        try (var file = TemplateTest.class.getResourceAsStream("templates.json")) {
            return new ObjectMapper().readValue(file, new TypeReference<>() {});
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void bothSidesRenderAlike(Example example) {
        var rendered = new Template(example.template()).render(Map.copyOf(example.values()));
        assertThat(rendered.orElse(null)).isEqualTo(example.rendered());
    }

    private final Template template = new Template("cohort:{cohortId}/{page}");

    @Test
    void everyPlaceholderIsFilled() {
        assertThat(template.placeholders()).containsExactly("cohortId", "page");
        assertThat(template.render(Map.of("cohortId", "3", "page", "$1 \\ {page}")))
                .contains("cohort:3/$1 \\ {page}");
    }

    @Test
    void aPlaceholderWithoutValueGivesNothing() {
        var values = new HashMap<String, String>(Map.of("cohortId", "3"));
        assertThat(template.render(values)).isEmpty();
        values.put("page", null);
        assertThat(template.render(values)).isEmpty();
        values.put("page", "");
        assertThat(template.render(values)).isEmpty();
    }

    @Test
    void aTextWithoutPlaceholdersIsItself() {
        assertThat(new Template("statistics").render(Map.of())).contains("statistics");
    }

    @ParameterizedTest
    @CsvSource({"a:{b}, false", "a:{b, true", "a:b}, true", "a:{}, true", "a:{b c}, true", "a:{{b}}, true"})
    void aBraceWithoutANameIsNoticed(String text, boolean stray) {
        assertThat(new Template(text).hasStrayBrace()).isEqualTo(stray);
    }
}
