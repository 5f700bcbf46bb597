package dev.freshet.cache;

import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One line for each operation, for those who develop with the cache. Keys may be personal, so it is off by default. */
final class OperationLog {
    private static final Logger log = LoggerFactory.getLogger("dev.freshet.cache.log");

    private OperationLog() {}

    /**
     * @param what a key, tags or a pattern
     * @param start from {@link System#nanoTime}
     */
    static void done(String operation, Object what, Object result, long start) {
        if (log.isDebugEnabled()) {
            double millis = (System.nanoTime() - start) / 1e6;
            log.debug("{} {} {} {} ms", operation, what, result, String.format(Locale.ROOT, "%.2f", millis));
        }
    }
}
