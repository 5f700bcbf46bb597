package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.worker.run.Background.Task;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BackgroundTest {
    private static final Duration LONG = Duration.ofHours(1);

    private final AtomicInteger begun = new AtomicInteger();

    @Test
    void aNudgeEndsAPause() {
        var task = new Task("counter", LONG, begun::incrementAndGet);
        try (var background = new Background(List.of(task))) {
            for (int run = 1; run <= 3; run++) {
                int before = run;
                await().until(() -> begun.get() == before);
                task.runSoon();
            }
            await().until(() -> begun.get() == 4);
            assertThat(background).isNotNull();
        }
    }

    @Test
    void nudgesDuringARunAreOneMoreRun() {
        var go = new CountDownLatch(1);
        var last = new CountDownLatch(1);
        var task = new Task("slow", LONG, () -> {
            int run = begun.incrementAndGet();
            awaitQuietly(run == 1 ? go : last);
        });
        try (var background = new Background(List.of(task))) {
            await().until(() -> begun.get() == 1);
            task.runSoon();
            task.runSoon();
            go.countDown();
            await().until(() -> begun.get() == 2);
            assertThat(task.nudges().availablePermits()).isZero();
            last.countDown();
            assertThat(background).isNotNull();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
