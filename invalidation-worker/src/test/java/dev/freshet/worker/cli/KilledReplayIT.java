package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.queue.Claim;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replay in a process of its own, ended while it is at it. */
class KilledReplayIT {
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int LETTERS = 20_000;

    @TempDir
    Path directory = Path.of("");

    private final TestServices services = TestServices.shared();
    private final String prefix = services.newPrefix();
    private RedisServer server;
    private JobQueue queue;

    @BeforeEach
    void buryMany() {
        server = new RedisServer("queue", services.redisUrl(), Duration.ofSeconds(30));
        queue = new JobQueue(server, QueueOptions.defaults(prefix));
        var body = "{}".repeat(100).getBytes(UTF_8);
        for (int from = 0; from < LETTERS; from += 1_000) {
            var some = new ArrayList<java.util.concurrent.CompletableFuture<?>>();
            for (int i = from; i < from + 1_000; i++) {
                var job = Job.first("main:a.b:" + i, "main", "a.b", NOW, false, "", body);
                some.add(queue.enqueueDead(job, new Attempt(NOW, "w1", "apply", "boom"))
                        .toCompletableFuture());
            }
            some.forEach(server::await);
        }
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void aKilledReplayNeitherLosesNorDoublesALetterAndIsFinishedByTheNext() throws Exception {
        var replay = launch();
        await().atMost(PATIENCE).until(() -> queue.status().replay() > 0 || !replay.isAlive());
        replay.destroyForcibly();
        assertThat(replay.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

        var status = queue.status();
        assertThat(status.dead() + status.replay()).isEqualTo(LETTERS);
        assertThat(status.missing()).isZero();
        assertThat(CommandRun.of(environment(), "dlq", "replay", "--all", "--rate", "100000")
                        .code())
                .isZero();
        assertThat(queue.status().replay()).isEqualTo(LETTERS);
        assertThat(queue.status().missing()).isZero();
        assertEveryJobIsThereOnce();
    }

    @Test
    void aReplayThatIsToldToStopSaysHowFarItCame() throws Exception {
        var replay = launch();
        await().atMost(PATIENCE).until(() -> queue.status().replay() > 0 || !replay.isAlive());
        replay.destroy();
        assertThat(replay.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

        var said = Files.readString(directory.resolve("out"));
        long moved = queue.status().replay();
        assertThat(said).contains("replayed " + moved + " dead letters");
        if (moved < LETTERS) {
            assertThat(said).contains("then stopped; the same command again goes on with the rest");
        }
        var log = CommandRun.of(environment(), "dlq", "log", "--json").json();
        assertThat(log.get(0).path("letters").asLong()).isEqualTo(moved);
        assertThat(queue.status().missing()).isZero();
    }

    private void assertEveryJobIsThereOnce() {
        var ids = new HashSet<String>();
        int jobs = 0;
        while (jobs < LETTERS) {
            var claim = await().atMost(PATIENCE).until(this::claim, some -> !some.isEmpty());
            jobs += claim.size();
            claim.forEach(job -> ids.add(job.id()));
        }
        assertThat(jobs).isEqualTo(LETTERS);
        assertThat(ids).hasSize(LETTERS);
        assertThat(queue.status().count("done")).isEqualTo(LETTERS);
    }

    private List<Job> claim() {
        queue.tick(1_000);
        if (queue.claim(1_000, Duration.ofMinutes(5)) instanceof Claim claim) {
            queue.settle(claim, List.of(), Map.of());
            return claim.jobs();
        }
        return List.of();
    }

    private Process launch() throws IOException {
        var builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName(),
                "dlq",
                "replay",
                "--all",
                "--rate",
                "100000/s");
        builder.environment().clear();
        builder.environment().putAll(environment());
        return builder.redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile())
                .start();
    }

    private Map<String, String> environment() {
        return Map.of("REDIS_URL", services.redisUrl().toString(), "REDIS_KEY_PREFIX", prefix);
    }
}
