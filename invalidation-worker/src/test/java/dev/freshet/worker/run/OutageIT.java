package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.settings.Settings;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.worker.WorkerProcess;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class OutageIT {
    private static final Instant T1 = Instant.parse("2026-01-01T00:00:01Z");
    private static final Instant T2 = T1.plusSeconds(1);

    @Test
    void whilePostgresIsAwayJobsWaitUnharmed() {
        try (var club = new Club()) {
            var environment = club.environment();
            try (var proxy = CuttingProxy.before(URI.create(environment.get("DATABASE_URL")))) {
                environment.put("DATABASE_URL", proxy.url().toString());
                outage(club, environment, proxy, "postgresql");
            }
        }
    }

    @Test
    void whileTheCacheIsAwayJobsWaitUnharmed() {
        try (var club = new Club()) {
            var environment = club.environment();
            try (var proxy = CuttingProxy.before(URI.create(environment.get("REDIS_CACHE_URL")))) {
                environment.put("REDIS_CACHE_URL", proxy.url().toString());
                outage(club, environment, proxy, "cache");
            }
        }
    }

    private static void outage(Club club, Map<String, String> environment, CuttingProxy proxy, String dependency) {
        try (var worker = WorkerProcess.start(new Settings(environment))) {
            assertThat(worker.port()).isPositive();
            save(club, 0, 50);
            await().until(() -> club.status().count("done") == 50);

            proxy.cut();
            save(club, 50, 100);
            await().untilAsserted(() ->
                    assertThat(WorkerHealth.of(environment)).isEqualTo(new WorkerHealth(503, dependency)));
            save(club, 100, 150);
            await().until(() -> club.status().claimed() == 0);
            assertThat(club.status().ready() + club.status().suspect()).isEqualTo(100);
            assertThat(club.status().retry()).isZero();

            proxy.restore();
            await().until(() -> club.status().count("done") == 150);
            await().untilAsserted(() -> assertThat(WorkerHealth.of(environment)).isEqualTo(new WorkerHealth(200, "")));
        }
        assertThat(club.members()).hasSize(150);
        assertNothingIsLost(club);
    }

    @Test
    void aMoveThatWasCommittedWhileTheCacheWasAwayLeavesBothCohortsFreshOnceItIsDone() {
        try (var club = new Club()) {
            var environment = club.environment();
            try (var proxy = CuttingProxy.before(URI.create(environment.get("REDIS_CACHE_URL")))) {
                environment.put("REDIS_CACHE_URL", proxy.url().toString());
                try (var gate = club.gate("new.cohort_id = 4");
                        var worker = WorkerProcess.start(new Settings(environment))) {
                    assertThat(worker.port()).isPositive();
                    club.saved(1, 3, T1);
                    await().until(() -> club.status().count("done") == 1);
                    club.cache(3);
                    club.cache(4);

                    club.saved(1, 4, T2);
                    await().until(() -> gate.waiting().size() == 1);
                    proxy.cut();
                    gate.open();
                    await().until(() -> club.members().equals(Map.of(1L, 4)));
                    await().until(() -> club.status().claimed() == 0);
                    proxy.restore();
                    await().until(() -> club.status().count("done") == 2);
                    assertThat(club.isCached(3)).isFalse();
                    assertThat(club.isCached(4)).isFalse();
                }
            }
            assertNothingIsLost(club);
        }
    }

    @Test
    void aWorkerSurvivesTheQueueAndLosesNothing() {
        try (var redis = EmbeddedRedis.start(0);
                var club = new Club(redis.url())) {
            var environment = club.environment();
            environment.put("WORKER_LANES", "1");
            try (var worker = WorkerProcess.start(new Settings(environment))) {
                assertThat(worker.port()).isPositive();
                save(club, 0, 50);
                await().until(() -> club.status().count("done") == 50);
                club.queue.pause("the test fills it");
                save(club, 50, 100);

                redis.stop();
                await().untilAsserted(() ->
                        assertThat(WorkerHealth.of(environment)).isEqualTo(new WorkerHealth(503, "queue")));
                redis.restart();
                await().until(club.queueServer::isConnected);
                club.queue.resume();
                save(club, 100, 150);
                await().until(() -> club.status().count("done") == 150);
                await().untilAsserted(
                                () -> assertThat(WorkerHealth.of(environment)).isEqualTo(new WorkerHealth(200, "")));
            }
            assertThat(club.members()).hasSize(150);
            assertNothingIsLost(club);
        }
    }

    @Test
    void aBatchThatMeetsALockIsTriedAgainLater() {
        try (var club = new Club()) {
            club.execute(
                    "do $$ begin execute 'alter database ' || current_database() || ' set lock_timeout = 50'; end $$");
            var environment = club.environment();
            environment.put("WORKER_RETRY_BASE", "100ms");
            environment.put("WORKER_RETRY_CAP", "200ms");
            environment.put("WORKER_RETRY_ATTEMPTS", "100");
            try (var worker = WorkerProcess.start(new Settings(environment))) {
                assertThat(worker.port()).isPositive();
                club.whileHeld("lock table members in access exclusive mode", () -> {
                    save(club, 0, 200);
                    await().until(() -> club.status().retry() > 0);
                    assertThat(club.status().dead()).isZero();
                });
                await().until(() -> club.status().count("done") == 200);
            }
            assertThat(club.members()).hasSize(200);
            assertNothingIsLost(club);
        }
    }

    @Test
    void twoWorkersInADeadlockBothFinish() {
        try (var club = new Club()) {
            club.execute("do $$ begin execute 'alter database ' || current_database() || ' set deadlock_timeout = 100';"
                    + " end $$");
            club.execute("""
                    create sequence tries;
                    create table shelves (id int primary key); insert into shelves values (1), (2);
                    create function a_first() returns trigger language plpgsql as $$
                    begin perform nextval('tries') from shelves where id = new.id for update; return new; end $$;
                    create function z_last() returns trigger language plpgsql as $$
                    begin perform from shelves where id = 3 - new.id for update; return new; end $$;
                    create trigger a_first before insert on members for each row execute function a_first();
                    create trigger z_last before insert on members for each row execute function z_last()""");
            try (var gate = club.gate("true"); // its name stands between those of the two others, and so does its turn
                    var executor = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int member = 1; member <= 2; member++) {
                    club.saved(member, 3, T1);
                    var worker = club.newWorker();
                    executor.execute(worker::runOnce);
                    int waiting = member;
                    await().until(() -> gate.waiting().size() == waiting);
                }
                gate.open();
                await().until(() -> club.status().count("done") == 2);
            }
            assertThat(club.members()).hasSize(2);
            assertThat(club.number("select last_value from tries"))
                    .as("one of the two was the deadlock's victim, at least once")
                    .isGreaterThanOrEqualTo(3);
            assertNothingIsLost(club);
        }
    }

    private static void save(Club club, int from, int to) {
        for (int member = from; member < to; member++) {
            club.saved(member, 3, T1);
        }
    }

    private static void assertNothingIsLost(Club club) {
        var status = club.status();
        assertThat(status.inFlight()).isZero();
        assertThat(status.dead()).isZero();
        assertThat(status.missing()).isZero();
        assertThat(status.count("done")).isEqualTo(status.count("accepted"));
        assertThat(club.crashes()).isZero();
    }
}
