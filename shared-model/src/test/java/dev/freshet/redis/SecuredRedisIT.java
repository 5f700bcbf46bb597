package dev.freshet.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.EmbeddedSentinel;
import dev.freshet.testing.EmbeddedTls;
import dev.freshet.testing.TestCertificates;
import io.lettuce.core.RedisConnectionException;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SecuredRedisIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final String LOGIN = EmbeddedTls.USER + ":" + EmbeddedTls.PASSWORD;

    @Test
    void aTrustedServerIsUsedOverTlsWithUserAndPassword() {
        assumeTrue(EmbeddedTls.isSupported());
        try (var certificates = TestCertificates.of("ip:127.0.0.1");
                var tls = EmbeddedTls.start(certificates)) {
            certificates.trust();
            try (var server = new RedisServer("test", tls.url(LOGIN), TIMEOUT)) {
                assertThat(server.ping()).isPositive();
                assertThat(server.await(server.session().commands().aclWhoami()))
                        .isEqualTo(EmbeddedTls.USER);
                assertThat(server.session().runId()).hasSize(40);
            }
            assertAway(tls.url(EmbeddedTls.USER + ":wrong"), "WRONGPASS", "user or password is not what");
            assertAway(tls.url("nobody:" + EmbeddedTls.PASSWORD), "WRONGPASS", "user or password is not what");
            assertAway(URI.create("redis://" + LOGIN + "@127.0.0.1:" + tls.port()), "rediss://");
        }
    }

    @Test
    void aCertificateThatNobodySignedIsRefusedWithTheWayToTrustIt() {
        assumeTrue(EmbeddedTls.isSupported());
        try (var certificates = TestCertificates.of("ip:127.0.0.1");
                var tls = EmbeddedTls.start(certificates)) {
            assertAway(
                    tls.url(LOGIN),
                    "redis test at 127.0.0.1:" + tls.port() + " is away",
                    "unable to find valid certification path",
                    "-Djavax.net.ssl.trustStore=FILE");
        }
    }

    @Test
    void aCertificateForAnotherHostIsRefusedThoughItsAuthorityIsTrusted() {
        assumeTrue(EmbeddedTls.isSupported());
        try (var certificates = TestCertificates.of("dns:localhost,dns:redis.example.com,ip:127.0.0.2");
                var tls = EmbeddedTls.start(certificates)) {
            certificates.trust();
            assertAway(
                    tls.url(LOGIN),
                    "redis test at 127.0.0.1:" + tls.port() + " is away",
                    "No subject alternative names matching IP address 127.0.0.1 found");
        }
    }

    @Test
    void aPasswordThatIsMissingOrWrongIsSaidToBe() {
        try (var process = EmbeddedRedis.start(0, "requirepass right")) {
            assertAway(process.url(), "NOAUTH", "the server asks for a password");
            assertAway(
                    URI.create("redis://:hunter2@127.0.0.1:" + process.port()),
                    "password is not what this server knows");
        }
        try (var sentinel = EmbeddedSentinel.start("right")) {
            assertAway(sentinel.url("hunter2"), "mymaster of sentinels", "password is not what this server knows");
        }
    }

    private static void assertAway(URI url, String... reasons) {
        try (var server = new RedisServer("test", url, TIMEOUT)) {
            assertThatThrownBy(server::session)
                    .isInstanceOf(RedisConnectionException.class)
                    .hasMessageContainingAll(reasons)
                    .message()
                    .doesNotContain(EmbeddedTls.PASSWORD)
                    .doesNotContain("wrong");
        }
    }
}
