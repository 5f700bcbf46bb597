package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ParameterTypeTest {
    /**
     * The JavaScript of front ends is tested with the same.
     *
     * @param canonical null when the text is none of this type
     */
    record Example(
            String why, String type, String text, @Nullable String canonical) {
        @Override
        public String toString() {
            return type + ": " + why;
        }
    }

    static List<Example> examples() throws IOException {
        try (var file = ParameterTypeTest.class.getResourceAsStream("parameters.json")) {
            return new ObjectMapper().readValue(file, new TypeReference<>() {});
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void bothSidesWriteAValueAlike(Example example) {
        var type = ParameterType.valueOf(example.type().toUpperCase(Locale.ROOT));
        assertThat(type.canonical(example.text()).orElse(null)).isEqualTo(example.canonical());
    }
}
