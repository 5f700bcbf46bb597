package dev.freshet.testing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A Redis as managed ones are: over TLS alone, with a user and a password, its certificate signed by nobody known. */
public final class EmbeddedTls implements AutoCloseable {
    public static final String USER = "app";
    public static final String PASSWORD = "hunter2";
    private static final String STORE_PASSWORD = "changeit";

    private final int port;
    private final Path directory;
    private final RedisProcess process;

    private EmbeddedTls(int port, Path directory, RedisProcess process) {
        this.port = port;
        this.directory = directory;
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

    public static EmbeddedTls start() {
        try {
            var directory = Files.createTempDirectory("freshet-tls-");
            makeKey(directory);
            int port = RedisProcess.freePort();
            var process = RedisProcess.server(
                            RedisProcess.freePort(),
                            List.of(
                                    "save \"\"",
                                    "tls-port " + port,
                                    "tls-cert-file " + directory.resolve("cert.pem"),
                                    "tls-key-file " + directory.resolve("key.pem"),
                                    "tls-ca-cert-file " + directory.resolve("cert.pem"),
                                    "tls-auth-clients no",
                                    "user default off",
                                    "user " + USER + " on >" + PASSWORD + " ~* &* +@all"))
                    .ready();
            return new EmbeddedTls(port, directory, process);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("cannot start a Redis with TLS", e);
        }
    }

    /** @param login such as {@code user:password} */
    public URI url(String login) {
        return URI.create("rediss://" + login + "@127.0.0.1:" + port);
    }

    public int port() {
        return port;
    }

    /** What {@code javax.net.ssl.trustStore} must name for the certificate to be trusted. */
    public Path trustStore() {
        return directory.resolve("trust.p12");
    }

    /** What {@code javax.net.ssl.trustStorePassword} must be. */
    public String trustStorePassword() {
        return STORE_PASSWORD;
    }

    @Override
    public void close() {
        process.close();
        try {
            EmbeddedRedis.deleteTree(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void makeKey(Path directory) throws IOException, GeneralSecurityException {
        var file = directory.resolve("key.p12");
        var keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        var making = new ProcessBuilder(
                        keytool,
                        "-genkeypair",
                        "-alias",
                        "redis",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=ip:127.0.0.1,dns:localhost",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        STORE_PASSWORD)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("keytool.log").toFile())
                .start();
        try {
            if (!making.waitFor(60, TimeUnit.SECONDS) || making.exitValue() != 0) {
                throw new IOException(Files.readString(directory.resolve("keytool.log")));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        var password = STORE_PASSWORD.toCharArray();
        var keys = KeyStore.getInstance("PKCS12");
        keys.load(new ByteArrayInputStream(Files.readAllBytes(file)), password);
        var certificate = keys.getCertificate("redis");
        write(
                directory.resolve("key.pem"),
                "PRIVATE KEY",
                keys.getKey("redis", password).getEncoded());
        write(directory.resolve("cert.pem"), "CERTIFICATE", certificate.getEncoded());
        var trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("redis", certificate);
        try (var out = Files.newOutputStream(directory.resolve("trust.p12"))) {
            trust.store(out, password);
        }
    }

    private static void write(Path file, String kind, byte[] content) throws IOException {
        var body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(file, "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
    }
}
