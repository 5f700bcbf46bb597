package dev.freshet.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.session.Sessions.Deleted;
import dev.freshet.testing.TestServices;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Under the rights of serve, whose transactions only read unless they say otherwise. */
class SessionsIT {
    private static final byte[] DATA = "{\"cart\":1}".getBytes(UTF_8);
    private static final byte[] OTHER = "{\"cart\":2}".getBytes(UTF_8);

    private final URI adminUrl = TestServices.shared().newDatabase();
    private final Database admin = new Database(adminUrl, DatabaseOptions.DEFAULTS);
    private Visits visits;
    private Sessions sessions;
    private Sessions elsewhere;

    @BeforeEach
    void migrate() {
        try (var work = new Database(TestServices.shared().workUrl(adminUrl), DatabaseOptions.DEFAULTS)) {
            work.migrate();
        }
        visits = new Visits(TestServices.shared().migratedServeUrl(adminUrl));
        sessions = visits.sessions(TestServices.shared().cacheUrl());
        elsewhere = visits.sessions(TestServices.shared().cacheUrl());
    }

    @AfterEach
    void close() throws Exception {
        visits.close();
        admin.close();
    }

    @Test
    void aSessionIsReadWhereverItWasCreated() {
        var created = sessions.create("7", DATA);
        assertThat(created.session())
                .isEqualTo(new Session(
                        "7",
                        DATA,
                        visits.now(),
                        visits.now().plus(Visits.TTL),
                        visits.now().plus(Visits.LONGEST)));
        for (var reader : List.of(sessions, elsewhere, visits.uncached())) {
            assertThat(reader.get(created.token())).contains(created.session());
        }
        assertThat(created.toString()).doesNotContain(created.token()).doesNotContain("cart");
    }

    @Test
    void itIsReadFromTheCache() {
        var created = sessions.create("7", DATA);
        var unread = sessions.create("8", DATA);
        assertThat(sessions.get(created.token())).contains(created.session());
        admin.jdbi().useHandle(handle -> handle.execute("delete from freshet.sessions"));
        assertThat(elsewhere.get(created.token())).contains(created.session());
        assertThat(visits.uncached().get(created.token())).isEmpty();
        assertThat(sessions.get(unread.token()))
                .as("stored by who made it, it could outlive its end")
                .isEmpty();
    }

    @Test
    void aTokenThatNobodySignedIsAskedOfNobody() {
        var token = sessions.create("7", DATA).token();
        var forged = token.substring(0, token.length() - 2) + (token.endsWith("AA") ? "BB" : "AA");
        admin.jdbi().useHandle(handle -> handle.execute("drop table freshet.sessions"));
        assertThat(sessions.get(forged)).isEmpty();
        assertThat(sessions.put(forged, DATA)).isFalse();
        assertThat(sessions.extend(forged)).isEmpty();
        assertThat(sessions.delete(forged)).isEqualTo(new Deleted(0, true));
    }

    @Test
    void whatIsPutIsReadByEverybodyAtOnce() {
        var token = sessions.create("7", DATA).token();
        assertThat(elsewhere.get(token)).isPresent();
        assertThat(sessions.put(token, OTHER)).isTrue();
        for (var reader : List.of(sessions, elsewhere)) {
            assertThat(reader.get(token).map(Session::data).map(String::new)).contains(new String(OTHER, UTF_8));
        }
    }

    @Test
    void aDeletedSessionIsGoneForEverybody() {
        var token = sessions.create("7", DATA).token();
        assertThat(elsewhere.get(token)).isPresent();
        assertThat(sessions.delete(token)).isEqualTo(new Deleted(1, true));
        assertThat(elsewhere.get(token)).isEmpty();
        assertThat(sessions.delete(token)).as("again").isEqualTo(new Deleted(0, true));
        assertThat(sessions.put(token, OTHER)).isFalse();
        assertThat(sessions.extend(token)).isEmpty();
    }

