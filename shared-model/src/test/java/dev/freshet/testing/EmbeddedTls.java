package dev.freshet.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;

/** A Redis as managed ones are: over TLS alone, with a user and a password, its certificate signed by nobody known. */
public final class EmbeddedTls implements AutoCloseable {
    public static final String USER = "app";
    public static final String PASSWORD = "hunter2";

    private final int port;
    private final RedisProcess process;

    private EmbeddedTls(int port, RedisProcess process) {
        this.port = port;
        this.process = process;
    }

    /** Whether the binary for this machine was built with TLS. */
    public static boolean isSupported() {
        try {
            var binary = new String(Files.readAllBytes(RedisProcess.binary()), StandardCharsets.ISO_8859_1);
            return binary.contains("tls-cert-file");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param rights of the user beside all there are, such as {@code -@blocking} */
    public static EmbeddedTls start(TestCertificates certificates, String... rights) {
        int port = RedisProcess.freePort();
        var process = RedisProcess.server(
                        RedisProcess.freePort(),
                        List.of(
                                "save \"\"",
                                "tls-port " + port,
                                "tls-cert-file " + certificates.certificate(),
                                "tls-key-file " + certificates.key(),
                                "tls-ca-cert-file " + certificates.authority(),
                                "tls-auth-clients no",
                                "user default off",
                                "user " + USER + " on >" + PASSWORD + " ~* &* +@all " + String.join(" ", rights)))
                .ready();
        return new EmbeddedTls(port, process);
    }

    /** @param login such as {@code user:password} */
    public URI url(String login) {
        return URI.create("rediss://" + login + "@127.0.0.1:" + port);
    }

    public int port() {
        return port;
    }

    @Override
    public void close() {
        process.close();
    }
}
