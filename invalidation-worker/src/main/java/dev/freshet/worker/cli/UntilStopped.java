package dev.freshet.worker.cli;

import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a process until it is told to stop (SIGTERM, Ctrl-C), and then lets it drain. */
final class UntilStopped {
    private static final Logger log = LoggerFactory.getLogger(UntilStopped.class);

    private UntilStopped() {}

    /**
     * Returns never: the process ends with 0 when it has drained, with 1 when that failed.
     *
     * @param name what the log calls it
     */
    static void run(String name, Supplier<? extends AutoCloseable> start) throws InterruptedException {
        var process = start.get();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(name, process), "stop"));
        new CountDownLatch(1).await();
    }

    private static void end(String name, AutoCloseable process) {
        int code = 0;
        try {
            process.close();
            log.info("{} stopped", name);
        } catch (Exception e) {
            log.error("cannot stop cleanly", e);
            code = 1;
        }
        Runtime.getRuntime().halt(code); // else the JVM would name the signal, as if it had killed us
    }
}
