package dev.freshet.worker.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ViewHandlerTest {
    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br, gzip", "deflate;q=0.5, GZIP;q=0.8", "*", "gzip; q=0.001"})
    void gzipIsSentToWhoAcceptsIt(String header) {
        assertThat(ViewHandler.acceptsGzip(header)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "br", "identity", "gzip;q=0", "gzip; q=0.000", "gzipped"})
    void gzipIsNotSentToWhoDoesNot(String header) {
        assertThat(ViewHandler.acceptsGzip(header)).isFalse();
        assertThat(ViewHandler.acceptsGzip(null)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"abc\"", "W/\"abc\"", "\"x\", W/\"abc\"", "*"})
    void aKnownTagIsFoundInAnyForm(String header) {
        assertThat(ViewHandler.isKnown(header, "abc")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "abc", "\"abcd\"", "W/\"x\""})
    void anotherTagIsNotKnown(String header) {
        assertThat(ViewHandler.isKnown(header, "abc")).isFalse();
        assertThat(ViewHandler.isKnown(null, "abc")).isFalse();
    }

    @Test
    void anOriginIsReadBackAndWhatIsNoneIsLeftAlone() {
        var origin = new Origin("user", Map.of("email", "o'\"zoë@example.com"));
        assertThat(Origin.decode(origin.encode())).contains(origin);
        assertThat(Origin.decode("")).isEmpty();
        assertThat(Origin.decode("{}")).isEmpty();
        assertThat(Origin.decode("session")).isEmpty();
    }
}
