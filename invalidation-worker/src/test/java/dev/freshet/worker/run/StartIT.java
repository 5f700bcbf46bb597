package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.settings.Settings;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.worker.WorkerProcess;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartIT {
    private final Club club = new Club();
    private final Map<String, String> environment = club.environment();

    @AfterEach
    void close() {
        club.close();
    }

    @ParameterizedTest
    @CsvSource({
        "REDIS_QUEUE_URL, redis://127.0.0.1:1, redis queue at 127.0.0.1:1 is away",
        "DATABASE_URL, postgresql://me:secret@127.0.0.1:1/app, postgresql at 127.0.0.1:1 is away"
    })
    void withoutTheQueueOrPostgresAWorkerDoesNotStartAndSaysWhy(String setting, String url, String reason) {
        environment.put(setting, url);
        try (var worker = WorkerJvm.launch(environment)) {
            assertThat(worker.awaitEnd(Duration.ofSeconds(60))).isEqualTo(1);
            assertThat(worker.output().lines().filter(line -> line.startsWith(reason)))
                    .hasSize(1);
            assertThat(worker.output()).doesNotContain("\tat ").doesNotContain("secret");
        }
    }

    @Test
    void withoutTheCacheAWorkerStartsAndIsPausedUntilItIsThere() {
        try (var proxy = CuttingProxy.before(URI.create(environment.get("REDIS_CACHE_URL")))) {
            environment.put("REDIS_CACHE_URL", proxy.url().toString());
            proxy.cut();
            try (var worker = WorkerProcess.start(new Settings(environment))) {
                assertThat(worker.port()).isPositive();
                assertThat(WorkerHealth.of(environment)).isEqualTo(new WorkerHealth(503, "cache"));
                proxy.restore();
                await().untilAsserted(
                                () -> assertThat(WorkerHealth.of(environment)).isEqualTo(new WorkerHealth(200, "")));
            }
        }
    }

    @Test
    void withTheCacheSwitchedOffAWorkerAppliesAndTellsFrontEndsAllTheSame() {
        environment.put("REDIS_ENABLED", "false");
        environment.put("REDIS_CACHE_URL", "redis://127.0.0.1:1");
        try (var worker = WorkerProcess.start(new Settings(environment))) {
            assertThat(worker.port()).isPositive();
            club.cache(3);
            club.saved(1, 3, Instant.parse("2026-01-01T00:00:01Z"));
            await().until(() -> club.status().count("done") == 1);
            assertThat(WorkerHealth.of(environment)).isEqualTo(new WorkerHealth(200, ""));
        }
        assertThat(club.members()).containsExactly(Map.entry(1L, 3));
        assertThat(club.owed()).isPositive();
        assertThat(club.isCached(3)).as("nobody touches what others keep there").isTrue();
    }
}
