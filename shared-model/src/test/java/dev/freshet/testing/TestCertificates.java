package dev.freshet.testing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An authority that nobody knows, and a server's certificate that it signed; as files. */
public final class TestCertificates implements AutoCloseable {
    private static final String PASSWORD = "changeit";
    private static final String TRUST = "javax.net.ssl.trustStore";
    private static final String TRUST_PASSWORD = "javax.net.ssl.trustStorePassword";

    private final Path directory;

    private TestCertificates(Path directory) {
        this.directory = directory;
    }

    /** @param names of the server, such as {@code ip:127.0.0.1,dns:localhost} */
    public static TestCertificates of(String names) {
        try {
            var certificates = new TestCertificates(Files.createTempDirectory("freshet-tls-"));
            certificates.make(names);
            return certificates;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("cannot make a certificate", e);
        }
    }

    /** The server's private key, as PEM. */
    public Path key() {
        return directory.resolve("key.pem");
    }

    /** The server's certificate, as PEM. */
    public Path certificate() {
        return directory.resolve("cert.pem");
    }

    /** The authority's certificate, as PEM. */
    public Path authority() {
        return directory.resolve("ca.pem");
    }

    /** Lets this JVM trust the authority, and no other, until this is closed. */
    public void trust() {
        System.setProperty(TRUST, trustStore().toString());
        System.setProperty(TRUST_PASSWORD, PASSWORD);
    }

    private Path trustStore() {
        return directory.resolve("trust.p12");
    }

    @Override
    public void close() {
        System.clearProperty(TRUST);
        System.clearProperty(TRUST_PASSWORD);
        try {
            EmbeddedRedis.deleteTree(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void make(String names) throws IOException, GeneralSecurityException {
        keytool("ca", "CN=an authority of the tests", "-ext", "bc=ca:true");
        keytool("server", "CN=a server of the tests", "-ext", "SAN=" + names, "-signer", "ca");
        var keys = KeyStore.getInstance("PKCS12");
        keys.load(new ByteArrayInputStream(Files.readAllBytes(directory.resolve("keys.p12"))), PASSWORD.toCharArray());
        Files.createFile(key(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        write(
                key(),
                "PRIVATE KEY",
                keys.getKey("server", PASSWORD.toCharArray()).getEncoded());
        write(certificate(), "CERTIFICATE", keys.getCertificate("server").getEncoded());
        write(authority(), "CERTIFICATE", keys.getCertificate("ca").getEncoded());
        trust(keys.getCertificate("ca"));
    }

    private void trust(Certificate authority) throws IOException, GeneralSecurityException {
        var trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("ca", authority);
        try (var out = Files.newOutputStream(trustStore())) {
            trust.store(out, PASSWORD.toCharArray());
        }
    }

    private void keytool(String alias, String name, String... more) throws IOException {
        var log = directory.resolve("keytool.log");
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-dname",
                name,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                directory.resolve("keys.p12").toString(),
                "-storepass",
                PASSWORD));
        command.addAll(List.of(more));
        var making = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (!making.waitFor(60, TimeUnit.SECONDS) || making.exitValue() != 0) {
                throw new IOException(Files.readString(log));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static void write(Path file, String kind, byte[] content) throws IOException {
        var body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(file, "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
    }
}
