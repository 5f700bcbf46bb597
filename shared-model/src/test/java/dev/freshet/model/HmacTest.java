package dev.freshet.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class HmacTest {
    /** RFC 4231, test case 2. */
    @Test
    void theDigestIsThatOfThePublishedVector() {
        assertThat(Hmac.signHex("Jefe", "what do ya want for nothing?".getBytes(UTF_8)))
                .isEqualTo("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    @Test
    void partsAreSignedAsIfTheyWereOne() {
        assertThat(Hmac.sign("s", "a".getBytes(UTF_8), "b".getBytes(UTF_8)))
                .isEqualTo(Hmac.sign("s", "ab".getBytes(UTF_8)));
    }

    @Test
    void anEmptySecretSignsNothing() {
        assertThatThrownBy(() -> Hmac.sign("", new byte[1])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theHeaderCarriesTheTimeAndTheDigestOfTimeAndBody() {
        var at = Instant.ofEpochMilli(1_700_000_000_900L);
        assertThat(FreshetSignature.header("secret", at, "{}".getBytes(UTF_8)))
                .isEqualTo("t=1700000000,v1=" + Hmac.signHex("secret", "1700000000.{}".getBytes(UTF_8)));
    }
}
