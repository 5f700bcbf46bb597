package dev.freshet.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FreshetSignatureTest {
    /** The JavaScript of front ends is tested with the same. */
    record Example(String why, List<String> secrets, long seconds, String body, String header) {
        @Override
        public String toString() {
            return why;
        }
    }

    static List<Example> examples() throws IOException {
        try (var file = FreshetSignatureTest.class.getResourceAsStream("signatures.json")) {
            return new ObjectMapper().readValue(file, new TypeReference<>() {});
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void bothSidesSignAlike(Example example) {
        var at = Instant.ofEpochSecond(example.seconds());
        assertThat(example.secrets())
                .extracting(secret ->
                        FreshetSignature.header(secret, at, example.body().getBytes(UTF_8)))
                .allMatch(header -> header.startsWith("t=" + example.seconds() + ","))
                .extracting(header -> header.split(",", 2)[1])
                .containsExactly(example.header().split(",", 2)[1].split(","));
    }

    /** The kit signs its events so; its tests have the same example. */
    @Test
    void aCallIsSignedWithItsMethodAndAddress() {
        var body = "{\"topic\":\"a\",\"payload\":{\"n\":\"ü\"}}".getBytes(UTF_8);
        var call = new FreshetSignature.Call("POST", "/base/events?wait=applied", "");
        assertThat(FreshetSignature.header("s", Instant.ofEpochSecond(1_763_650_000), call, body))
                .isEqualTo("t=1763650000,v2=eb6562924da1c68bf7a6d9e73f416390193df9cac80bb914fbc618d3eb0f5da7");
    }
}
