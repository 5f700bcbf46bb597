package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.FAILED;
import static dev.freshet.queue.TestQueue.RECEIVED;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.DeadBodies;
import dev.freshet.model.Job;
import dev.freshet.redis.ScriptRunner;
import dev.freshet.testing.TestServices;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Bodies of dead letters that are too much for Redis, in a real PostgreSQL. */
class OverflowIT {
    private static final int BODY = 1_000;

    @RegisterExtension
    static final QueueServices services = new QueueServices();

    private static Database database;

    private TestQueue test;
    private DeadBodies bodies;
    private DeadLetters letters;

    @BeforeAll
    static void open() {
        database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
        database.migrate();
    }

    @AfterAll
    static void close() {
        database.close();
    }

    @BeforeEach
    void newQueue() {
        var options = QueueServices.options();
        test = services.newQueue(options);
        bodies = new DeadBodies(database, options.prefix());
        letters = new DeadLetters(services.server, options, bodies);
    }

    @Test
    void theOldestBodiesGoUntilTheRestIsSmallEnoughAndEveryLetterStaysWhole() {
        bury(1, 450);
        var report = overflow(100 * BODY).move();
        assertThat(report.moved()).isBetween(350, 449);
        assertThat(report.bytes()).isEqualTo((450L - report.moved()) * BODY);
        assertThat(stubs()).isEqualTo(report.moved());
        assertThat(test.places()).contains("accepted=450, dead=450");
        assertThat(letters.find("1")).get().satisfies(letter -> {
            assertThat(letter.isWhole()).isTrue();
            assertThat(letter.job()).isEqualTo(job(1).failed(FAILED));
        });
        var whole = new ArrayList<Job>();
        letters.eachWhole(DeadFilter.all(), letter -> whole.add(letter.job()));
        assertThat(whole).hasSize(450).contains(job(1).failed(FAILED), job(450).failed(FAILED));
        assertThat(letters.list(DeadFilter.all().withIds("10"), 0, 10)) // old, and first among those of its millisecond
                .singleElement()
                .satisfies(letter -> {
                    assertThat(letter.body()).isEqualTo(DeadLetter.Body.MOVED);
                    assertThat(letter.bodySize()).isEqualTo(BODY);
                    assertThat(letter.last()).isEqualTo(FAILED);
                });
    }

    @Test
    void nothingIsMovedWithinTheBoundAndSmallBodiesNever() {
        bury(1, 10);
        assertThat(overflow(10 * BODY).move().moved()).isZero();
        test.enqueueDead(TestQueue.job(11));
        var overflow = overflow(0);
        assertThat(overflow.move()).isEqualTo(new Overflow.Report(0, 10));
        assertThat(overflow.move()).isEqualTo(new Overflow.Report(0, 0));
    }

    @Test
    void whatDiesLaterIsMovedByTheSameMoverToo() {
        var overflow = overflow(0);
        bury(1, 3);
        assertThat(overflow.move().moved()).isEqualTo(3);
        bury(4, 5);
        assertThat(overflow.move().moved()).isEqualTo(2);
    }

    @Test
    void aMovedLetterIsReplayedWholeAndMayDieAndMoveAgain() {
        bury(1, 2);
        overflow(0).move();
        assertThat(letters.replay(List.of("1"), 100)).isEqualTo(1);
        test.queue.tick(10);
        var claim = test.claim(10);
        assertThat(claim.jobs()).singleElement().satisfies(job -> {
            assertThat(job.body()).isEqualTo(job(1).body());
            assertThat(job.attempt()).isEqualTo(1);
        });
        test.queue.settle(claim, List.of(new Verdict.Bury(claim.jobs().getFirst(), FAILED)), Map.of());
        assertThat(letters.find("1").orElseThrow().isWhole()).isTrue();
        assertThat(overflow(0).move().moved()).isEqualTo(1);
        assertThat(letters.find("1").orElseThrow().job().body()).isEqualTo(job(1).body());
        assertThat(test.places()).isEqualTo("dead 2 1, accepted=2, dead=2");
    }

    @Test
    void withoutTheDatabaseAMovedLetterStaysAndTheOthersAreReplayed() {
        bury(1, 2);
        overflow(0).move();
        bury(3, 3);
        var missing = new ArrayList<String>();
        int replayed = test.letters.replayAll(DeadFilter.all(), 100, new DeadProgress() {
            @Override
            public void bodyMissing(String jobId) {
                missing.add(jobId);
            }
        });
        assertThat(replayed).isEqualTo(1);
        assertThat(missing).contains("1", "2");
        assertThat(test.places()).isEqualTo("replay 3, dead 1 2, accepted=3, dead=2");
        assertThat(test.letters.find("1").orElseThrow().isWhole()).isFalse();
        assertThat(letters.replayAll(DeadFilter.all(), 100)).isEqualTo(2);
    }

    @Test
    void aLetterThatIsReplayedWhileItsBodyIsWrittenDownKeepsItsBodyInTheQueue() {
        bury(1, 2);
        var meddling = new Meddling(() -> test.letters.replay(List.of("1"), 100));
        assertThat(new Overflow(services.server, options(), meddling, 0).move().moved())
                .isEqualTo(1);
        test.queue.tick(10);
        assertThat(test.claim(10).jobs().getFirst().body()).isEqualTo(job(1).body());
        assertThat(letters.find("2").orElseThrow().job().body()).isEqualTo(job(2).body());
    }

