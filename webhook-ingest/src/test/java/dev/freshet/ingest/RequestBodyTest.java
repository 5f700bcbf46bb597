package dev.freshet.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.javalin.http.RequestTimeoutResponse;
import io.javalin.http.ServiceUnavailableResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RequestBodyTest {
    private Instant now = Instant.EPOCH;
    private final RequestBody bodies = new RequestBody(1, Duration.ofSeconds(30), () -> now);

    @Test
    void aBodyThatDripsIsGivenUpHoweverOftenAByteComes() {
        var drip = new InputStream() {
            @Override
            public int read() {
                return 'x';
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                now = now.plus(Duration.ofSeconds(10));
                buffer[offset] = 'x';
                return 1;
            }
        };
        assertThatThrownBy(() -> bodies.read(drip, 1_000)).isInstanceOf(RequestTimeoutResponse.class);
        assertThat(now).isEqualTo(Instant.EPOCH.plusSeconds(40));
    }

    @Test
    void soManyLargeBodiesAreReadAtATimeAndSmallOnesBesides() throws IOException {
        var large = new byte[RequestBody.SMALL_BYTES + 1];
        var small = new byte[RequestBody.SMALL_BYTES];
        var outer = new ByteArrayInputStream(large) {
            private boolean tried;

            @Override
            public synchronized int read(byte[] buffer, int offset, int length) {
                if (available() == 0 && !tried) {
                    tried = true;
                    assertThatThrownBy(() -> bodies.read(new ByteArrayInputStream(large), -1))
                            .isInstanceOf(ServiceUnavailableResponse.class);
                    assertThat(readAlone(small)).contains(small);
                }
                return super.read(buffer, offset, length);
            }
        };
        assertThat(bodies.read(outer, large.length)).contains(large);
        assertThat(outer.tried).isTrue();
        assertThat(bodies.read(new ByteArrayInputStream(large), -1)).contains(large);
    }

    private Optional<byte[]> readAlone(byte[] body) {
        try {
            return bodies.read(new ByteArrayInputStream(body), body.length);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
