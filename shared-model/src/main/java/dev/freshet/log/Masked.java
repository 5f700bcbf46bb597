package dev.freshet.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.pattern.CompositeConverter;
import java.util.regex.Pattern;

/**
 * Logback's {@code %masked(…)}: leaves out what looks like an e-mail address, also of what a database or a library says. A
 * password that stands as *** before a host is none. Nearly no line holds one, and to find that out must cost little: a
 * line is written for each delivery.
 */
public final class Masked extends CompositeConverter<ILoggingEvent> {
    private static final Pattern ADDRESS = Pattern.compile("[^\\s@/:;,=*\"'()]{1,64}(?:@|%40)[^\\s@/:;,\"'()]+");

    @Override
    protected String transform(ILoggingEvent event, String line) {
        boolean mayHoldOne = line.indexOf('@') >= 0 || line.contains("%40");
        return mayHoldOne ? ADDRESS.matcher(line).replaceAll("…@…") : line;
    }
}