    @Test
    void aDeletionThatComesAgainClearsWhatAFirstOneLeft() {
        var token = sessions.create("7", DATA).token();
        assertThat(sessions.get(token)).isPresent();
        // as if the process had died after the commit
        admin.jdbi().useHandle(handle -> handle.execute("delete from freshet.sessions"));
        assertThat(elsewhere.get(token)).isPresent();
        assertThat(sessions.delete(token)).isEqualTo(new Deleted(0, true));
        assertThat(elsewhere.get(token)).isEmpty();
    }

    @Test
    void anEndOfAllOfAnOwnersThatComesAgainClearsWhatAFirstOneLeft() {
        var token = sessions.create("7", DATA).token();
        assertThat(elsewhere.get(token)).isPresent();
        // as if the process had died after the commit
        assertThat(visits.uncached().deleteAll("7")).isEqualTo(new Deleted(1, true));
        assertThat(elsewhere.get(token)).as("left in the cache").isPresent();
        assertThat(sessions.prune()).isZero();
        assertThat(sessions.deleteAll("7")).isEqualTo(new Deleted(0, true));
        assertThat(elsewhere.get(token)).isEmpty();
    }

    @Test
    void whatWasEndedIsOverAlsoByAClockThatIsBehindAndNothingIsLeftOfIt() {
        var token = sessions.create("7", DATA).token();
        visits.pass(Duration.ofMinutes(1));
        assertThat(sessions.deleteAll("7")).isEqualTo(new Deleted(1, true));
        visits.pass(Duration.ofSeconds(-30));
        for (var reader : List.of(sessions, elsewhere, visits.uncached())) {
            assertThat(reader.get(token)).isEmpty();
            assertThat(reader.put(token, OTHER)).isFalse();
            assertThat(reader.extend(token)).isEmpty();
        }
        assertThat(sessions.count("7")).isZero();
        assertThat(rows("where data <> ''")).isZero();
        assertThat(rows("")).isEqualTo(1);
    }

    private long rows(String which) {
        return admin.jdbi()
                .withHandle(handle -> handle.createQuery("select count(*) from freshet.sessions " + which)
                        .mapTo(Long.class)
                        .one());
    }

    @Test
    void itEndsWhenItsTimeIsOverWhateverTheCacheSays() {
        var token = sessions.create("7", DATA).token();
        visits.pass(Visits.TTL.minusMillis(1));
        assertThat(sessions.get(token)).isPresent();
        visits.pass(Duration.ofMillis(1));
        for (var reader : List.of(sessions, elsewhere, visits.uncached())) {
            assertThat(reader.get(token)).isEmpty();
            assertThat(reader.put(token, OTHER)).isFalse();
            assertThat(reader.extend(token)).isEmpty();
        }
    }

    @Test
    void itIsExtendedWhereThatIsWorthAWriteAndNotBeyondItsLongest() {
        var created = sessions.create("7", DATA);
        var token = created.token();
        visits.pass(Visits.TTL.dividedBy(20));
        assertThat(sessions.extend(token)).as("hardly older").contains(created.session());
        assertThat(writes()).isZero();

        visits.pass(Visits.TTL.dividedBy(20));
        var until = visits.now().plus(Visits.TTL);
        assertThat(sessions.extend(token).map(Session::expires)).contains(until);
        assertThat(writes()).isEqualTo(1);
        assertThat(elsewhere.get(token).map(Session::expires)).contains(until);

        Optional<Session> session = Optional.empty();
        for (int i = 0; i < 4; i++) {
            visits.pass(Duration.ofMinutes(40));
            session = elsewhere.extend(token);
        }
        assertThat(session.map(Session::expires)).contains(created.session().ends());
        visits.pass(Duration.ofMinutes(14));
        assertThat(sessions.extend(token)).isEmpty();
        assertThat(sessions.get(token)).isEmpty();
    }

    private long writes() {
        return rows("where expires > created + interval '1 hour'");
    }

