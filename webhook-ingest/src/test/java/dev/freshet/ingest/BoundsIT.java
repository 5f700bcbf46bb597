package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.model.Hmac;
import dev.freshet.settings.Settings;
import dev.freshet.testing.TestServices;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What nobody may exceed, over real sockets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BoundsIT {
    private static final String POST = "POST /webhooks/thinkific HTTP/1.1\r\nHost: x\r\n";
    private static final byte[] BODY =
            "{\"id\":\"b\",\"resource\":\"enrollment\",\"action\":\"created\"}".getBytes(UTF_8);

    private Ingest ingest;
    private Path catalog;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        catalog = Files.writeString(directory.resolve("fuzz.yaml"), MutatedRequests.CATALOG);
        ingest = ingest(Map.of("INGEST_PATIENCE", "1s"));
    }

    @AfterAll
    void stop() {
        ingest.close();
    }

    @Test
    void whoSendsItsHeadByteByByteIsCutOff() throws IOException {
        try (var socket = connect(ingest)) {
            socket.getOutputStream().write((POST + "X: ").getBytes(UTF_8));
            assertThat(drip(socket)).isEmpty();
        }
        assertThat(get(ingest, "/metrics")).containsPattern("freshet_connections_cut_total [1-9]");
    }

    @Test
    void whoSendsNothingIsCutOff() throws IOException {
        try (var socket = connect(ingest)) {
            assertThat(socket.getInputStream().readAllBytes()).isEmpty();
        }
    }

    @Test
    void whoSendsItsBodyByteByByteIsToldThatItIsTooSlow() throws IOException {
        try (var socket = connect(ingest)) {
            socket.getOutputStream().write((POST + "Content-Length: 100000\r\n\r\n").getBytes(UTF_8));
            assertThat(drip(socket)).startsWith("HTTP/1.1 408 ").contains("\"too_slow\"");
        }
    }

    @Test
    void whoStopsInTheMiddleOfItsBodyIsToldTheSame() throws IOException {
        try (var socket = connect(ingest)) {
            socket.getOutputStream().write((POST + "Content-Length: 100000\r\n\r\n{").getBytes(UTF_8));
            assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                    .startsWith("HTTP/1.1 408 ")
                    .contains("\"too_slow\"");
        }
    }

    @Test
    void tooManyFieldsAreRefused() throws IOException {
        var fields = "X: y\r\n".repeat(Bounds.MAX_FIELDS);
        assertThat(ask(ingest, POST + fields + "Connection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 431 ")
                .contains("headers_too_large", "X-Content-Type-Options: nosniff");
    }

    @Test
    void oneRequestTooManyIsToldToComeAgainAndTheHealthIsStillSaid() throws IOException {
        try (var strict = ingest(Map.of("INGEST_MAX_REQUESTS", "1"));
                var slow = connect(strict)) {
            var head = POST + "Expect: 100-continue\r\nConnection: close\r\nX-Thinkific-Hmac-Sha256: "
                    + Hmac.signHex(MutatedRequests.SITE_SECRET, BODY) + "\r\nContent-Length: " + BODY.length
                    + "\r\n\r\n";
            slow.getOutputStream().write(head.getBytes(UTF_8));
            assertThat(new String(slow.getInputStream().readNBytes(25), UTF_8)).startsWith("HTTP/1.1 100");

            assertThat(ask(strict, POST + "Content-Length: 0\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("Retry-After: 1", "\"busy\"");
            assertThat(get(strict, "/health")).startsWith("HTTP/1.1 200 ");

            slow.getOutputStream().write(BODY);
            assertThat(new String(slow.getInputStream().readAllBytes(), UTF_8)).contains("200 OK", "accepted");
            // a request is over a moment after it was answered
            var metrics = await().until(() -> get(strict, "/metrics"), answer -> answer.startsWith("HTTP/1.1 200 "));
            assertThat(metrics).containsPattern("freshet_deliveries_total\\{outcome=\"busy\"} [1-9]");
        }
    }

    private Ingest ingest(Map<String, String> more) {
        var settings = new java.util.HashMap<>(Map.of(
                "INGEST_PORT",
                "0",
                "INGEST_HOST",
                "127.0.0.1",
                "CATALOG",
                catalog.toString(),
                "REDIS_TIMEOUT",
                "40s",
                "REDIS_QUEUE_URL",
                TestServices.shared().redisUrl().toString(),
                "REDIS_KEY_PREFIX",
                TestServices.shared().newPrefix()));
        settings.putAll(more);
        return Ingest.start(new Settings(settings));
    }

    private static Socket connect(Ingest ingest) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), ingest.port());
        socket.setSoTimeout(60_000);
        return socket;
    }

    /** Sends a byte every now and then until the other end closes, and returns what it said. */
    private static String drip(Socket socket) throws IOException {
        var answer = new StringBuilder();
        socket.setSoTimeout(50);
        while (true) {
            try {
                int read = socket.getInputStream().read();
                if (read < 0) {
                    return answer.toString();
                }
                answer.append((char) read);
            } catch (SocketTimeoutException e) {
                try {
                    socket.getOutputStream().write('y');
                } catch (SocketException closed) {
                    return answer.toString();
                }
            } catch (SocketException reset) {
                return answer.toString();
            }
        }
    }

    private static String get(Ingest ingest, String path) throws IOException {
        return ask(ingest, "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }

    private static String ask(Ingest ingest, String request) throws IOException {
        try (var socket = connect(ingest)) {
            socket.getOutputStream().write(request.getBytes(UTF_8));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }
}
