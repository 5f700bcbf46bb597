package dev.freshet.worker.cli;

import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * How fast, as somebody types it: {@code 50} or {@code 50/s}, {@code 10/m}, {@code 600/h}.
 *
 * @param perSecond more than 0
 */
record Rate(double perSecond) {
    private static final Pattern FORM = Pattern.compile("(\\d{1,6})(?:/([smh]))?");
    private static final Map<String, Integer> SECONDS = Map.of("s", 1, "m", 60, "h", 3_600);

    static final class Converter implements ITypeConverter<Rate> {
        @Override
        public Rate convert(String text) {
            var matcher = FORM.matcher(text);
            if (!matcher.matches() || Integer.parseInt(matcher.group(1)) == 0) {
                throw new TypeConversionException("a rate is a number such as 50/s, 10/m or 600/h, was '" + text + "'");
            }
            var unit = matcher.group(2) == null ? "s" : matcher.group(2);
            return new Rate((double) Integer.parseInt(matcher.group(1)) / SECONDS.getOrDefault(unit, 1));
        }
    }
}
