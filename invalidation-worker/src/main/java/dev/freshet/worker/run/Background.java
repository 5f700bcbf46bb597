package dev.freshet.worker.run;

import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything a process does beside its main work, each on a virtual thread of its own: name, period, task. */
public final class Background implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Background.class);
    private static final Duration STOP = Duration.ofSeconds(5);

    /**
     * @param period the pause between the end of one run and the start of the next
     * @param nudges each ends the pause that is, or comes next; many together are one
     */
    public record Task(String name, Duration period, Runnable run, Semaphore nudges) {
        public Task(String name, Duration period, Runnable run) {
            this(name, period, run, new Semaphore(0));
        }

        /** Begins a run after this, at once or when the one that is under way has ended. */
        public void runSoon() {
            nudges.release();
        }
    }

    private final List<Task> tasks;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    /** Starts them. */
    public Background(List<Task> tasks) {
        this.tasks = List.copyOf(tasks);
        for (var task : this.tasks) {
            threads.add(Thread.ofVirtual().name(task.name()).start(() -> loop(task)));
        }
    }

    private void loop(Task task) {
        boolean failing = false;
        try {
            do {
                task.nudges().drainPermits();
                try {
                    task.run().run();
                    failing = false;
                } catch (RuntimeException | Error e) { // also an Error must not end the loop while the process lives
                    if (!failing) {
                        report(task, e);
                    }
                    failing = true;
                }
                if (!stopped) { // else the nudge to stop may be among the drained
                    var unused = task.nudges().tryAcquire(task.period().toMillis(), TimeUnit.MILLISECONDS);
                }
            } while (!stopped);
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
        stopped = true;
        tasks.forEach(Task::runSoon);
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
