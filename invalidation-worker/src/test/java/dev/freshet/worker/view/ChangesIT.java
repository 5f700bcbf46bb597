package dev.freshet.worker.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChangesIT {
    @Test
    void whatIsCapturedAfterTheFirstLookIsNotWaitedFor() {
        var services = TestServices.shared();
        try (var server = new RedisServer("queue", services.queueUrl(), Duration.ofSeconds(5));
                var database = new Database(services.newDatabase(), DatabaseOptions.DEFAULTS)) {
            var queue = new JobQueue(server, QueueOptions.defaults(services.newPrefix()));
            assertThat(new Changes(queue, database, "club").mayReach(List.of())).isFalse();
            database.migrate();
            var before = new Changes(queue, database, "club");
            capture(database, "club");
            var after = new Changes(queue, database, "club");
            assertThat(before.mayReach(List.of())).isFalse();
            assertThat(after.mayReach(List.of())).isTrue();

            database.jdbi().useHandle(handle -> handle.execute("delete from freshet.outbox"));
            capture(database, "club");
            capture(database, "other");
            assertThat(after.mayReach(List.of())).isFalse();
            assertThat(new Changes(queue, database, "nobody").mayReach(List.of()))
                    .isFalse();
        }
    }

    private static void capture(Database database, String application) {
        database.jdbi()
                .useHandle(handle -> handle.execute(
                        "insert into freshet.outbox (application, source) values (?, 'runs')", application));
    }
}
