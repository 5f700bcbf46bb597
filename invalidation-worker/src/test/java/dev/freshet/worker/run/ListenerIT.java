package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.capture.CaptureTriggers;
import dev.freshet.capture.Outbox;
import dev.freshet.db.Channel;
import dev.freshet.settings.Settings;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.worker.WorkerProcess;
import dev.freshet.worker.run.Background.Task;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nobody looks by the clock while these run, but once at the start. */
class ListenerIT {
    private static final Duration POLL = Duration.ofHours(1);
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String LISTENERS =
            " from pg_stat_activity where application_name = 'freshet listener' and datname = current_database()";

    private final Club club = new Club();
    private final URI direct = URI.create(club.environment().get("DATABASE_URL"));
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

    @BeforeEach
    void install() throws SQLException {
        new CaptureTriggers(club.catalog, club.admin).install(true);
        club.execute("delete from freshet.outbox");
    }

    @AfterEach
    void close() {
        club.close();
    }

    @Test
    void whatIsCommittedIsCollectedAtOnce() {
        try (var listening = new Listening(direct)) {
            listening.awaitOpen();
            for (int member = 1; member <= 3; member++) {
                club.execute("insert into members values (" + member + ", 3)");
                awaitCollected(member);
                assertThat(count("freshet_capture_notifications_total")).isGreaterThanOrEqualTo(member);
            }
        }
        await().atMost(SOON).until(() -> club.number("select count(*)" + LISTENERS) == 0);
    }

    @Test
    void aConnectionThatBreaksIsOpenedAgain() {
        try (var listening = new Listening(direct)) {
            for (int member = 1; member <= 3; member++) {
                listening.awaitOpen();
                long pid = club.number("select pid" + LISTENERS);
                club.execute("select pg_terminate_backend(pid)" + LISTENERS);
                await().atMost(SOON)
                        .until(() -> club.number("select count(*) filter (where pid <> " + pid + ")"
                                        + " - count(*) filter (where pid = " + pid + ")" + LISTENERS)
                                == 1);
                club.execute("insert into members values (" + member + ", 3)");
                awaitCollected(member);
            }
        }
    }

    @Test
    void whatWasMissedWhileItWasBrokenIsCollectedOnceItIsMended() {
        try (var proxy = CuttingProxy.before(direct);
                var listening = new Listening(proxy.url())) {
            listening.awaitOpen();
            proxy.cut();
            await().atMost(SOON).until(() -> listening() == 0);
            club.execute("insert into members values (1, 3)");
            proxy.restore();
            awaitCollected(1);
            assertThat(count("freshet_capture_notifications_total")).isZero();
        }
    }

    @Test
    void aWorkerThatIsToldWhereToListenDoesSo() {
        var environment = club.environment();
        environment.put("CAPTURE_POLL", "1m");
        environment.put("CAPTURE_LISTEN_URL", direct.toString());
        try (var worker = WorkerProcess.start(new Settings(environment))) {
            assertThat(worker.port()).isPositive();
            await().atMost(SOON).until(() -> club.number("select count(*)" + LISTENERS) == 1);
            club.execute("insert into members values (1, 3)");
            await().atMost(SOON).until(() -> club.status().count("done") == 1);
            club.execute("insert into members values (2, 3)");
            await().atMost(SOON).until(() -> club.status().count("done") == 2);
        }
        await().atMost(SOON).until(() -> club.number("select count(*)" + LISTENERS) == 0);
    }

    private void awaitCollected(int jobs) {
        await().atMost(SOON).until(() -> club.status().count("accepted") == jobs);
    }

    private double listening() {
        return metrics.get("freshet_capture_listening").gauge().value();
    }

    private double count(String name) {
        return metrics.get(name).counter().count();
    }

    /** A collector and what wakes it, as a worker has them. */
    private final class Listening implements AutoCloseable {
        private final Listener listener;
        private final Background background;

        Listening(URI url) {
            var outbox = new Outbox(club.database, club.catalog.application());
            var collector = new Collector(outbox, club.queue, club.queueServer, metrics);
            var collecting = new Task("collector", POLL, collector::runOnce);
            var channel = new Channel(url, "CAPTURE_LISTEN_URL", Outbox.channel(club.catalog.application()));
            listener = new Listener(channel, collecting::runSoon, new Random(1), metrics);
            background = new Background(List.of(collecting, new Task("listener", Listener.REST, listener::runOnce)));
        }

        void awaitOpen() {
            await().atMost(SOON).until(() -> listening() == 1);
        }

        @Override
        public void close() {
            listener.close();
            background.close();
        }
    }
}
