package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.FAILED;
import static dev.freshet.queue.TestQueue.RECEIVED;
import static dev.freshet.queue.TestQueue.awaitedJob;
import static dev.freshet.queue.TestQueue.job;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class DeadLettersIT {
    @RegisterExtension
    static final QueueServices services = new QueueServices();

    private TestQueue test;
    private DeadLetters letters;

    @BeforeEach
    void newQueue() {
        test = services.newQueue();
        letters = test.letters;
    }

    @Test
    void lettersAreListedLatestFirstAndPageByPage() {
        bury(250);
        assertThat(ids(letters.list(DeadFilter.all(), 0, 2))).containsExactly("250", "249");
        assertThat(ids(letters.list(DeadFilter.all(), 120, 3))).containsExactly("130", "129", "128");
        assertThat(letters.list(DeadFilter.all(), 0, 1_000)).hasSize(250);
        assertThat(letters.list(DeadFilter.all(), 250, 10)).isEmpty();
    }

    @Test
    void aLetterTellsTheJobItsTriesAndWhen() {
        test.enqueueDead(job(1));
        var letter = letters.find("1").orElseThrow();
        assertThat(letter.job()).isEqualTo(job(1).failed(FAILED));
        assertThat(letter.isWhole()).isTrue();
        var listed = letters.list(DeadFilter.all(), 0, 1).getFirst();
        assertThat(listed.isWhole()).isFalse();
        assertThat(listed.job().body()).isEmpty();
        assertThat(listed.bodySize()).isEqualTo(job(1).body().length);
        assertThat(listed.last()).isEqualTo(FAILED);
        assertThat(Duration.between(letter.at(), Instant.now()).abs()).isLessThan(Duration.ofMinutes(1));
        assertThat(letters.find("2")).isEmpty();
    }

    @Test
    void filtersChooseBySiteTopicErrorAndTime() {
        bury(2);
        var other = Job.first("3", "second", "c.d", RECEIVED, false, "t", new byte[0]);
        services.server.await(test.queue.enqueueDead(other, new Attempt(RECEIVED, "w", "decode", "no id")));
        var all = DeadFilter.all();
        var minute = Duration.ofMinutes(1);
        assertThat(ids(all.withSite("second"))).containsExactly("3");
        assertThat(ids(all.withTopic("a.b"))).containsExactly("2", "1");
        assertThat(ids(all.withError("no id"))).containsExactly("3");
        assertThat(ids(all.withSince(Instant.now().plus(minute)))).isEmpty();
        assertThat(ids(all.withSince(Instant.now().minus(minute)))).containsExactly("3");
        assertThat(ids(all.withBefore(Instant.now().minus(minute)))).containsExactly("2", "1");
        assertThat(ids(all.withIds("2", "3"))).containsExactly("3", "2");
        assertThat(ids(all.withIds("2*", "*"))).containsExactly("3", "2", "1");
        assertThat(ids(all.withIds("*2*").withTopic("c.d"))).isEmpty();
        assertThat(ids(all.withIds("."))).as("no regular expression").isEmpty();
    }

    @Test
    void aReplayedLetterGoesThroughReplayToReadyWithAllTriesOpen() {
        test.enqueueDead(awaitedJob(1));
        assertThat(letters.replay(List.of("1", "unknown"), 100)).isEqualTo(1);
        assertThat(test.places()).isEqualTo("replay 1, awaited {1=queued}, accepted=1");
        assertThat(test.queue.tick(10).replays()).isEqualTo(1);
        assertThat(test.places()).isEqualTo("ready 1, awaited {1=queued}, accepted=1");
        var claim = test.claim(1);
        var replayed = claim.jobs().getFirst();
        assertThat(replayed.attempt()).isEqualTo(1);
        assertThat(replayed.attempts()).hasSize(2).first().isEqualTo(FAILED);
        assertThat(replayed.body()).isEqualTo(awaitedJob(1).body());
        test.queue.settle(claim, List.of(new Verdict.Bury(replayed, FAILED)), Map.of());
        assertThat(test.places()).isEqualTo("dead 1, awaited {1=dead}, accepted=1, dead=1");
    }

    @Test
    void replaysAreLetInAtTheirRateWhoeverAsks() {
        bury(100);
        assertThat(letters.replayAll(DeadFilter.all(), 10)).isEqualTo(100);
        assertThat(test.queue.tick(3).replays()).isEqualTo(3);
        test.later(Duration.ofMinutes(-10)); // a second process whose clock does not count: only Redis' does
        assertThat(test.queue.tick(100).replays()).isZero();
        test.later(Duration.ofHours(1));
        assertThat(test.queue.tick(100).replays()).isEqualTo(10); // a second's worth, whatever time went by
        test.later(Duration.ofHours(1).plusMillis(500));
        assertThat(test.queue.tick(100).replays()).isBetween(5, 10);
        assertThatThrownBy(() -> letters.replay(List.of("1"), 0)).hasMessageContaining("more than 0 jobs a second");
    }

    @Test
    void allThatMatchAreReplayedAndTheOthersStay() {
        bury(230);
        services.server.await(
                test.queue.enqueueDead(Job.first("kept", "second", "c.d", RECEIVED, false, "t", new byte[0]), FAILED));
        var main = DeadFilter.all().withSite("main");
        assertThat(letters.replayAll(main, 100)).isEqualTo(230);
        assertThat(letters.replayAll(main, 100)).isZero();
        assertThat(test.ids().get("dead")).containsExactly("kept");
        assertThat(test.queue.status().replay()).isEqualTo(230);
        assertThat(test.queue.status().missing()).isZero();
    }

    @Test
    void aReplayFillsTheQueueToItsHalfAndGoesOnLater() {
        test = services.newQueue(QueueServices.options().withMaxBytes(10));
        letters = test.letters;
        bury(3);
        var room = new Room();
        assertThat(letters.replayAll(DeadFilter.all(), 100, room)).isEqualTo(1);
        assertThat(room.full).isTrue();
        assertThat(test.places()).isEqualTo("replay 1, dead 2 3, accepted=3, dead=2");
        assertThat(letters.replay(List.of("3"), 100, room)).isZero();
        test.queue.tick(10);
        test.done(test.claim(1));
        assertThat(letters.replayAll(DeadFilter.all(), 100)).isEqualTo(1);
        assertThat(test.places()).isEqualTo("replay 2, dead 3, accepted=3, dead=1, done=1");
    }

    private static final class Room implements DeadProgress {
        private boolean full;

        @Override
        public void full() {
            full = true;
        }
    }

    @Test
    void discardedLettersAreCountedAndGone() {
        bury(2);
        test.enqueueDead(awaitedJob(3));
        assertThat(letters.discard(List.of("1", "3", "unknown"))).isEqualTo(2);
        assertThat(test.places()).isEqualTo("dead 2, accepted=3, dead=1, discarded=2");
        assertThat(letters.discard(List.of())).isZero();
    }

    private void bury(int jobs) {
        var all = IntStream.rangeClosed(1, jobs)
                .mapToObj(i -> test.queue.enqueueDead(job(i), FAILED).toCompletableFuture())
                .toList();
        all.forEach(services.server::await);
        // all within a few milliseconds: let the order of the ids be the order of burial
        IntStream.rangeClosed(1, jobs)
                .forEach(i -> test.redis()
                        .zadd(
                                test.keys.deadAt,
                                1_700_000_000_000.0 + i,
                                String.valueOf(i).getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    private List<String> ids(DeadFilter filter) {
        return ids(letters.list(filter, 0, 100));
    }

    private static List<String> ids(List<DeadLetter> letters) {
        return letters.stream().map(letter -> letter.job().id()).toList();
    }
}
