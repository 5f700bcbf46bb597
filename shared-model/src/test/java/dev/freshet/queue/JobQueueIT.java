package dev.freshet.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.model.Job;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobQueueIT {
    @Test
    void smoke() {
        var services = TestServices.shared();
        try (var server = new RedisServer("queue", services.redisUrl(), Duration.ofSeconds(2));
                var waiting = new RedisServer("wait", services.redisUrl(), Duration.ofSeconds(3))) {
            var queue = new JobQueue(server, waiting, QueueOptions.defaults(services.newPrefix()));
            var job = Job.first("s:t:1", "s", "t", Instant.now(), true, "x", new byte[] {1, 2, 10, 3});
            assertThat(server.await(queue.enqueue(job))).isEqualTo(Enqueued.ACCEPTED);
            assertThat(server.await(queue.enqueue(job))).isEqualTo(Enqueued.DUPLICATE);
            assertThat(queue.awaitWork(Duration.ofSeconds(2))).isTrue();
            var claim = (Claim) queue.claim(10, Duration.ofSeconds(30));
            assertThat(claim.jobs()).containsExactly(job);
            assertThat(queue.settle(claim, List.of(), Map.of("applied", 1L))).isEqualTo(new Settled(1, 0, 0));
            assertThat(queue.status().counts()).isEqualTo(Map.of("accepted", 1L, "done", 1L, "applied", 1L));
        }
    }
}
