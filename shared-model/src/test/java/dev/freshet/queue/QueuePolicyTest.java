package dev.freshet.queue;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.settings.SettingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueuePolicyTest {
    @Test
    void aServerThatMayEvictJobsIsRefusedWithTheTwoWaysOut() {
        assertThatThrownBy(() -> QueuePolicy.check("allkeys-lru", "1"))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("maxmemory-policy is allkeys-lru")
                .hasMessageContaining("either set maxmemory-policy to noeviction")
                .hasMessageContaining("or point REDIS_QUEUE_URL to a second Redis");
    }

    @ParameterizedTest
    @ValueSource(strings = {"noeviction", "volatile-lru", "volatile-ttl", ""})
    void aServerThatKeepsWhatDoesNotExpireIsFine(String policy) {
        assertThatCode(() -> QueuePolicy.check(policy, "1")).doesNotThrowAnyException();
    }
}
