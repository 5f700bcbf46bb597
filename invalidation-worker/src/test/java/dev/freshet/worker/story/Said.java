package dev.freshet.worker.story;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** What one logger of the processes says while somebody listens. */
final class Said implements AutoCloseable {
    private final Logger logger;
    private final @Nullable Level before;
    private final ListAppender<ILoggingEvent> heard = new ListAppender<>();

    private Said(Logger logger, Level level) {
        this.logger = logger;
        before = logger.getLevel();
        logger.setLevel(level);
        heard.start();
        logger.addAppender(heard);
    }

    /** @param logger by its name */
    static Said by(String logger, Level level) {
        return new Said((Logger) LoggerFactory.getLogger(logger), level);
    }

    /** Its lines until now, the oldest first. */
    List<String> lines() {
        synchronized (heard) { // as whoever appends
            return heard.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
        }
    }

    @Override
    public void close() {
        logger.detachAppender(heard);
        logger.setLevel(before);
    }
}
