package dev.freshet.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PatienceTest {
    @Test
    void whatDoesNotComeInTimeFailsAlsoLongAfterTheLast() {
        try (var patience = new Patience(Duration.ofMillis(5))) {
            for (int i = 0; i < 20; i++) { // each after the one before, so that it has nothing to look at in between
                var never = patience.limit(new CompletableFuture<String>());
                assertThatThrownBy(never::join).hasCauseInstanceOf(TimeoutException.class);
            }
        }
    }

    @Test
    void whatComesIsLeftAloneAndHoldsUpNoOther() {
        try (var patience = new Patience(Duration.ofMillis(5))) {
            var answers = IntStream.range(0, 100)
                    .mapToObj(i -> patience.limit(new CompletableFuture<Integer>()))
                    .toList();
            var soon = patience.limit(CompletableFuture.completedFuture("soon"));
            var late = patience.limit(new CompletableFuture<String>());
            IntStream.range(0, 100).forEach(i -> answers.get(i).complete(i));
            assertThatThrownBy(late::join).hasCauseInstanceOf(TimeoutException.class);
            assertThat(soon).isCompletedWithValue("soon");
        }
    }

    @Test
    void whatTheQueueAnsweredInTimeStays() {
        try (var patience = new Patience(Duration.ofHours(1))) {
            var answer = patience.limit(new CompletableFuture<String>());
            answer.complete("accepted");
            assertThat(answer).isCompletedWithValue("accepted");
        }
    }

    @Test
    void atTheEndWhatStillWaitsIsGivenUp() {
        var patience = new Patience(Duration.ofHours(1));
        var answer = patience.limit(new CompletableFuture<String>());
        patience.close();
        assertThatThrownBy(answer::join).hasCauseInstanceOf(TimeoutException.class);
    }
}
