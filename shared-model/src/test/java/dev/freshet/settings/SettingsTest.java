package dev.freshet.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    @Test
    void aDurationThatIsNoneIsRefusedWithWhatWouldBeRight() {
        var settings = new Settings(Map.of("WORKER_LEASE", "30 s"));
        assertThatThrownBy(() -> settings.duration("WORKER_LEASE", Duration.ZERO))
                .isInstanceOf(SettingException.class)
                .hasMessage("WORKER_LEASE must be a duration such as 250ms, 30s, 5m, 1h or 7d, was '30 s'");
    }

    @Test
    void anAbsentOrEmptySettingIsItsDefault() {
        var settings = new Settings(Map.of("EMPTY", " "));
        assertThat(settings.number("EMPTY", 7, 1, 9)).isEqualTo(7);
        assertThat(settings.duration("ABSENT", Duration.ofMinutes(5))).isEqualTo(Duration.ofMinutes(5));
        assertThat(settings.describe()).containsExactly("ABSENT=5m", "EMPTY=7");
    }

    @Test
    void aNumberOutsideItsBoundsIsRefused() {
        assertThatThrownBy(() -> new Settings(Map.of("WORKER_BATCH", "501")).number("WORKER_BATCH", 500, 1, 500))
                .hasMessage("WORKER_BATCH must be a whole number from 1 to 500, was '501'");
    }

    @Test
    void secretsAreMaskedWherePrintedAndReadFromFilesWhereNamed(@TempDir Path directory) throws Exception {
        var file = Files.writeString(directory.resolve("secret"), "from a file\n");
        var settings = new Settings(
                Map.of("EVENTS_SECRET", "file:" + file, "REDIS_URL", "redis://user:hunter2@localhost:6379"));
        assertThat(settings.text("EVENTS_SECRET", "")).isEqualTo("from a file");
        assertThat(settings.uri("REDIS_URL")).isPresent();
        assertThat(settings.describe())
                .containsExactly("EVENTS_SECRET=***", "REDIS_URL=redis://user:***@localhost:6379");
    }

    @Test
    void aMisspelledSettingOfOurFamiliesIsRefused() {
        var settings = new Settings(Map.of("WORKER_LAESE", "30s", "OTHERS", "x"));
        settings.duration("WORKER_LEASE", Duration.ofSeconds(30));
        assertThatThrownBy(() -> settings.refuseUnknown("WORKER_"))
                .hasMessage("WORKER_LAESE is no setting of this process; did you mean WORKER_LEASE?");
    }

    @Test
    void aLimitOrTtlThatIsNobodysIsRefusedButNotWhatAnotherProcessReads() {
        var settings = new Settings(
                Map.of("RATE_LIMIT_CACHE_REQUESTS", "5", "CACHE_TTL_LIST", "90", "REDIS_PORT_6379_TCP", ""));
        settings.find("CACHE_TTL_LIST");
        settings.refuseUnknown("WORKER_");
        assertThatThrownBy(() -> new Settings(Map.of("RATE_LIMIT_API_REQUEST", "5")).refuseUnknown("WORKER_"))
                .hasMessage(
                        "RATE_LIMIT_API_REQUEST is no setting of any process; did you mean RATE_LIMIT_API_REQUESTS?");
        var misspelled = new Settings(Map.of("CACHE_TTL_LISTS", "90"));
        misspelled.find("CACHE_TTL_LIST");
        assertThatThrownBy(misspelled::refuseUnknown)
                .hasMessage("CACHE_TTL_LISTS is no setting of any process; did you mean CACHE_TTL_LIST?");
    }

    @Test
    void durationsAreReadBackAsTheyArePrinted() {
        for (var text : new String[] {"0ms", "250ms", "30s", "5m", "1h", "7d"}) {
            assertThat(Durations.parse(text).map(Durations::format)).contains(text);
        }
        assertThat(Durations.parse("5 minutes")).isEmpty();
    }
}
