package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DependenciesIT {
    private final TestClock clock = new TestClock();
    private final Club club = new Club();
    private final Dependencies dependencies =
            new Dependencies(club.database, club.cacheServer, club.queueServer, clock);

    @BeforeEach
    void lose() {
        dependencies.lost(new OutageException("postgresql", false, new IllegalStateException("read-only")));
    }

    @AfterEach
    void close() {
        club.close();
    }

    @Test
    void whoAnswersAgainIsWorkedWithAtOnce() {
        assertThat(dependencies.away()).contains("postgresql");
        dependencies.probe();
        assertThat(dependencies.away()).isEmpty();
    }

    @Test
    void whoAnswersTheProbeButNotTheWorkIsLeftInPeaceForASecondEachTime() {
        dependencies.probe();
        for (int relapse = 1; relapse <= 4; relapse++) {
            lose();
            clock.move(Duration.ofMillis(999));
            dependencies.probe();
            assertThat(dependencies.away()).contains("postgresql");
            clock.move(Duration.ofMillis(1));
            dependencies.probe();
            assertThat(dependencies.away()).isEmpty();
        }
        dependencies.worked();
        lose();
        dependencies.probe();
        assertThat(dependencies.away())
                .as("a batch that went through ends the row")
                .isEmpty();
    }

    @Test
    void theOneThatGivesNoAnswerIsNamed() {
        dependencies.probe();
        club.cacheServer.close();
        dependencies.probe();
        assertThat(dependencies.away()).contains("cache");
        club.queueServer.close();
        dependencies.probe();
        assertThat(dependencies.away()).contains("queue");
    }
}
