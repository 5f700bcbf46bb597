package dev.freshet.settings;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/** How durations are written in settings and in the catalog: {@code 250ms}, {@code 30s}, {@code 5m}, {@code 1h}. */
public final class Durations {
    /** What to say where a duration was expected. */
    public static final String EXPECTED = "a duration such as 250ms, 30s, 5m, 1h or 7d";

    private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");
    private static final Map<String, ChronoUnit> UNITS = Map.of(
            "ms", ChronoUnit.MILLIS,
            "s", ChronoUnit.SECONDS,
            "m", ChronoUnit.MINUTES,
            "h", ChronoUnit.HOURS,
            "d", ChronoUnit.DAYS);

    private Durations() {}

    /** @return empty when the text is no duration */
    public static Optional<Duration> parse(String text) {
        var matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        return Optional.of(Duration.of(Long.parseLong(matcher.group(1)), unit(matcher.group(2))));
    }

    /** The shortest form that {@link #parse} reads back, in whole milliseconds. */
    public static String format(Duration duration) {
        long ms = duration.toMillis();
        for (var unit : new String[] {"d", "h", "m", "s"}) {
            long size = unit(unit).getDuration().toMillis();
            if (ms != 0 && ms % size == 0) {
                return ms / size + unit;
            }
        }
        return ms + "ms";
    }

    private static ChronoUnit unit(String name) {
        return Objects.requireNonNull(UNITS.get(name), name);
    }
}
