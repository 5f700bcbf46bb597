package dev.freshet.catalog;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads what of a view is loaded before its readers come. */
final class WarmParser {
    static final List<String> KEYS = List.of("sql", "every");
    /** Nothing is worth being loaded more often than this without a reader. */
    private static final Duration SHORTEST = Duration.ofMinutes(1);

    private static final Templates NOTHING =
            new Templates(Set.of(), false, "warm takes no parameters; write the value");

    private final Values values;

    WarmParser(Values values) {
        this.values = values;
    }

    /** @return empty when it was reported */
    Optional<Warm> warm(Element element, Rewarm rewarm) {
        if (rewarm == Rewarm.NEVER) {
            element.error("must not stand beside rewarm: never", "take one of them out");
        }
        if (!element.isMapping()) {
            return NOTHING.sql(element).map(sql -> new Warm(sql, Optional.empty()));
        }
        var section = new Section(element, KEYS);
        var every = section.find("every").flatMap(this::every);
        return section.require("sql", "sql: select …").flatMap(NOTHING::sql).map(sql -> new Warm(sql, every));
    }

    private Optional<Duration> every(Element element) {
        var every = values.duration(element);
        if (every.filter(time -> time.compareTo(SHORTEST) < 0).isPresent()) {
            element.error("must be 1m or longer", "what is read more often is loaded again by rewarm");
        }
        return every;
    }
}
