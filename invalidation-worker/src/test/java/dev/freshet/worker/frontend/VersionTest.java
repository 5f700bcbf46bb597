package dev.freshet.worker.frontend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class VersionTest {
    private static final Version NOON = new Version("2026-01-31T12:00:00Z");

    @Test
    void numbersAndInstantsHaveAnOrder() {
        assertThat(new Version("10").isAtLeast(new Version("9"))).isTrue();
        assertThat(new Version("9").isAtLeast(new Version("10"))).isFalse();
        assertThat(new Version("-1").isAtLeast(new Version("0"))).isFalse();
        assertThat(NOON.isAtLeast(new Version("2026-01-31T13:00:00.000001+01:00")))
                .isFalse();
        assertThat(NOON.isAtLeast(new Version("2026-01-31T13:00:00+01:00"))).isTrue();
    }

    @Test
    void anInstantCountsAsItsMicroseconds() {
        assertThat(NOON.text()).isEqualTo("1769860800000000");
        assertThat(new Version("1970-01-01T00:00:00.000017Z")).isEqualTo(new Version("17"));
    }

    @Test
    void otherTextIsTheSameOrNot() {
        assertThat(new Version("v2").isAtLeast(new Version("v1"))).isFalse();
        assertThat(new Version(" v2 ").isAtLeast(new Version("v2"))).isTrue();
        assertThat(new Version("v2").isAtLeast(new Version("1"))).isFalse();
    }

    @Test
    void theNewerOneIsKept() {
        assertThat(new Version("10").newer(new Version("9"))).isEqualTo(new Version("10"));
        assertThat(new Version("9").newer(new Version("10"))).isEqualTo(new Version("10"));
        assertThat(new Version("b").newer(new Version("a"))).isEqualTo(new Version("a"));
    }

    @Test
    void whatIsBlankOrTooLongOrCannotBePrintedIsNoVersion() {
        assertThat(Version.isValid("1\nERROR 2")).isFalse();
        assertThat(Version.isValid(" ")).isFalse();
        assertThat(Version.isValid("x".repeat(201))).isFalse();
        assertThatThrownBy(() -> new Version(" ")).isInstanceOf(IllegalArgumentException.class);
    }
}
