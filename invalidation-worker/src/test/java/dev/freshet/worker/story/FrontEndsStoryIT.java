package dev.freshet.worker.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.worker.frontend.StandInFrontEnd;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What befalls instances of a front end in production, from the event to what they are told, without Next.js. */
class FrontEndsStoryIT {
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private Tafta tafta;
    private StandInFrontEnd steady;
    private StandInFrontEnd other;

    @BeforeEach
    void start() {
        tafta = new Tafta(
                2,
                Map.of(
                        "CALLBACK_LONGEST_RENDER", "100ms",
                        "CALLBACK_MAX_PAUSE", "200ms",
                        "CALLBACK_PROBE", "100ms"));
        steady = tafta.frontEnds().get(0);
        other = tafta.frontEnds().get(1);
        steady.restart();
        other.restart();
        change(1); // the answers to its calls say which processes they are
        awaitAll("both are told everything", () -> steady.wasToldEverything() && other.wasToldEverything());
        tafta.awaitQuiet();
        tafta.frontEnds().forEach(StandInFrontEnd::forget);
    }

    @AfterEach
    void stop() {
        tafta.close();
    }

    @Test
    void aDeployLosesNothingAndDelaysNothingElse() {
        other.failWith(500, Map.of());
        for (int cohort = 1; cohort <= 4; cohort++) {
            change(cohort);
            var tag = "cohort:" + cohort;
            awaitAll("the other instance is told of " + tag, () -> steady.tags().contains(tag));
        }
        assertThat(other.calls()).isEmpty();
        assertThat(tafta.queue().inFlight()).isZero();
        other.recover();
        tafta.awaitQuiet();
        assertThat(other.tags()).contains("cohort:1", "cohort:2", "cohort:3", "cohort:4");
        assertThat(tafta.queue().dead()).isZero();
        assertThat(tafta.queue().missing()).isZero();
    }

    @Test
    void anInstanceThatWasDownDuringTheEventIsToldEverythingWhenItIsBack() {
        other.goAway();
        change(3);
        awaitAll("the other instance is told", () -> steady.tags().contains("cohort:3"));
        other.restart();
        other.comeBack();
        awaitAll("it is told everything", other::wasToldEverything);
        tafta.awaitQuiet();
    }

    @Test
    void anInstanceThatRestartsAfterItConfirmedIsToldEverythingBeforeAnybodyComes() {
        change(3);
        tafta.awaitQuiet();
        assertThat(other.tags()).contains("cohort:3");
        other.restart();
        awaitAll("it is told everything", other::wasToldEverything);
        tafta.awaitQuiet();
    }

    /** Returns when it is applied, so an instance that is away does not hold it up. */
    private void change(int cohort) {
        HttpResponse<String> answer = tafta.event("enrollments.changed", "{\"cohortId\":%d}".formatted(cohort));
        assertThat(tafta.json(answer).path("applied").asBoolean())
                .as(answer.body())
                .isTrue();
    }

    private static void awaitAll(String what, Callable<Boolean> condition) {
        await(what).atMost(DEADLINE).pollInterval(Duration.ofMillis(10)).until(condition);
    }
}
