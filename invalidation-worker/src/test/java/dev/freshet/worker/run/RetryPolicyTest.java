package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final RetryPolicy policy =
            new RetryPolicy(5, Duration.ofHours(1), Duration.ofSeconds(1), Duration.ofSeconds(3));

    @Test
    void theWaitIsJitteredBelowADoublingCeilingWithACap() {
        for (int tries = 0; tries < 4; tries++) {
            var ceiling = Duration.ofSeconds(Math.min(3, 1L << tries));
            for (int seed = 0; seed < 50; seed++) {
                assertThat(policy.next(triedTimes(tries), START, new Random(seed))
                                .orElseThrow())
                        .isBetween(Duration.ZERO, ceiling);
            }
        }
    }

    @Test
    void aSpentBudgetOfAttemptsOrOfTimeEndsIt() {
        assertThat(policy.next(triedTimes(4), START, new Random(1))).isEmpty();
        assertThat(policy.next(triedTimes(1), START.plusSeconds(3601), new Random(1)))
                .isEmpty();
    }

    private static Job triedTimes(int tries) {
        var job = Job.first("main:t:1", "main", "t", START, false, "trace", new byte[0]);
        for (int i = 0; i < tries; i++) {
            job = job.failed(new Attempt(START, "w", "apply", "no"));
        }
        return job;
    }
}
