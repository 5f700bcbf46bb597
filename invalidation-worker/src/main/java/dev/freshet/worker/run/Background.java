package dev.freshet.worker.run;

import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything a process does beside its main work, each on a virtual thread of its own: name, period, task. */
public final class Background implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Background.class);
    private static final Duration STOP = Duration.ofSeconds(5);

    /** @param period the pause between the end of one run and the start of the next */
    public record Task(String name, Duration period, Runnable run) {}

    private final List<Thread> threads = new ArrayList<>();
    private final CountDownLatch stop = new CountDownLatch(1);

    /** Starts them. */
    public Background(List<Task> tasks) {
        for (var task : tasks) {
            threads.add(Thread.ofVirtual().name(task.name()).start(() -> loop(task)));
        }
    }

    private void loop(Task task) {
        boolean failing = false;
        try {
            do {
                try {
                    task.run().run();
                    failing = false;
                } catch (RuntimeException | Error e) { // also an Error must not end the loop while the process lives
                    if (!failing) {
                        report(task, e);
                    }
                    failing = true;
                }
            } while (!stop.await(task.period().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void report(Task task, Throwable error) {
        if (error instanceof RedisException || error instanceof OutageException) {
            log.warn("background task failed task={} cause={}", task.name(), error.getMessage());
        } else {
            log.error("background task failed task={}", task.name(), error);
        }
    }

    @Override
    public void close() {
        stop.countDown();
        for (var thread : threads) {
            try {
                if (!thread.join(STOP)) {
                    thread.interrupt();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
