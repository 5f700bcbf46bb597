package dev.freshet.worker.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TagEncodingTest {
    record Example(String why, String tag, String encoded) {
        @Override
        public String toString() {
            return why;
        }
    }

    static List<Example> examples() throws IOException {
        try (var file = TagEncodingTest.class.getResourceAsStream("tag-encoding.json")) {
            return new ObjectMapper().readValue(file, new TypeReference<>() {});
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void aTagIsCalledTheSameOnBothSides(Example example) {
        assertThat(TagEncoding.encode(example.tag())).isEqualTo(example.encoded());
    }

    @Test
    void whatComesOutIsAlwaysFitForNextJs() throws IOException {
        assertThat(examples())
                .extracting(e -> TagEncoding.encode(e.tag()))
                .allMatch(e -> e.matches("[ -~&&[^,]]{1,256}"));
    }

    @Test
    void tagsThatDifferStayDifferent() {
        var tags = Stream.of(
                "a,b", "a%2Cb", "a%252Cb", "é".repeat(300), "é".repeat(301), "a".repeat(257), "a".repeat(258));
        assertThat(tags.map(TagEncoding::encode)).doesNotHaveDuplicates();
    }
}
