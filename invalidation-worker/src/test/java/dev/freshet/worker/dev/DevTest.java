package dev.freshet.worker.dev;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.worker.Handbook;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What {@code freshet dev} takes from whoever starts it; flags and class path of the JVM are the launcher's. */
class DevTest {
    @Test
    void itTakesEverySettingThatIsNotItsOwn() throws IOException {
        assertThat(Handbook.settings().keySet())
                .filteredOn(setting -> !Dev.isPassedOn(setting))
                .filteredOn(setting -> !setting.matches("(REDIS|DATABASE)_.+|.+_(HOST|PORT)"))
                .containsExactlyInAnyOrder(
                        "CAPTURE_LISTEN_URL",
                        "CATALOG",
                        "EVENTS_SECRET",
                        "FRESHET_CLASSPATH",
                        "FRONT_END_URLS",
                        "JAVA_OPTS",
                        "LOG_LEVEL",
                        "REVALIDATE_SECRET",
                        "THINKIFIC_SECRETS");
    }

    @Test
    void whereSomethingIsAndTheApplicationsSecretsAreItsOwn() {
        assertThat(new String[] {"INGEST_PORT", "SERVE_HOST", "SESSION_SECRETS", "SESSION_TOKENS", "CAPTURE_LISTEN_URL"
                })
                .noneMatch(Dev::isPassedOn);
    }
}
