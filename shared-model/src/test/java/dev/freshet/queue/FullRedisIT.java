package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.FAILED;
import static dev.freshet.queue.TestQueue.LEASE;
import static dev.freshet.queue.TestQueue.RECEIVED;
import static dev.freshet.queue.TestQueue.job;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.DeadBodies;
import dev.freshet.model.Job;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A Redis that has no memory left under {@code noeviction} refuses every command that takes some. In a script that is
 * so only up to its first write, so what workers do begins with a write that takes none.
 */
class FullRedisIT {
    private EmbeddedRedis redis;
    private QueueServices services;
    private TestQueue test;
    private JobQueue queue;

    @BeforeEach
    void start() {
        redis = EmbeddedRedis.start(0, "maxmemory-policy noeviction");
        services = QueueServices.alone(redis.url());
        test = services.newQueue();
        queue = test.queue;
    }

    @AfterEach
    void stop() {
        services.close();
        redis.close();
    }

    @Test
    void deliveriesAreRefusedAsWhileRedisIsAwayAndNothingIsKeptOfThem() {
        test.enqueue(1);
        fill();
        var before = test.dump();
        assertThatThrownBy(() -> test.enqueue(job(2)))
                .isInstanceOf(RedisException.class)
                .satisfies(error -> assertThat(RedisServer.isOutage(error)).isTrue());
        assertThatThrownBy(() -> test.enqueueDead(job(3)))
                .satisfies(error -> assertThat(RedisServer.isOutage(error)).isTrue());
        assertThat(test.dump()).isEqualTo(before);
        makeRoom();
        assertThat(test.enqueue(job(2))).isEqualTo(Enqueued.ACCEPTED);
    }

    @Test
    void workersGoOnUntilAllIsDone() {
        test.enqueueDead(job(8));
        test.enqueueDead(job(9));
        test.letters.replay(List.of("8"), 1_000);
        test.enqueue(1, 2, 3, 4, 5);
        fill();

        var claim = test.claim(4);
        assertThat(queue.renew(claim, LEASE.multipliedBy(2))).isTrue();
        assertThat(queue.unclaim(claim)).isTrue();
        claim = test.claim(3);
        var verdicts = List.of(
                new Verdict.Retry(claim.jobs().getFirst(), FAILED, Duration.ZERO),
                new Verdict.Bury(claim.jobs().getLast(), FAILED));
        assertThat(queue.settle(claim, List.copyOf(verdicts), Map.of("applied", 1L)))
                .isEqualTo(new Settled(1, 1, 1));
        test.claim(2);
        assertThat(test.crash()).isEqualTo(2);
        test.claim(1);
        test.crash();
        test.later(Duration.ofSeconds(2));
        assertThat(queue.tick(10)).isEqualTo(new Tick(1, 1, List.of()));
        queue.beat(new WorkerBeat("w", "host", 1, RECEIVED, RECEIVED, 0, 0, Optional.empty()));
        assertThat(queue.workers()).hasSize(1);
        assertThat(test.letters.discard(List.of("9"))).isEqualTo(1);
        await().until(() -> queue.awaitWork(Duration.ofMillis(20)));

        while (queue.claim(10, LEASE) instanceof Claim next) {
            assertThat(test.done(next).isLost()).isFalse();
        }
        assertThat(queue.audit().isClean()).isTrue();
        assertThat(test.places()).isEqualTo("dead 3, accepted=7, applied=1, dead=1, discarded=1, done=5");
    }

    @Test
    void strayListsCanBeMended() {
        test.enqueue(1, 2);
        var claim = test.claim(2);
        test.redis().zrem(test.keys.claims, claim.id().getBytes(UTF_8));
        fill();
        assertThat(queue.repair().strays()).hasSize(1);
        assertThat(test.places()).isEqualTo("suspect 1 2, accepted=2");
    }

    @Test
    void bodiesOfDeadLettersAreMovedAwayWhichMakesRoom() {
        try (var database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS)) {
            database.migrate();
            var bodies = new DeadBodies(database, test.prefix);
            var options = QueueOptions.defaults(test.prefix);
            var large = Job.first(
                    "1", "main", "a.b", RECEIVED, false, "t", "x".repeat(1_000).getBytes(UTF_8));
            test.enqueueDead(large);
            fill();
            assertThat(new Overflow(services.server, options, bodies, 0).move().moved())
                    .isEqualTo(1);
            assertThat(new DeadLetters(services.server, options, bodies).find("1"))
                    .get()
                    .satisfies(letter -> assertThat(letter.job()).isEqualTo(large.failed(FAILED)));
            assertThat(queue.audit().isClean()).isTrue();
        }
    }

    private void fill() {
        test.redis().configSet("maxmemory", "1");
    }

    private void makeRoom() {
        test.redis().configSet("maxmemory", "0");
    }
}