    @Test
    void allOfAnOwnerEndTogetherAndNobodyElses() {
        var tokens = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            tokens.add(sessions.create("7", DATA).token());
        }
        var other = sessions.create("8", DATA).token();
        var nobodys = sessions.create("", DATA).token();
        var namesake = visits.sessions(TestServices.shared().cacheUrl(), "another");
        var theirs = namesake.create("7", DATA).token();
        assertThat(sessions.get(theirs)).as("of another application").isEmpty();
        assertThat(sessions.count("7")).isEqualTo(3);

        assertThat(elsewhere.deleteAll("7")).isEqualTo(new Deleted(3, true));
        assertThat(tokens).noneMatch(token -> sessions.get(token).isPresent());
        assertThat(sessions.deleteAll("")).isEqualTo(new Deleted(0, true));
        assertThat(sessions.deleteAll("\0")).as("whom nobody can be").isEqualTo(new Deleted(0, true));
        assertThat(sessions.get(other)).isPresent();
        assertThat(sessions.get(nobodys)).isPresent();
        assertThat(namesake.get(theirs)).isPresent();
    }

    @Test
    void ofOneOwnerTheLatestHundredAreKept() {
        var tokens = new ArrayList<String>();
        for (int i = 0; i < 102; i++) {
            visits.pass(Duration.ofMillis(1));
            tokens.add(sessions.create("7", DATA).token());
        }
        assertThat(sessions.count("7")).isEqualTo(100);
        assertThat(elsewhere.get(tokens.get(0))).isEmpty();
        assertThat(elsewhere.get(tokens.get(1))).isEmpty();
        assertThat(elsewhere.get(tokens.get(2))).isPresent();
        assertThat(elsewhere.get(tokens.getLast())).isPresent();
    }

    @Test
    void whatIsTooLongIsRefused() {
        var large = new byte[Visits.MAX_BYTES + 1];
        assertThatThrownBy(() -> sessions.create("7", large)).hasMessageContaining("at most 100 bytes");
        assertThatThrownBy(() -> sessions.put("x", large)).hasMessageContaining("at most 100 bytes");
        assertThatThrownBy(() -> sessions.create("7".repeat(257), DATA)).hasMessageContaining("at most 256");
    }

    @Test
    void whatIsOverIsPruned() {
        sessions.create("7", DATA);
        visits.pass(Duration.ofMinutes(30));
        var token = sessions.create("7", DATA).token();
        visits.pass(Duration.ofMinutes(30));
        assertThat(sessions.count("7")).isEqualTo(1);
        assertThat(visits.uncached().get(token)).isPresent();
        assertThat(sessions.prune()).as("it may still be in the cache").isZero();
        visits.pass(Duration.ofHours(2));
        assertThat(sessions.prune()).isEqualTo(1);
        assertThat(sessions.prune()).isZero();
        assertThat(rows("")).isEqualTo(1);
    }

    @Test
    void aClockThatIsAheadPrunesNothingThatIsAlive() {
        visits.pass(Duration.between(visits.now(), Instant.now()));
        var token = sessions.create("7", DATA).token();
        visits.pass(Duration.ofDays(9));
        assertThat(sessions.prune()).isZero();
        visits.pass(Duration.ofDays(-9));
        assertThat(visits.uncached().get(token)).isPresent();
    }

    @Test
    void aReadThatBeganBeforeAWriteLeavesNothingOldBehind() throws Exception {
        var token = sessions.create("7", DATA).token();
        var readers = new ArrayList<Thread>();
        var wrong = new ArrayList<String>();
        var done = new AtomicBoolean();
        for (int i = 0; i < 4; i++) {
            var reader = visits.sessions(TestServices.shared().cacheUrl());
            readers.add(Thread.ofVirtual().start(() -> {
                while (!done.get()) {
                    reader.get(token);
                }
            }));
        }
        for (int i = 0; i < 200; i++) {
            var written = ("{\"cart\":" + i + "}").getBytes(UTF_8);
            sessions.put(token, written);
            var read = elsewhere.get(token).map(Session::data).map(String::new).orElse("");
            if (!read.equals(new String(written, UTF_8))) {
                wrong.add(i + ": " + read);
            }
        }
        done.set(true);
        for (var reader : readers) {
            reader.join();
        }
        assertThat(wrong).isEmpty();
    }
}
