package dev.freshet.worker.frontend;

import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does something again and again on a thread of its own until it is closed, whatever goes wrong meanwhile. */
final class Loop {
    private static final Logger log = LoggerFactory.getLogger(Loop.class);
    private static final Duration AFTER_A_FAULT = Duration.ofSeconds(1);
    /** For what a round that is broken off still says to Redis. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(5);

    private final String name;
    private final Duration longestWait;
    private final Round round;
    private final Semaphore wakeUp = new Semaphore(0);
    private final Thread thread;
    private volatile boolean closed;

    /** Returns how long there is nothing to do; zero when there is more. */
    @FunctionalInterface
    interface Round {
        Duration run() throws InterruptedException;
    }

    /** Does nothing before {@link #start}. */
    Loop(String name, Duration longestWait, Round round) {
        this.name = name;
        this.longestWait = longestWait;
        this.round = round;
        this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** There may be something to do earlier than the last round said. */
    void wake() {
        wakeUp.release();
    }

    /** Breaks off a round under way, without waiting for its end. */
    void close() {
        closed = true;
        thread.interrupt();
    }

    /** Lets a round under way end for a while, then breaks it off. */
    void close(Duration patience) {
        closed = true;
        if (thread.getState() == Thread.State.NEW) {
            return;
        }
        wake();
        try {
            if (!thread.join(patience)) {
                close();
                thread.join(LAST_WORDS);
            }
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!closed) {
                long wait = Math.min(roundOrRecover().toMillis(), longestWait.toMillis());
                if (wakeUp.tryAcquire(wait, TimeUnit.MILLISECONDS)) {
                    wakeUp.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            log.debug("broken off loop={}", name);
        }
    }

    private Duration roundOrRecover() throws InterruptedException {
        try {
            return round.run();
        } catch (RedisException e) {
            return AFTER_A_FAULT; // the connection says itself that it is lost
        } catch (RuntimeException e) {
            log.error("front end loop failed loop={}", name, e);
            return AFTER_A_FAULT;
        }
    }
}
