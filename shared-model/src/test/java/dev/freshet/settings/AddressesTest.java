package dev.freshet.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://localhost",
                "redis://:secret@localhost:6379/3",
                "rediss://user:p%40ss@managed.example.com:6380",
                "redis://one:7000,two:7001,three:7002",
                "rediss://user:secret@one:7000,two:7001",
                "redis://[::1]:6379",
                "redis-sentinel://:secret@one:26379,two,three:26380/0#mymaster",
                "rediss-sentinel://one:26379#mymaster"
            })
    void aUrlOfOneServerAClusterOrSentinelsIsTaken(String url) {
        assertThat(of(url).cache()).isEqualTo(URI.create(url));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost:6379",
                "http://localhost:6379",
                "redis://",
                "redis://user:secret@",
                "redis://one:7000,",
                "redis://one:70000",
                "redis://one:7000/secret"
            })
    void anythingElseIsRefusedWithWhatWouldBeRightAndNoPassword(String url) {
        assertThatThrownBy(() -> of(url))
                .isInstanceOf(SettingException.class)
                .hasMessageStartingWith("REDIS_URL must be")
                .message()
                .doesNotContain("secret");
    }

    @Test
    void sentinelsMustBeAskedForAMasterByName() {
        assertThatThrownBy(() -> of("redis-sentinel://one:26379,two:26379/0"))
                .hasMessage("REDIS_URL must end with the name that the sentinels know their master by, such as"
                        + " #mymaster");
    }

    @Test
    void aClusterHasOneDatabase() {
        assertThat(of("redis://one:7000,two:7001/0").queue()).hasPath("/0");
        assertThatThrownBy(() -> of("redis://one:7000,two:7001/2"))
                .hasMessage("REDIS_URL must name no database where it names several hosts: a cluster has only database"
                        + " 0");
    }

    @Test
    void aPasswordWithoutAUserIsNotPrinted() {
        var settings = new Settings(
                Map.of("REDIS_QUEUE_URL", "redis://hunter2@one:1,two:2", "REDIS_CACHE_URL", "redis://:hunter2@one:1"));
        Addresses.from(settings);
        assertThat(settings.describe()).noneMatch(line -> line.contains("hunter2"));
    }

    private static Addresses of(String url) {
        return Addresses.from(new Settings(Map.of("REDIS_URL", url)));
    }

    @Test
    void aDriverThatWritesValuesIntoTheTextOfStatementsIsRefused() {
        var settings = new Settings(Map.of("DATABASE_URL", "postgresql://u:secret@h/d?preferQueryMode=simple"));
        assertThatThrownBy(() -> Addresses.from(settings))
                .isInstanceOf(SettingException.class)
                .hasMessageStartingWith("DATABASE_URL must not have preferQueryMode=simple")
                .hasMessageNotContaining("secret");
    }
}
