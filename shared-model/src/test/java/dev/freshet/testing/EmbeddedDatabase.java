package dev.freshet.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** A PostgreSQL process of this machine's own kind, from the binary that the dependency repository holds. */
public final class EmbeddedDatabase implements AutoCloseable {
    /** A busy machine takes its time. */
    static final Duration STARTUP = Duration.ofMinutes(1);

    private final EmbeddedPostgres server;

    private EmbeddedDatabase(EmbeddedPostgres server) {
        this.server = server;
    }

    /** @param port 0 for any free one */
    public static EmbeddedDatabase start(int port) {
        return start(port, Map.of());
    }

    /** One that speaks TLS to whoever asks for it. */
    public static EmbeddedDatabase start(TestCertificates certificates) {
        return start(
                0,
                Map.of(
                        "ssl",
                        "on",
                        "ssl_cert_file",
                        certificates.certificate().toString(),
                        "ssl_key_file",
                        certificates.key().toString()));
    }

    private static EmbeddedDatabase start(int port, Map<String, String> settings) {
        try {
            var builder = EmbeddedPostgres.builder()
                    .setPort(port)
                    .setPGStartupWait(STARTUP)
                    .setServerConfig("max_connections", "100")
                    .setLocaleConfig("locale", "C.UTF-8");
            settings.forEach(builder::setServerConfig);
            return new EmbeddedDatabase(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start the embedded PostgreSQL", e);
        }
    }

    public URI url() {
        return URI.create("postgresql://postgres:postgres@127.0.0.1:" + server.getPort() + "/postgres");
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot stop the embedded PostgreSQL", e);
        }
    }
}