    @Test
    void aLetterThatDiedAgainWhileItsBodyWasWrittenDownIsNotReplacedByTheOldOne() {
        bury(1, 1);
        var meddling = new Meddling(() -> {
            test.letters.replay(List.of("1"), 100);
            test.queue.tick(10);
            var claim = test.claim(10);
            test.queue.settle(claim, List.of(new Verdict.Bury(claim.jobs().getFirst(), FAILED)), Map.of());
        });
        assertThat(new Overflow(services.server, options(), meddling, 0).move().moved())
                .as("as the letter that it is by then")
                .isEqualTo(1);
        assertThat(letters.find("1").orElseThrow().job().attempts()).hasSize(3);
        assertThat(letters.find("1").orElseThrow().job().body()).isEqualTo(job(1).body());
    }

    @Test
    void aBodyThatMovesWhileItsLetterIsReplayedGoesAlong() {
        bury(1, 300);
        var moved = new ArrayList<Integer>();
        int replayed = letters.replayAll(DeadFilter.all(), 100, new DeadProgress() {
            @Override
            public void begins(List<String> jobIds) {
                moved.add(overflow(0).move().moved()); // after its head was read, before the script
            }
        });
        assertThat(replayed).isEqualTo(300);
        assertThat(moved.getFirst()).isEqualTo(300);
        test.later(Duration.ofHours(1));
        var bodies = new ArrayList<byte[]>();
        for (int i = 0; i < 3; i++) {
            test.queue.tick(100);
            test.claim(100).jobs().forEach(job -> bodies.add(job.body()));
            test.later(Duration.ofHours(2 + i));
        }
        assertThat(bodies).hasSize(300).allSatisfy(body -> assertThat(body).hasSize(BODY));
    }

    @Test
    void aMoverThatSleptTooLongTakesNoBodyAway() {
        bury(1, 1);
        var runner = new ScriptRunner(services.server);
        var sleepy = new Meddling(() -> runner.setClockOffset(Duration.ofMinutes(6)));
        assertThat(new Overflow(runner, options(), sleepy, 0).move().moved()).isZero();
        assertThat(stubs()).isZero();
    }

    @Test
    void aDiscardTakesTheMovedBodyAlong() {
        bury(1, 2);
        overflow(0).move();
        assertThat(letters.discardAll(DeadFilter.all().withIds("1"), DeadProgress.NONE))
                .isEqualTo(1);
        assertThat(rows()).isEqualTo(1);
        assertThat(test.places()).isEqualTo("dead 2, accepted=2, dead=1, discarded=1");
    }

    @Test
    void bodiesThatNoLetterNeedsAreClearedAwayAfterAWeekAndTheOthersStay() {
        bury(1, 3);
        overflow(0).move();
        letters.replay(List.of("1", "2"), 100);
        assertThat(overflow(0).sweep()).isZero();
        age("8 days");
        assertThat(overflow(0).sweep()).isEqualTo(2);
        age("8 days");
        assertThat(overflow(0).sweep()).isZero();
        assertThat(letters.find("3").orElseThrow().isWhole()).isTrue();
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void aQueueOfAnotherNameLosesNothingToTheSweep() {
        bury(1, 1);
        overflow(0).move();
        var other = QueueServices.options();
        var strange = new Overflow(services.server, other, new DeadBodies(database, other.prefix()), 0);
        age("8 days");
        assertThat(strange.sweep()).isZero();
        assertThat(letters.find("1").orElseThrow().isWhole()).isTrue();
    }

    private Overflow overflow(long mostBytes) {
        return new Overflow(services.server, options(), bodies, mostBytes);
    }

    private QueueOptions options() {
        return QueueOptions.defaults(test.prefix);
    }

    private void bury(int from, int to) {
        var all = new ArrayList<java.util.concurrent.CompletableFuture<Enqueued>>();
        for (int i = from; i <= to; i++) {
            all.add(test.queue.enqueueDead(job(i), FAILED).toCompletableFuture());
        }
        all.forEach(services.server::await);
    }

    private static Job job(int number) {
        var body = (number + " " + "é".repeat(BODY)).getBytes(UTF_8);
        return Job.first(
                String.valueOf(number), "main", "a.b", RECEIVED, false, "t", java.util.Arrays.copyOf(body, BODY));
    }

    private long stubs() {
        return test.redis().hvals(test.keys.dead).stream()
                .filter(letter -> new String(letter, UTF_8).contains("\nmoved " + BODY))
                .count();
    }

    private int rows() {
        return bodies.keys(Optional.empty(), 100).size();
    }

    private void age(String by) {
        database.jdbi()
                .useHandle(handle ->
                        handle.execute("update freshet.dead_bodies set unneeded = unneeded - ?::interval", by));
    }

    /** Lets something happen between the moment a body is safe and the moment its letter becomes a stub. */
    private final class Meddling implements BodyStore {
        private final Runnable meanwhile;
        private boolean done;

        private Meddling(Runnable meanwhile) {
            this.meanwhile = meanwhile;
        }

        @Override
        public void keep(Map<Key, byte[]> some) {
            bodies.keep(some);
            if (!done) {
                done = true;
                meanwhile.run();
            }
        }

        @Override
        public Map<Key, byte[]> read(Collection<Key> keys) {
            return bodies.read(keys);
        }

        @Override
        public void delete(Collection<Key> keys) {
            bodies.delete(keys);
        }

        @Override
        public List<Key> keys(Optional<Key> after, int most) {
            return bodies.keys(after, most);
        }

        @Override
        public int sweep(Collection<Key> needed, Collection<Key> unneeded) {
            return bodies.sweep(needed, unneeded);
        }
    }
}
