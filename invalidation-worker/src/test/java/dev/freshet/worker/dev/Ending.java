package dev.freshet.worker.dev;

import ch.qos.logback.classic.LoggerContext;
import org.slf4j.LoggerFactory;

/** The end of this JVM, by Ctrl-C at any time. Redis and PostgreSQL end with it and take their files along. */
final class Ending {
    private Ending() {}

    /** No draining, since nothing is to be kept; and what threads would say of their servers' end helps nobody. */
    static void isQuiet() {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {});
            ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
        }));
    }
}
