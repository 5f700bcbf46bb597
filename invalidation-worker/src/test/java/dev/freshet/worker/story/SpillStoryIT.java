package dev.freshet.worker.story;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.model.Hmac;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.dev.Stage;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Both processes, and a queue that comes and goes. */
class SpillStoryIT {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final HttpClient http = HttpClient.newHttpClient();
    private final CuttingProxy redis = CuttingProxy.before(TestServices.shared().redisUrl());
    private final Stage stage = Stage.ofTests(
            "tafta",
            1,
            Map.of("REDIS_QUEUE_URL", redis.url().toString(), "QUEUE_PATIENCE", "500ms", "SPILL_PATIENCE", "30s"));
    private final RedisServer server =
            new RedisServer("test", TestServices.shared().redisUrl(), Duration.ofSeconds(5));
    private final JobQueue queue =
            new JobQueue(server, QueueOptions.defaults(stage.environment().getOrDefault("REDIS_KEY_PREFIX", "")));

    @AfterEach
    void close() {
        stage.close();
        server.close();
        redis.close();
    }

    @Test
    void whatIsAcceptedWithoutTheQueueIsAppliedOnceWhenItIsBack() throws Exception {
        redis.cut();
        for (int i : IntStream.range(0, 10).toArray()) {
            assertThat(deliver(i).statusCode()).isEqualTo(200);
        }
        assertThat(deliver(3).body()).contains("\"duplicate\"");
        redis.restore();
        await().atMost(LONG).until(() -> queue.status().count("done") == 10);
        assertThat(deliver(3).body()).contains("\"duplicate\"");
        assertThat(queue.status().count("accepted")).isEqualTo(10);
        assertThat(queue.status().missing()).isZero();
    }

    @Test
    void whatAHangingQueueTookLateIsNotDoneTwice() throws Exception {
        redis.hold();
        assertThat(deliver(1).statusCode()).isEqualTo(200);
        redis.release();
        await().atMost(LONG).until(() -> queue.status().count("done") == 1);
        await().atMost(LONG)
                .until(() -> deliver(2).statusCode() == 200 && queue.status().count("done") == 2);
        assertThat(queue.status().count("accepted")).isEqualTo(2);
        assertThat(queue.status().missing()).isZero();
    }

    private HttpResponse<String> deliver(int lead) throws Exception {
        var body = """
                {"id":"spill-%d","resource":"lead","action":"created","created_at":"2026-09-03T23:23:04.000Z",
                 "payload":{"id":%d,"email":"lee@example.com","created_at":"2026-09-03T23:23:03.758Z"}}""".formatted(lead, 1_000 + lead).getBytes(UTF_8);
        return http.send(
                HttpRequest.newBuilder(stage.ingest("/webhooks/thinkific"))
                        .header("X-Thinkific-Hmac-Sha256", Hmac.signHex(stage.setting("THINKIFIC_SECRETS"), body))
                        .POST(BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofString());
    }
}
