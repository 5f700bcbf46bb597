package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemplateTest {
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
