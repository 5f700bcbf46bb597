package dev.freshet.settings;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class ListenIT {
    private static final String LOOPBACK = "127.0.0.1";

    @Test
    void anAddressThatIsTakenIsNamedByItsSettings() throws IOException {
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var listen = new Listen("SERVE", LOOPBACK, other.getLocalPort());
            assertThatThrownBy(listen::requireFree)
                    .isInstanceOf(SettingException.class)
                    .hasMessageStartingWith("cannot listen on SERVE_HOST=127.0.0.1 SERVE_PORT=" + listen.port() + ": ");
        }
    }

    @Test
    void anyFreePortIsFree() {
        assertThatCode(() -> new Listen("SERVE", LOOPBACK, 0).requireFree()).doesNotThrowAnyException();
    }
}
