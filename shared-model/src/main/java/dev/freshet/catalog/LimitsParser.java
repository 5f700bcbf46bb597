package dev.freshet.catalog;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Reads the limits of a catalog. */
final class LimitsParser {
    static final List<String> KEYS =
            List.of("webhooks", "api", "cache", "database", "identifier", "identifierHeader", "window");

    private final Values values;

    LimitsParser(Values values) {
        this.values = values;
    }

    Limits limits(Element element) {
        var section = new Section(element, KEYS);
        return new Limits(
                limit(section, "webhooks"),
                limit(section, "api"),
                limit(section, "cache"),
                limit(section, "database"),
                limit(section, "identifier"),
                section.find("identifierHeader")
                        .flatMap(e -> e.text(
                                "the name of a request header such as X-Api-Key",
                                text -> Optional.of(text).filter(t -> t.matches("[A-Za-z0-9-]{1,64}"))))
                        .orElse(""),
                section.find("window").flatMap(this::window).orElse(Limits.NONE.window()));
    }

    private Optional<Duration> window(Element element) {
        var window = values.duration(element);
        if (window.filter(w -> w.compareTo(Limits.SHORTEST_WINDOW) < 0 || w.compareTo(Limits.LONGEST_WINDOW) > 0)
                .isPresent()) {
            element.error("must be from 1s to 24d", "such as window: 1m");
        }
        return window;
    }

    private int limit(Section section, String key) {
        return section.find(key)
                .flatMap(e -> values.number(e, 0, Integer.MAX_VALUE))
                .orElse(0L)
                .intValue();
    }
}
