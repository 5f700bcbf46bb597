package dev.freshet.worker.frontend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallerOptionsTest {
    @Test
    void withoutSettingsTheDefaultsHold() {
        assertThat(CallerOptions.from(new Settings(Map.of()))).isEqualTo(CallerOptions.defaults());
    }

    @Test
    void zeroMeansThatNobodyIsAsked() {
        assertThat(CallerOptions.from(new Settings(Map.of("CALLBACK_PROBE", "0s")))
                        .ask())
                .isEqualTo(Duration.ZERO);
    }

    @ParameterizedTest
    @CsvSource({"CALLBACK_FORGET, 599s, 10m", "CALLBACK_TIMEOUT, 0s, 100ms"})
    void whatIsTooShortIsRefused(String name, String value, String least) {
        assertThatThrownBy(() -> CallerOptions.from(new Settings(Map.of(name, value))))
                .isInstanceOf(SettingException.class)
                .hasMessageStartingWith(name + " must be " + least + " or longer, was ");
    }
}
