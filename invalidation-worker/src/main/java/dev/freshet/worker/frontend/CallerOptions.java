package dev.freshet.worker.frontend;

import dev.freshet.settings.Durations;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import java.time.Duration;

/**
 * How instances are told.
 *
 * @param mostPerCall tags and paths that one call carries at most
 * @param timeout of one call, answer included
 * @param firstPause how long an instance is left alone after a first call
 * @param lastPause the same when changes keep coming: the pause doubles up to this one
 * @param quiet after this long without a change the pause starts anew
 * @param firstBackoff how long an instance that failed once is left alone
 * @param lastBackoff the same when it keeps failing: the backoff doubles up to this one
 * @param mendTime how long an instance that a person must mend is left alone
 * @param idle how often to look for what other processes left behind
 * @param ask how often an instance is asked which process it is; zero for never
 * @param look how often names of front ends are resolved
 * @param forget after this long without an instance it is forgotten
 * @param reachesPrivate whether any name of a front end may stand for a private address
 */
public record CallerOptions(
        int mostPerCall,
        Duration timeout,
        Duration firstPause,
        Duration lastPause,
        Duration quiet,
        Duration firstBackoff,
        Duration lastBackoff,
        Duration mendTime,
        Duration idle,
        Duration ask,
        Duration look,
        Duration forget,
        boolean reachesPrivate) {

    /** Shorter, nobody could answer in time. */
    private static final Duration LEAST_TIMEOUT = Duration.ofMillis(100);
    /** Shorter, a restart of all workers could forget instances that are there. */
    private static final Duration LEAST_FORGET = Duration.ofMinutes(10);

    private static final CallerOptions DEFAULTS = new CallerOptions(
            5_000,
            Duration.ofSeconds(10),
            Duration.ofMillis(200),
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            Duration.ofMillis(500),
            Duration.ofSeconds(15),
            Duration.ofMinutes(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofHours(1),
            false);

    public static CallerOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Reads {@code CALLBACK_TIMEOUT} (default 10s, at least 100ms), {@code CALLBACK_MAX_TAGS} (default 5000), {@code CALLBACK_MAX_PAUSE}
     * (default 5s), {@code CALLBACK_PROBE} (default 5s, 0s for never), {@code CALLBACK_FORGET} (default 1h, at least
     * 10m) and {@code CALLBACK_PRIVATE} (default false).
     *
     * @throws dev.freshet.settings.SettingException when one is not what it must be
     */
    public static CallerOptions from(Settings settings) {
        return new CallerOptions(
                settings.number("CALLBACK_MAX_TAGS", DEFAULTS.mostPerCall, 1, 5_000),
                atLeast(LEAST_TIMEOUT, settings, "CALLBACK_TIMEOUT", DEFAULTS.timeout),
                DEFAULTS.firstPause,
                settings.duration("CALLBACK_MAX_PAUSE", DEFAULTS.lastPause),
                DEFAULTS.quiet,
                DEFAULTS.firstBackoff,
                DEFAULTS.lastBackoff,
                DEFAULTS.mendTime,
                DEFAULTS.idle,
                settings.duration("CALLBACK_PROBE", DEFAULTS.ask),
                DEFAULTS.look,
                atLeast(LEAST_FORGET, settings, "CALLBACK_FORGET", DEFAULTS.forget),
                settings.flag("CALLBACK_PRIVATE", DEFAULTS.reachesPrivate));
    }

    private static Duration atLeast(Duration least, Settings settings, String name, Duration fallback) {
        var duration = settings.duration(name, fallback);
        if (duration.compareTo(least) < 0) {
            throw new SettingException(
                    name + " must be " + Durations.format(least) + " or longer, was " + Durations.format(duration));
        }
        return duration;
    }

    CallerOptions with(Duration ask) {
        return with(mostPerCall, timeout, ask);
    }

    CallerOptions with(int mostPerCall, Duration timeout) {
        return with(mostPerCall, timeout, ask);
    }

    private CallerOptions with(int mostPerCall, Duration timeout, Duration ask) {
        return new CallerOptions(
                mostPerCall,
                timeout,
                firstPause,
                lastPause,
                quiet,
                firstBackoff,
                lastBackoff,
                mendTime,
                idle,
                ask,
                look,
                forget,
                reachesPrivate);
    }

    /** A turn lasts longer than a call, so that nobody else calls meanwhile. */
    Duration lease() {
        return timeout.plusSeconds(5);
    }
}
