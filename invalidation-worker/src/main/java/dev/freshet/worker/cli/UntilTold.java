package dev.freshet.worker.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets a command that is told to stop (Ctrl-C, SIGTERM) end its step and say how far it came, before the process ends as
 * the signal wants it.
 */
final class UntilTold implements AutoCloseable {
    private static final int MOST_SECONDS = 10;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stop, "stop");
    private volatile boolean told;

    UntilTold() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Whether to stop. */
    boolean isTold() {
        return told;
    }

    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // it runs already, and ends now
        }
    }

    private void stop() {
        told = true;
        try {
            boolean unused = ended.await(MOST_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
