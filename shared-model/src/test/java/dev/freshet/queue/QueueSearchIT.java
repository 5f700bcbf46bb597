package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.FAILED;
import static dev.freshet.queue.TestQueue.job;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.queue.QueueSearch.Place;
import dev.freshet.redis.ScriptRunner;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class QueueSearchIT {
    @RegisterExtension
    static final QueueServices services = new QueueServices();

    private TestQueue test;
    private QueueSearch search;

    @BeforeEach
    void newQueue() {
        test = services.newQueue();
        search = search(QueueSearch.MAX_SEARCHED);
    }

    private QueueSearch search(int most) {
        return new QueueSearch(new ScriptRunner(services.server), QueueOptions.defaults(test.prefix), most);
    }

    private Optional<Place> place(String id) {
        var result = search.find(id);
        assertThat(result.gaveUp()).isFalse();
        return result.found().map(QueueSearch.Found::place);
    }

    @Test
    void aJobIsFoundWhereverItWaits() {
        test.enqueueDead(job(1));
        test.letters.replay(List.of("1"), 100);
        test.enqueue(2, 3, 4, 5);
        var retried = test.claim(1);
        test.queue.settle(
                retried, List.of(new Verdict.Retry(retried.jobs().getFirst(), FAILED, Duration.ofHours(1))), Map.of());
        test.queue.unclaimAsSuspects(test.claim(1));
        test.done(test.claim(1));
        test.enqueue(6);

        assertThat(place("1")).contains(Place.REPLAY);
        assertThat(place("2")).contains(Place.RETRY);
        assertThat(place("3")).as("suspects go first").isEmpty();
        assertThat(place("4")).contains(Place.READY);
        assertThat(place("6")).contains(Place.READY);
        assertThat(place("7")).isEmpty();
        assertThat(place("")).isEmpty();

        test.queue.unclaimAsSuspects(test.claim(1));
        assertThat(place("4")).contains(Place.SUSPECT);
        var claim = test.claim(1);
        var found = search.find("4").found().orElseThrow();
        assertThat(found.place()).isEqualTo(Place.CLAIMED);
        assertThat(found.claim()).contains(claim.id());
        assertThat(found.until()).isPresent();
        assertThat(search.find("2").found().orElseThrow().until()).isPresent();
    }

    @Test
    void whatIsFoundHasItsHeaderButNoBody() {
        test.enqueue(1);
        var found = search.find("1").found().orElseThrow();
        assertThat(found.job().topic()).isEqualTo("a.b");
        assertThat(found.job().body()).isEmpty();
    }

    @Test
    void anIdThatAnotherBeginsWithIsNotTakenForIt() {
        test.enqueue(12);
        assertThat(place("1")).isEmpty();
        assertThat(place("12")).isPresent();
    }

    @Test
    void aLongQueueIsReadInPiecesAndOnlySoFar() {
        test.queue
                .enqueueAll(IntStream.range(0, 1_000).mapToObj(TestQueue::job).toList())
                .toCompletableFuture()
                .join();
        assertThat(search.find("0").found()).isPresent();
        assertThat(search(1_000).find("none")).isEqualTo(new QueueSearch.Result(Optional.empty(), false));
        assertThat(search(999).find("none")).isEqualTo(new QueueSearch.Result(Optional.empty(), true));
    }

    @Test
    void jobsAreCountedByTheirBodies() {
        test.enqueue(IntStream.rangeClosed(1, 45).toArray());
        test.claim(10);
        var threes = search.count(job -> new String(job.body(), StandardCharsets.UTF_8).contains("3"));
        assertThat(threes).isEqualTo(new QueueSearch.Count(14, false));
        assertThat(search(40).count(job -> true).gaveUp()).isTrue();
    }

    @Test
    void nothingIsChanged() {
        test.enqueue(1, 2, 3);
        test.claim(1);
        var before = test.dump();
        assertThat(search.find("3").found()).isPresent();
        assertThat(search.count(job -> false).jobs()).isZero();
        assertThat(test.dump()).isEqualTo(before);
    }
}
