package dev.freshet.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.testing.TestCertificates;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SecuredDatabaseIT {
    private static final DatabaseOptions OPTIONS = new DatabaseOptions(4, Duration.ofSeconds(5), Duration.ofSeconds(5));
    private static TestCertificates certificates;
    private static EmbeddedDatabase server;

    @BeforeAll
    static void start() {
        certificates = TestCertificates.of("ip:127.0.0.1");
        server = EmbeddedDatabase.start(certificates);
    }

    @AfterAll
    static void stop() {
        server.close();
        certificates.close();
    }

    @Test
    void aServerWhoseAuthorityIsNamedIsUsedOverTls() {
        try (var database = new Database(url("127.0.0.1", certificates.authority()), OPTIONS)) {
            database.migrate();
            var isSecured = database.jdbi()
                    .withHandle(handle -> handle.createQuery("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
                            .mapTo(Boolean.class)
                            .one());
            assertThat(isSecured).isTrue();
        }
    }

    @Test
    void aCertificateForAnotherHostIsRefused() {
        assertThat(refusal(url("localhost", certificates.authority())))
                .startsWith("postgresql at localhost:")
                .contains("hostname localhost could not be verified");
    }

    @Test
    void aCertificateOfAnotherAuthorityIsRefused() {
        try (var others = TestCertificates.of("ip:127.0.0.1")) {
            assertThat(refusal(url("127.0.0.1", others.authority())))
                    .contains("its certificate is signed by nobody that sslrootcert names");
        }
    }

    @Test
    void anAuthorityThatCannotBeReadIsSaidToBe() {
        assertThat(refusal(url("127.0.0.1", Path.of("/nowhere/ca.pem")))).contains("/nowhere/ca.pem");
    }

    @Test
    void aServerWithoutTlsIsRefused() {
        try (var plain = EmbeddedDatabase.start(0)) {
            var url = URI.create(plain.url() + "?sslmode=verify-full&sslrootcert=" + certificates.authority());
            assertThat(refusal(url)).contains("does not support SSL");
        }
    }

    private static String refusal(URI url) {
        try (var database = new Database(url, OPTIONS)) {
            database.migrate();
            throw new AssertionError("not refused");
        } catch (IllegalStateException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static URI url(String host, Path authority) {
        return URI.create(
                server.url().toString().replace("127.0.0.1", host) + "?sslmode=verify-full&sslrootcert=" + authority);
    }
}
