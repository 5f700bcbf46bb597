package dev.freshet.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.session.Sessions.Deleted;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.DatabaseProcess;
import dev.freshet.testing.EmbeddedRedis;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nobody is signed out because a server was away, and nobody who signed out comes back with it. */
class SessionOutageIT {
    private static final byte[] DATA = "{}".getBytes(UTF_8);

    private final EmbeddedRedis redis = EmbeddedRedis.start(0, "appendonly no");
    private DatabaseProcess database;
    private Visits visits;
    private Sessions sessions;

    @BeforeEach
    void start(@TempDir Path directory) {
        database = DatabaseProcess.start(directory.resolve("postgresql.log"));
        try (var work = new Database(database.url(), DatabaseOptions.DEFAULTS)) {
            work.migrate();
        }
        visits = new Visits(database.url());
        sessions = visits.sessions(redis.url());
    }

    @AfterEach
    void close() throws Exception {
        visits.close();
        database.close();
        redis.close();
    }

    @Test
    void withoutRedisTheyAreReadFromTheDatabase() {
        var before = sessions.create("7", DATA).token();
        redis.stop();
        assertThat(sessions.get(before)).isPresent();
        var during = sessions.create("7", DATA).token();
        assertThat(sessions.get(during)).isPresent();
        assertThat(sessions.put(during, DATA)).isTrue();
        var deleted = sessions.create("7", DATA).token();
        assertThat(sessions.delete(deleted)).isEqualTo(new Deleted(1, false));
        assertThat(sessions.get(deleted)).isEmpty();

        redis.restart(); // empty, or with what was saved
        await().untilAsserted(() -> {
            assertThat(sessions.get(before)).isPresent();
            assertThat(sessions.get(during)).isPresent();
            assertThat(sessions.get(deleted)).isEmpty();
        });
    }

    @Test
    void aRedisThatComesBackOlderBringsNobodyBack() {
        var token = sessions.create("7", DATA).token();
        var kept = sessions.create("8", DATA).token();
        assertThat(sessions.get(token)).isPresent();
        try (var server = new RedisServer("saver", redis.url(), Duration.ofSeconds(5))) {
            server.await(server.session().commands().save());
            assertThat(sessions.delete(token)).isEqualTo(new Deleted(1, true));
            var process = Long.parseLong(server.session().info("process_id"));
            ProcessHandle.of(process).ifPresent(ProcessHandle::destroyForcibly);
        }
        redis.restart();
        var another = visits.sessions(redis.url());
        await().untilAsserted(() -> {
            assertThat(another.get(token)).isEmpty();
            assertThat(sessions.get(token)).isEmpty();
            assertThat(sessions.get(kept)).isPresent();
        });
    }

    @Test
    void aRedisThatWasEmptiedSignsNobodyOut() {
        var tokens = new ArrayList<String>();
        for (int i = 0; i < 20; i++) {
            tokens.add(sessions.create(String.valueOf(i), DATA).token());
        }
        try (var server = new RedisServer("cleaner", redis.url(), Duration.ofSeconds(5))) {
            server.await(server.session().commands().flushall());
        }
        assertThat(tokens).allMatch(token -> sessions.get(token).isPresent());
    }

    @Test
    void withoutTheDatabaseThoseThatAreKnownGoOnAndNoneCanBeMade() {
        var known = sessions.create("7", DATA).token();
        var unknown = visits.uncached().create("8", DATA).token();
        assertThat(sessions.get(known)).isPresent();
        database.stop();

        assertThat(sessions.get(known)).isPresent();
        assertThat(sessions.extend(known)).as("not worth a write").isPresent();
        assertThatThrownBy(() -> sessions.create("7", DATA))
                .isInstanceOfSatisfying(
                        SessionException.class, e -> assertThat(e.mayPass()).isTrue());
        assertThatThrownBy(() -> sessions.get(unknown)).isInstanceOf(SessionException.class);
        assertThatThrownBy(() -> sessions.delete(known)).isInstanceOf(SessionException.class);

        database.restart();
        await().ignoreExceptionsInstanceOf(SessionException.class)
                .untilAsserted(() -> assertThat(sessions.get(unknown)).isPresent());
        await().ignoreExceptionsInstanceOf(SessionException.class)
                .untilAsserted(() -> assertThat(sessions.get(known)).isPresent());
        assertThat(sessions.delete(known)).isEqualTo(new Deleted(1, true));
        assertThat(sessions.get(known)).isEmpty();
    }

    @Test
    void whatCouldNotBeWrittenSignsNobodyOut() {
        var token = sessions.create("7", DATA).token();
        var known = sessions.get(token);
        visits.pass(Visits.TTL.dividedBy(10));
        database.stop();

        assertThat(sessions.extend(token)).as("as it was").isEqualTo(known);
        assertThat(sessions.get(token)).isPresent();
        assertThatThrownBy(() -> sessions.put(token, DATA)).isInstanceOf(SessionException.class);
        assertThatThrownBy(() -> sessions.create("7", DATA)).isInstanceOf(SessionException.class);
        assertThat(sessions.get(token)).isPresent();

        database.restart();
        var until = visits.now().plus(Visits.TTL);
        await().untilAsserted(() ->
                assertThat(sessions.extend(token).map(Session::expires)).contains(until));
    }

    @Test
    void afterAnOutageWasSeenTheNextDoNotWaitForItToo() {
        var unknown = visits.uncached().create("7", DATA).token();
        database.stop();
        await().untilAsserted(() -> assertThatThrownBy(() -> sessions.get(unknown))
                .isInstanceOfSatisfying(
                        SessionException.class, e -> assertThat(e.mayPass()).isTrue())
                .hasMessageContaining("the database was away a moment ago"));
    }

    @Test
    void aDeletionWhileOnlyItsOwnWayToRedisIsCutIsMadeUpFor() throws Exception {
        try (var proxy = CuttingProxy.before(redis.url())) {
            var cut = visits.sessions(proxy.url());
            var token = cut.create("7", DATA).token();
            assertThat(sessions.get(token)).isPresent();
            proxy.cut();
            assertThat(cut.delete(token)).isEqualTo(new Deleted(1, false));
            assertThat(cut.get(token)).as("where it was deleted").isEmpty();
            proxy.restore();
            await().untilAsserted(() -> assertThat(sessions.get(token)).isEmpty());
        }
    }
}
