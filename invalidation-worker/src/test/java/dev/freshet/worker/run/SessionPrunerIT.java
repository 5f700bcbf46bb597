package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.session.SessionOptions;
import dev.freshet.session.Sessions;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.WorkerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionPrunerIT {
    private static final String CATALOG = """
            application: visits
            sessions: { ttl: 1h, secrets: "thirty-two characters and some more", access: { tokens: t } }
            """;

    @Test
    void aWorkerDeletesWhatIsOver(@TempDir Path directory) throws IOException {
        var file = Files.writeString(directory.resolve("catalog.yaml"), CATALOG);
        var rules = CatalogReader.read(file.toString(), Map.of()).sessions().orElseThrow();
        var url = TestServices.shared().workUrl(TestServices.shared().newDatabase());
        try (var database = new Database(url, DatabaseOptions.DEFAULTS)) {
            database.migrate();
            var options = SessionOptions.of("visits", rules);
            var yesterday = Clock.offset(Clock.systemUTC(), Duration.ofDays(-1));
            new Sessions(null, database, options, yesterday).create("7", new byte[0]);
            var sessions = new Sessions(null, database, options, Clock.systemUTC());
            var token = sessions.create("7", new byte[0]).token();
            assertThat(rows(database)).isEqualTo(2);

            try (var worker = WorkerProcess.start(new Settings(Map.of(
                    "CATALOG", file.toString(),
                    "REDIS_QUEUE_URL", TestServices.shared().queueUrl().toString(),
                    "REDIS_CACHE_URL", TestServices.shared().cacheUrl().toString(),
                    "REDIS_KEY_PREFIX", TestServices.shared().newPrefix(),
                    "DATABASE_URL", url.toString(),
                    "WORKER_HOST", "127.0.0.1",
                    "WORKER_PORT", Integer.toString(EmbeddedRedis.freePort()))))) {
                await().until(() -> rows(database) == 1);
                assertThat(sessions.get(token)).isPresent();
                assertThat(worker.port()).isPositive();
            }
        }
    }

    private static long rows(Database database) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("select count(*) from freshet.sessions")
                        .mapTo(Long.class)
                        .one());
    }
}
