package dev.freshet.limit;

import dev.freshet.redis.RedisServer;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Makes the limits of a process, all with the same window. */
public final class RequestLimits {
    /** What a request should wait at most to be counted: longer than a busy Redis takes, too short to be felt. */
    public static final Duration PATIENCE = Duration.ofMillis(50);

    private final Duration window;
    private final @Nullable SharedBuckets shared;

    private RequestLimits(Duration window, @Nullable SharedBuckets shared) {
        this.window = window;
        this.shared = shared;
    }

    /**
     * What {@code RATE_LIMIT_TIMEOUT} says, else {@link #PATIENCE}.
     *
     * @throws SettingException when it leaves no time to count
     */
    public static Duration patience(Settings settings) {
        var patience = settings.duration("RATE_LIMIT_TIMEOUT", PATIENCE);
        if (patience.toMillis() < 1) {
            throw new SettingException("RATE_LIMIT_TIMEOUT must be at least 1ms; a limit of 0 counts nothing");
        }
        return patience;
    }

    /** Limits that this process counts alone. */
    public static RequestLimits local(Duration window) {
        return new RequestLimits(window, null);
    }

    /**
     * Limits that all processes with the same Redis and prefix count together, each under its name. They let everything
     * pass while Redis is away or slow.
     *
     * @param prefix what every key begins with
     * @param patience how long a request waits to be counted; then it passes
     */
    public static RequestLimits shared(RedisServer server, String prefix, Duration window, Duration patience) {
        return new RequestLimits(window, new SharedBuckets(server, prefix, patience));
    }

    /**
     * @param name of what is counted, such as {@code api}; 7-bit, without braces
     * @param requests of one caller per window; 0 for no limit
     */
    public RequestLimit of(String name, int requests) {
        if (requests == 0) {
            return RequestLimit.NONE;
        }
        return shared == null
                ? new LocalLimit(requests, window, TimeMeter.SYSTEM_NANOTIME)
                : new SharedLimit(shared, name, requests, window);
    }
}
