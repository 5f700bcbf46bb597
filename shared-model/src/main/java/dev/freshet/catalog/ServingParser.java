package dev.freshet.catalog;

import java.time.Duration;
import java.util.Optional;

/** Reads how long a view's values serve. */
final class ServingParser {
    private final Values values;

    ServingParser(Values values) {
        this.values = values;
    }

    /** @return empty when there is no ttl */
    Optional<Serving> serving(Section section, String view, SourceKind kind) {
        var ttl = section.require("ttl", "ttl: 5m").flatMap(e -> ttl(e, view));
        var grace = section.find("grace").flatMap(values::duration).orElse(Duration.ZERO);
        var absentFor = section.find("absentFor").flatMap(e -> absentFor(e, kind));
        double refreshAhead =
                section.find("refreshAhead").flatMap(this::fraction).orElse(Serving.REFRESH_AHEAD);
        boolean stale =
                section.find("staleAfterInvalidate").flatMap(Element::truth).orElse(false);
        boolean gzip = section.find("gzip").flatMap(Element::truth).orElse(true);
        return ttl.map(t -> new Serving(t, grace, absentFor.orElse(t), refreshAhead, stale, gzip));
    }

    private Optional<Duration> ttl(Element element, String view) {
        var written = values.ttl(element);
        var ttl = values.override(element, Serving.variable(view)).or(() -> written);
        requirePositive(element, ttl);
        return ttl;
    }

    private Optional<Duration> absentFor(Element element, SourceKind kind) {
        if (!kind.mayBeAbsent()) {
            element.error("is for views of kind row, value or function", "an array without rows is kept for the ttl");
        }
        var duration = values.ttl(element);
        requirePositive(element, duration);
        return duration;
    }

    private static void requirePositive(Element element, Optional<Duration> duration) {
        if (duration.filter(Duration::isZero).isPresent()) {
            element.error("must be longer than nothing");
        }
    }

    /** {@code false} is what YAML's {@code off} becomes in other tools' hands. */
    private Optional<Double> fraction(Element element) {
        return element.text("a part of the ttl such as 0.2, or off", text -> {
            if (text.equals("off") || text.equals("false")) {
                return Optional.of(0.0);
            }
            return Optional.of(text).filter(t -> t.matches("0|0?\\.\\d{1,6}")).map(Double::parseDouble);
        });
    }
}
